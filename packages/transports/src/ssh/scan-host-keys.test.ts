import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { ConfedError, silentLogger } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type HostKeyTarget, type ScannedHostKey, scanHostKeys } from "./scan-host-keys.ts";
import { makeHostKey, type SshTestServer, startSshTestServer } from "./ssh-test-server.ts";

let clock: FakeClock;
let servers: SshTestServer[];
beforeEach(() => {
  clock = new FakeClock();
  servers = [];
});
afterEach(async () => {
  for (const server of servers) {
    await server.until(() => server.sockets.size === 0);
    await server.close();
  }
  expect(clock.pending, "timers left").toBe(0);
});

async function start(...hostKeys: string[]): Promise<SshTestServer> {
  const server = await startSshTestServer({ hostKeys });
  servers.push(server);
  return server;
}

const deps = () => ({
  clock,
  logger: silentLogger,
  resolver: { resolve: async (host: string) => [{ address: host, family: 4 as const }] },
});

async function scan(targets: readonly HostKeyTarget[], concurrency = 2): Promise<ScannedHostKey[]> {
  const found = [];
  const { signal } = new AbortController();
  for await (const key of scanHostKeys(targets, { deps: deps(), concurrency, signal })) found.push(key);
  return found;
}

test("every type of key is found, without a login", async () => {
  const server = await start(makeHostKey("rsa"), makeHostKey("ecdsa"), makeHostKey());
  const found = await scan([{ console: "n1", ...server.address }]);
  expect(found.map((key) => "type" in key && key.type)).toEqual([
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ssh-rsa",
  ]);
  expect(found.map((key) => "knownHostsLine" in key && key.knownHostsLine)).toEqual(
    [...server.knownHostsLines].reverse(),
  );
  expect(server.events).toEqual([]);
});

test("a target that cannot be scanned yields one error, the others their keys", async () => {
  const server = await start(makeHostKey());
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));

  const targets = ["n1", "n2", "n3", "n4"].map((console) => ({ console, ...server.address }));
  const found = await scan([{ console: "down", host: "127.0.0.1", port }, ...targets], 3);
  expect(found.map(({ console }) => console).sort()).toEqual(["down", "n1", "n2", "n3", "n4"]);
  expect(found.find(({ console }) => console === "down")).toMatchObject({
    error: { code: "connection_refused" },
  });
});

test("no more targets are asked at a time than allowed, and an abort lets go of them", async () => {
  const sockets = new Set<Socket>();
  const mute = createServer((socket) => {
    sockets.add(socket.on("close", () => sockets.delete(socket)).resume());
  }).listen(0, "127.0.0.1");
  await once(mute, "listening");
  const { port } = mute.address() as AddressInfo;
  const targets = Array.from({ length: 9 }, (_, index) => ({
    console: `n${index}`,
    host: "127.0.0.1",
    port,
  }));
  const controller = new AbortController();
  const asking = scanHostKeys(targets, { deps: deps(), concurrency: 3, signal: controller.signal }).next();
  while (sockets.size < 3) await once(mute, "connection");
  for (let count = 0; count < 20; count += 1) await turn();
  expect(sockets.size).toBe(3);
  controller.abort(new ConfedError("canceled", "enough"));
  await expect(asking).rejects.toMatchObject({ code: "canceled" });
  while (sockets.size > 0) await turn();
  await new Promise((resolve) => mute.close(resolve));
});

test("leaving a scan early ends what is under way", async () => {
  const server = await start(makeHostKey());
  const targets = Array.from({ length: 9 }, (_, index) => ({ console: `n${index}`, ...server.address }));
  const { signal } = new AbortController();
  for await (const key of scanHostKeys(targets, { deps: deps(), concurrency: 3, signal })) {
    expect(key).toMatchObject({ type: "ssh-ed25519" });
    break;
  }
  await server.until(() => server.sockets.size === 0);
});

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
