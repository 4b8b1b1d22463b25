import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@confed/kernel";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listenLocally } from "./local-sockets.ts";

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "confed-local-"));
  path = join(directory, "control", "agent.sock");
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Says its name to whoever comes. */
function served(name: string): Promise<() => void> {
  return listenLocally([{ path, group: "admin" }], { take: (socket) => void socket.end(name) }, silentLogger);
}

function whoAnswers(): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    connect(path)
      .on("data", (bytes) => (said += bytes.toString()))
      .on("error", (error: NodeJS.ErrnoException) => {
        resolve(error.code ?? error.message);
      })
      .on("close", () => {
        resolve(said);
      });
  });
}

test("a successor has the socket at once and keeps it when the one before ends, each of two times", async () => {
  let before = await served("0");
  expect(await whoAnswers()).toBe("0");
  for (const name of ["1", "2"]) {
    const successor = await served(name);
    expect(await whoAnswers()).toBe(name);
    before();
    expect(await whoAnswers()).toBe(name);
    before = successor;
  }
  before();
  expect(await whoAnswers()).toBe("ENOENT");
  expect(readdirSync(join(path, ".."))).toEqual([]);
});

test("it ends while somebody is connected, who stays with the one that took him", async () => {
  const taken: Socket[] = [];
  const take = (socket: Socket) => void taken.push(socket);
  const stop = await listenLocally([{ path, group: "admin" }], { take }, silentLogger);
  const client = connect(path);
  await expect.poll(() => taken.length).toBe(1);
  stop();
  expect(await whoAnswers()).toBe("ENOENT");
  taken[0]?.end("still here");
  expect(String((await once(client, "data"))[0])).toBe("still here");
});
