import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { ConfedError, type Logger, systemClock } from "@confed/kernel";

/**
 * Descriptors that clients are not given: the links of consoles need them to come back, and a
 * client that is refused needs one to hear why.
 */
const SPARE_COUNT = 32;
/** How long a client that is refused may take to ask. */
const REFUSED_FOR_MS = 1_000;
/** How long its refusal may be on its way. */
const TOLD_FOR_MS = 100;

/**
 * Tells the clients that are one too many for the descriptors of this process. They are let in to be
 * refused in words; beyond the spare ones the system hangs up on them. The kernel gives the lowest
 * free number, so a high one means that few are left: that costs nothing to know.
 */
export class Crowding {
  readonly #refusedFrom: number;
  readonly #refused = new Map<string, Socket>();
  readonly #logger: Logger;
  #crowded = false;

  constructor(logger: Logger, descriptorsMax = readDescriptorsMax()) {
    this.#logger = logger;
    this.#refusedFrom = descriptorsMax - SPARE_COUNT;
  }

  /** A connection was accepted. One too many is closed by itself, soon. */
  admit(socket: Socket): void {
    const { _handle: handle } = socket as { _handle?: { readonly fd?: number } | null };
    const crowded = (handle?.fd ?? 0) >= this.#refusedFrom;
    if (crowded !== this.#crowded) {
      this.#crowded = crowded;
      if (crowded) this.#logger.error("no file descriptor is left for more clients", { hint: HINT });
      else this.#logger.info("clients are admitted again");
    }
    if (!crowded) return;
    const peer = `${socket.remoteAddress ?? ""}:${socket.remotePort ?? ""}`;
    this.#refused.set(peer, socket);
    const cancel = systemClock.after(REFUSED_FOR_MS, () => socket.destroy());
    socket.once("close", () => {
      cancel();
      this.#refused.delete(peer);
    });
  }

  /** Why a call of this peer is not served, if it is not. */
  refusalOf(peer: string): ConfedError | undefined {
    const socket = this.#refused.get(peer);
    if (socket === undefined) return undefined;
    systemClock.after(TOLD_FOR_MS, () => socket.destroy());
    return new ConfedError("resource_exhausted", "no file descriptor is left for more clients", {
      hint: HINT,
    });
  }
}

const HINT = "raise LimitNOFILE= (ulimit -n) of this process; who is attached already is not affected";

/** What this process may open; Infinity where the kernel does not tell. */
function readDescriptorsMax(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY; // Not Linux.
  }
}
