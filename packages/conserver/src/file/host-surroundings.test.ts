import { hostname } from "node:os";
import { systemFiles } from "@confed/config";
import { expect, test } from "vitest";
import { hostSurroundings } from "./host-surroundings.ts";

const HOSTS = `
127.0.0.1 localhost
127.0.1.1 mn1.cluster.example MN1 # its own name, as installers write it
10.255.254.253 sn77 sn77.cluster.example
`;

test("a master is this host by its name, its addresses and what hosts(5) calls them, and by no name of another's", () => {
  const { isMe } = hostSurroundings(systemFiles, () => HOSTS);
  for (const name of [
    hostname(),
    "127.0.0.1",
    "localhost",
    "mn1.cluster.example",
    "mn1",
    "Mn1.Cluster.Example",
  ])
    expect([name, isMe(name)]).toEqual([name, true]);
  for (const name of ["sn77", "sn77.cluster.example", "10.255.254.253", "cluster.example", "its"])
    expect([name, isMe(name)]).toEqual([name, false]);
});
