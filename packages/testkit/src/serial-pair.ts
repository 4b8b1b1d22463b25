import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SocketConsole, startSocketConsole } from "./socket-console.ts";

/** A console behind a pseudo-terminal that looks like a serial device. */
export interface SerialPair extends Omit<SocketConsole, "breakOff" | "server"> {
  /** Path of the device. */
  readonly device: string;
  /** The device is pulled out; resolves when it is gone. */
  unplug(): Promise<void>;
  /** The device comes back under the same path. */
  plugIn(): Promise<void>;
}

/**
 * Make a serial device of two halves by socat: a pty, and a socket at whose other end the console
 * is ours. Needs socat (1.7 or later).
 */
export async function startSerialPair(): Promise<SerialPair> {
  const directory = await mkdtemp(join(tmpdir(), "confed-serial-"));
  const path = join(directory, "console.sock");
  const device = join(directory, "ttyS0");
  const { breakOff: _cannot, server, ...farEnd } = await startSocketConsole({ path });
  let socat: ChildProcess | undefined;
  let holder: FileHandle | undefined;

  const plugIn = async () => {
    const connected = once(server, "connection");
    socat = spawn("socat", [`PTY,link=${device},rawer`, `UNIX-CONNECT:${path}`], { stdio: "ignore" });
    await connected; // socat makes the pty first.
    // A pty ends when nobody has it open; a serial line does not.
    holder = await open(device, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  };
  const unplug = async () => {
    if (socat?.exitCode === null && socat.signalCode === null) {
      const exited = once(socat, "exit");
      socat.kill("SIGKILL"); // Its handler of SIGTERM can deadlock while it starts.
      await exited;
      await rm(device, { force: true });
    }
    await holder?.close();
    holder = undefined;
  };
  await plugIn();
  return {
    ...farEnd,
    device,
    plugIn,
    unplug,
    // The line stays whoever uses it.
    idle: () => Promise.resolve(),
    close: async () => {
      await unplug();
      await farEnd.close();
      await rm(directory, { recursive: true });
    },
  };
}
