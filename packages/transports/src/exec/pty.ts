import { closeSync, constants, openSync, readFileSync, readSync } from "node:fs";
import { ConfedError } from "@confed/kernel";
import { LINK_LIMITS } from "../transport.ts";

/** The part of node-pty's native module that we use; see {@link openPty}. */
interface NativePty {
  open(
    columns: number,
    rows: number,
  ): { readonly master: number; readonly slave: number; readonly pty: string };
  resize(master: number, columns: number, rows: number): void;
}

/** What a terminal is before anybody told its size. */
const INITIAL_SIZE = { columns: 80, rows: 24 } as const;

/** The kernel's pty buffers hold less than 1 MiB; whatever comes on top is still being written. */
const DRAIN_BYTES_MAX = 1024 * 1024;
const DRAIN_BUFFER = Buffer.allocUnsafeSlow(LINK_LIMITS.readBytesMax);

// The masters open in this process. glibc's openpty(3) makes them without FD_CLOEXEC and Node can
// set no such flag, so every child would inherit the consoles of all others: it could read and
// write them, also as another user, and none would ever be hung up. See `childStdio`.
const OPEN_MASTERS = new Set<number>();

/**
 * A new pseudo-terminal, in the kernel's default line discipline. The caller must `release` it.
 * Rejects with "resource_exhausted" when the system has none left, and with
 * "failed_precondition" when node-pty was installed without its native part.
 *
 * Of node-pty only `open` and `resize` of its native part are used (unofficial; the version is
 * pinned). Its `spawn` destroys the master 200 ms after the child ended whatever is unread, lets
 * every child inherit the masters of all others, keeps a thread per child, and leaves a child that
 * changed its user in the groups of root.
 */
export async function openPty(): Promise<Pty> {
  const native = await loadNativePty();
  let pair: ReturnType<NativePty["open"]>;
  try {
    pair = native.open(INITIAL_SIZE.columns, INITIAL_SIZE.rows);
  } catch (reason) {
    throw noPtyLeft(reason);
  }
  try {
    // Opened anew: node-pty's is O_NONBLOCK, which a child would inherit and few programs expect.
    return new Pty(native, pair.master, openSync(pair.pty, constants.O_RDWR | constants.O_NOCTTY), pair.pty);
  } catch (reason) {
    closeSync(pair.master);
    throw ConfedError.from(reason);
  } finally {
    closeSync(pair.slave);
  }
}

/** `stdio` for child_process.spawn with `nullFd` over every master that the child would inherit; 0 to 2 are ignored. */
export function stdioWithoutMasters(nullFd: number): (number | "ignore" | "pipe")[] {
  const stdio: (number | "ignore")[] = new Array<"ignore">(Math.max(2, ...OPEN_MASTERS) + 1).fill("ignore");
  for (const master of OPEN_MASTERS) stdio[master] = nullFd;
  return stdio;
}

/** Both ends of a pseudo-terminal (pty(7)), held by us as long as the console is open. */
export class Pty {
  /** Non-blocking. */
  readonly masterFd: number;
  /** For the child; ours stays open so that nothing is lost when the child closes its own. */
  readonly slaveFd: number;
  readonly path: string;
  readonly #native: NativePty;
  #released = false;

  constructor(native: NativePty, masterFd: number, slaveFd: number, path: string) {
    this.#native = native;
    this.masterFd = masterFd;
    this.slaveFd = slaveFd;
    this.path = path;
    OPEN_MASTERS.add(masterFd);
  }

  /**
   * `stdio` for child_process.spawn: the terminal on 0, 1 and 2, and `nullFd` over every
   * master that the child would inherit.
   */
  childStdio(nullFd: number): (number | "ignore" | "pipe")[] {
    return stdioWithoutMasters(nullFd).fill(this.slaveFd, 0, 3);
  }

  /** Tell the child its window (SIGWINCH). Sizes that no terminal can have are ignored. */
  resize(columns: number, rows: number): void {
    if (this.#released || !isWindowSize(columns) || !isWindowSize(rows)) return;
    this.#native.resize(this.masterFd, columns, rows);
  }

  /**
   * Read at once whatever the terminal still holds. For after the child's end: then EAGAIN means
   * that nothing is left, because a read that finds nothing first waits for the kernel's own work
   * on the buffers (n_tty_read), and because our open slave keeps the end of file away.
   */
  drain(onBytes: (bytes: Uint8Array) => void): void {
    for (let total = 0; total < DRAIN_BYTES_MAX && !this.#released; ) {
      let length: number;
      try {
        length = readSync(this.masterFd, DRAIN_BUFFER);
      } catch {
        return; // EAGAIN: empty. Anything else: the terminal was hung up, which is as empty.
      }
      if (length === 0) return;
      onBytes(DRAIN_BUFFER.subarray(0, length));
      total += length;
    }
  }

  /**
   * Idempotent. Closes the slave and has `closeMaster` close the master, by which the kernel hangs
   * up whoever still uses the terminal.
   */
  async release(closeMaster: () => void | Promise<void>): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    closeSync(this.slaveFd);
    await closeMaster();
    OPEN_MASTERS.delete(this.masterFd);
  }
}

async function loadNativePty(): Promise<NativePty> {
  try {
    const module = (await import("node-pty")) as unknown as { readonly native: NativePty };
    return module.native;
  } catch (reason) {
    throw new ConfedError(
      "failed_precondition",
      "exec consoles need node-pty's native part, and it cannot be loaded",
      {
        cause: reason,
        hint: "npm rebuild node-pty (npm 12 runs install scripts only of packages listed in allowScripts)",
      },
    );
  }
}

function noPtyLeft(cause: unknown): ConfedError {
  const limit = (name: string) => {
    try {
      return readFileSync(`/proc/sys/kernel/pty/${name}`, "utf8").trim();
    } catch {
      return "unknown";
    }
  };
  const message = `no pseudo-terminal to be had: ${limit("nr")} in use, kernel.pty.max is ${limit("max")}`;
  return new ConfedError("resource_exhausted", message, {
    cause,
    hint: "raise kernel.pty.max (sysctl) or the agent's limit of open files (LimitNOFILE), or put consoles on another agent",
  });
}

function isWindowSize(size: number): boolean {
  return Number.isInteger(size) && size > 0 && size <= 0xffff;
}
