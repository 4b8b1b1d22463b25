import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { systemClock } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";
import { clientNames } from "./client-names.ts";

test("a host of /etc/hosts has its names, and is asked for once in a while", async () => {
  const { resolver, asked } = await nameServer(() => undefined);
  const namesOf = clientNames(systemClock, resolver);
  const names = namesOf("127.0.0.1");
  expect(await names).toContain("localhost");
  expect(namesOf("127.0.0.1")).toBe(names);
  expect(asked()).toBe(0);
});

test("a name server that never answers is waited for a second, and then nobody knows", async () => {
  const clock = new FakeClock();
  const { resolver, heard } = await nameServer(() => undefined);
  const names = clientNames(clock, resolver)("192.0.2.77");
  await heard();
  clock.advance(1_000);
  expect(await names).toBeUndefined();
});

test("a host that claims a name which does not lead back has none", async () => {
  const { resolver, asked } = await nameServer((question) =>
    question.includes("in-addr") ? { type: 12, data: encodedName("trusted.example") } : {},
  );
  expect(await clientNames(systemClock, resolver)("192.0.2.77")).toEqual([]);
  expect(asked()).toBe(2);
});

test("a host whose name leads back has that name", async () => {
  const { resolver } = await nameServer((question) =>
    question.includes("in-addr")
      ? { type: 12, data: encodedName("node.example") }
      : { type: 1, data: Buffer.from([192, 0, 2, 77]) },
  );
  expect(await clientNames(systemClock, resolver)("192.0.2.77")).toEqual(["node.example"]);
});

/** One record; none of it: there is no such name. */
interface Answer {
  readonly type?: number;
  readonly data?: Buffer;
}

/** A name server (RFC 1035) and who asks it; `undefined` is no answer at all. */
async function nameServer(answerOf: (question: string) => Answer | undefined) {
  const socket = createSocket("udp4");
  let asked = 0;
  socket.on("message", (query, { port, address }) => {
    asked += 1;
    const end = query.indexOf(0, 12) + 5;
    const answer = answerOf(query.subarray(12, end).toString("latin1"));
    if (answer === undefined) return;
    const { type, data } = answer;
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(type === undefined ? 0x8183 : 0x8180, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(type === undefined ? 0 : 1, 6);
    const record = Buffer.from([0xc0, 12, 0, type ?? 0, 0, 1, 0, 0, 0, 60, 0, data?.length ?? 0]);
    const parts = [header, query.subarray(12, end), ...(data === undefined ? [] : [record, data])];
    socket.send(Buffer.concat(parts), port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  onTestFinished(() => {
    socket.close();
  });
  const resolver = new Resolver({ timeout: 1_000, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  onTestFinished(() => {
    resolver.cancel();
  });
  return { resolver, asked: () => asked, heard: () => once(socket, "message") };
}

function encodedName(name: string): Buffer {
  const labels = name.split(".").map((label) => String.fromCharCode(label.length) + label);
  return Buffer.from(`${labels.join("")}\0`, "latin1");
}
