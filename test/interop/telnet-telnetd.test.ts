import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemClock } from "@confed/kernel";
import { ALL_BYTES, LinkRecorder } from "@confed/testkit";
import { type Link, type TelnetOptions, telnet } from "@confed/transports";
import { describe, expect, onTestFinished, test } from "vitest";

const telnetd = findTelnetd();
const title =
  telnetd === undefined
    ? "telnet with telnetd (skipped: inetutils-telnetd not installed)"
    : "telnet with telnetd";

/** Every byte value a thousand times. */
const THOUSANDFOLD = Buffer.concat(new Array<Uint8Array>(1_000).fill(ALL_BYTES));

describe.skipIf(telnetd === undefined)(title, () => {
  test("terminal type and window reach the shell", async () => {
    const { link, recorder } = await openShell('echo ready; read line; echo "$TERM $(stty size)"', {
      terminalType: "vt320",
    });
    link.resize(132, 43);
    await recorder.printed("ready");
    link.write(Buffer.from("\r"));
    await recorder.printed("vt320 43 132");
  });

  test.each([
    ["BINARY", true],
    ["NVT", false],
  ])("all 256 byte values come back a thousand times with %s", async (_, binary) => {
    const { link, recorder } = await openShell(ECHO, { binary });
    await recorder.printed("hello");
    link.write(Buffer.from("\r"));
    await recorder.printed("ready");
    const start = recorder.sizeBytes;
    for (let at = 0; at < THOUSANDFOLD.length; at += 1_024) {
      link.write(THOUSANDFOLD.subarray(at, at + 1_024));
      await recorder.received(start + Math.min(at + 1_024, THOUSANDFOLD.length));
    }
    expect(recorder.bytes().subarray(start).equals(THOUSANDFOLD)).toBe(true);
  });
});

/**
 * Gives back every byte. telnetd sets its terminal to seven bits and new lines when BINARY is refused;
 * the line that is read first proves that it has had our refusal, so that it will not do so later.
 */
const ECHO = "echo hello; read line; stty raw -echo; printf ready; exec cat";

/** A telnetd for one connection, as inetd would start it; `login` is what it runs. */
async function openShell(
  login: string,
  options: Partial<TelnetOptions>,
): Promise<{ link: Link; recorder: LinkRecorder }> {
  const directory = mkdtempSync(join(tmpdir(), "confed-telnetd-"));
  const program = join(directory, "login");
  writeFileSync(program, `#!/bin/sh\n${login}\n`);
  chmodSync(program, 0o755);
  const children: ChildProcess[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const stdio = [socket, socket, "ignore"] as const;
    children.push(spawn(telnetd ?? "", ["-h", "-E", program], { stdio: [...stdio] }));
    socket.destroy(); // The child has it now.
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const recorder = new LinkRecorder();
  const link = await telnet({ host: "127.0.0.1", port, ...options })({
    clock: systemClock,
    logger: silentLogger,
    resolver: { resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]) },
  }).open({ signal: new AbortController().signal, sink: recorder });
  onTestFinished(async () => {
    await link.close();
    await Promise.all(children.map(gone));
    server.close();
    await once(server, "close");
    rmSync(directory, { recursive: true });
  });
  return { link, recorder };
}

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await once(child, "exit");
}

function findTelnetd(): string | undefined {
  try {
    const script = 'PATH="$PATH:/usr/sbin" command -v telnetd';
    return execFileSync("sh", ["-c", script], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}
