import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import { ByteLog } from "./byte-log.ts";
import { freePort } from "./free-ports.ts";
import { endPeer } from "./peer-program.ts";

/** ser2net with RFC 2217 in front of a pty whose other end is the test's. */
export interface Ser2net {
  readonly port: number;
  /** What hangs on the serial port. */
  readonly device: { readonly received: ByteLog; print(bytes: Uint8Array): void; baud(): number };
  close(): Promise<void>;
}

/** Needs ser2net, socat and stty. Resolves when it listens. */
export async function startSer2net(): Promise<Ser2net> {
  const directory = mkdtempSync(join(tmpdir(), "confed-ser2net-"));
  const tty = join(directory, "tty");
  const config = join(directory, "ser2net.yaml");
  const port = await freePort();
  writeFileSync(
    config,
    `%YAML 1.1
---
connection: &console
  accepter: telnet(rfc2217),tcp,127.0.0.1,${port}
  connector: serialdev,${tty},9600n81,local
  options:
    kickolduser: true
`,
  );
  const socat = spawn("socat", ["-d", "-d", "-", `pty,raw,echo=0,link=${tty}`], { stdio: "pipe" });
  const received = new ByteLog();
  socat.stdout.on("data", (bytes: Uint8Array) => {
    received.append(bytes);
  });
  // Its first words say that the pty is there; later ones are not for us.
  await once(socat.stderr, "data");
  socat.stderr.resume();
  const ser2net = spawn("ser2net", ["-n", "-c", config], { stdio: "ignore" });
  await untilItListens(port);
  return {
    port,
    device: {
      received,
      print: (bytes) => void socat.stdin.write(bytes),
      baud: () => Number(execFileSync("stty", ["-F", tty, "speed"])),
    },
    async close() {
      await Promise.all([endPeer(ser2net), endPeer(socat)]);
      rmSync(directory, { recursive: true });
    },
  };
}

/** ser2net does not tell when it is ready. */
async function untilItListens(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const open = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await new Promise<void>((resolve) => {
      systemClock.after(20, resolve);
    });
  }
}
