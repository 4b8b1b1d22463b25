import { join } from "node:path";
import {
  ConfedRig,
  endPeer,
  expectByteClean,
  type FarEnd,
  freePort,
  skippedWithout,
  startPeer,
  startSocketConsole,
} from "@confed/testkit";
import { describe, onTestFinished, test } from "vitest";

const skipped = skippedWithout("socat");

describe.skipIf(skipped !== "")(`bytes through a real socat${skipped}`, () => {
  test("a tcp console is byte-clean, direct and relayed", async () => {
    const rig = new ConfedRig();
    const { far, path } = await farEnd(rig);
    const port = await freePort();
    await socat(`TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,fork`, `UNIX-CONNECT:${path}`);
    await expectByteClean(rig, { name: "n1", transport: "tcp", host: "127.0.0.1", port }, far);
  });

  test("a tcp console at an IPv6 address is byte-clean, direct and relayed", async () => {
    const rig = new ConfedRig();
    const { far, path } = await farEnd(rig);
    const port = await freePort();
    await socat(`TCP6-LISTEN:${port},bind=[::1],reuseaddr,fork`, `UNIX-CONNECT:${path}`);
    await expectByteClean(rig, { name: "n1", transport: "tcp", host: "::1", port }, far);
  });

  test("a unix console is byte-clean, direct and relayed", async () => {
    const rig = new ConfedRig();
    const { far, path } = await farEnd(rig);
    const socket = join(rig.directory, "vm.sock");
    await socat(`UNIX-LISTEN:${socket},fork`, `UNIX-CONNECT:${path}`);
    await expectByteClean(rig, { name: "n1", transport: "unix", path: socket }, far);
  });
});

async function farEnd(rig: ConfedRig): Promise<{ readonly far: FarEnd; readonly path: string }> {
  const path = join(rig.directory, "far.sock");
  const console = await startSocketConsole({ path });
  onTestFinished(() => console.close());
  return { path, far: { received: console.received, print: (bytes) => void console.feed(bytes) } };
}

async function socat(...addresses: readonly string[]): Promise<void> {
  const child = await startPeer(["socat", "-d", "-d", ...addresses], "listening on");
  onTestFinished(() => endPeer(child));
}
