import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatHostPort, Secret, silentLogger } from "@confed/kernel";
import { ByteLog, type FakeClock, transportCompliance } from "@confed/testkit";
import type { ServerChannel } from "ssh2";
import { ssh } from "./ssh.ts";
import { startSshTestServer } from "./ssh-test-server.ts";

for (const [name, host, family] of [
  ["ssh over IPv4", "127.0.0.1", 4],
  ["ssh over IPv6", "::1", 6],
] as const) {
  transportCompliance(name, (clock) => setUp(clock, host, family), {
    canBreak: false,
    pausable: true,
    orderlyClose: true,
  });
}

async function setUp(clock: FakeClock, host: string, family: 4 | 6) {
  const received = new ByteLog();
  let current: ServerChannel | undefined;
  let stalled = false;
  const server = await startSshTestServer({
    host,
    onChannel: (channel) => {
      current = channel;
      channel.on("data", (bytes: Buffer) => {
        received.append(bytes);
      });
      if (stalled) channel.pause();
      channel.once("close", () => {
        if (current === channel) current = undefined;
      });
    },
  });
  const mute = createServer({ allowHalfOpen: false });
  mute.on("connection", (socket) => socket.resume());
  await new Promise<void>((resolve) => mute.listen(0, host, resolve));

  const directory = mkdtempSync(join(tmpdir(), "confed-ssh-"));
  const path = join(directory, "known_hosts");
  writeFileSync(path, `${server.knownHostsLines.join("\n")}\n`);
  const deps = {
    clock,
    logger: silentLogger,
    resolver: { resolve: () => Promise.resolve([{ address: host, family }]) },
  };
  const options = {
    ...server.address,
    user: "root",
    password: async () => new Secret("secret"),
    knownHosts: { path },
  };

  const channel = async (): Promise<ServerChannel> => {
    await server.until(() => current !== undefined);
    return current as ServerChannel;
  };
  return {
    received,
    transport: ssh(options)(deps),
    refusing: {
      transport: ssh({ ...options, password: async () => new Secret("wrong") })(deps),
      code: "auth_failed" as const,
      where: formatHostPort(server.address),
    },
    hanging: ssh({ ...options, port: (mute.address() as AddressInfo).port })(deps),
    async feed(bytes: Uint8Array) {
      (await channel()).write(bytes);
    },
    async hangUp() {
      const ending = await channel();
      ending.exit(0);
      // The channel's good-bye first, then the whole connection: whoever writes now is told.
      ending.end(() => {
        setImmediate(() => {
          for (const socket of server.sockets) socket.end(() => socket.destroy());
        });
      });
    },
    async breakOff() {
      await channel();
      for (const socket of server.sockets) socket.resetAndDestroy();
    },
    async stall(value: boolean) {
      stalled = value;
      const held = await channel();
      if (value) held.pause();
      else held.resume();
    },
    idle: () => server.until(() => server.sockets.size === 0),
    async close() {
      await server.close();
      await new Promise((resolve) => mute.close(resolve));
      rmSync(directory, { recursive: true });
    },
  };
}
