import { createServer } from "node:net";
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
  await new Promise((resolve) => closed.once("listening", resolve));
  const address = closed.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  await new Promise((resolve) => closed.close(resolve));

  const targets = ["n1", "n2", "n3", "n4"].map((console) => ({ console, ...server.address }));
  const found = await scan([{ console: "down", host: "127.0.0.1", port }, ...targets], 3);
  expect(found.map(({ console }) => console).sort()).toEqual(["down", "n1", "n2", "n3", "n4"]);
  expect(found.find(({ console }) => console === "down")).toMatchObject({
    error: { code: "connection_refused" },
  });
});

test("no more targets are asked at a time than allowed, and leaving early ends all of them", async () => {
  const server = await start(makeHostKey());
  const targets = Array.from({ length: 9 }, (_, index) => ({ console: `n${index}`, ...server.address }));
  const scanning = scanHostKeys(targets, {
    deps: deps(),
    concurrency: 3,
    signal: new AbortController().signal,
  });
  const asking = scanning.next();
  await server.until(() => server.sockets.size === 3);
  expect(await asking).toMatchObject({ done: false, value: { type: "ssh-ed25519" } });
  expect(server.sockets.size).toBeLessThanOrEqual(3);
  await scanning.return();
});

test("an aborted scan throws the reason", async () => {
  const server = await start(makeHostKey());
  const controller = new AbortController();
  const targets = [{ console: "n1", ...server.address }];
  const scanning = scanHostKeys(targets, { deps: deps(), concurrency: 1, signal: controller.signal });
  const asking = scanning.next();
  controller.abort(new ConfedError("canceled", "enough"));
  await expect(asking).rejects.toMatchObject({ code: "canceled" });
});
