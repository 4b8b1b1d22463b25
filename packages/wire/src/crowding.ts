import { readFileSync } from "node:fs";
import { ConfedError, type Logger, systemClock } from "@confed/kernel";
import type { Connection } from "./listen/connection.ts";

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
  readonly #logger: Logger;
  #crowded = false;

  constructor(logger: Logger, descriptorsMax = readDescriptorsMax()) {
    this.#logger = logger;
    this.#refusedFrom = descriptorsMax - SPARE_COUNT;
  }

  /**
   * A connection was accepted. Why it is one too many, if it is; then it is closed by itself, soon.
   * `makeRoom` hangs up on somebody who is less welcome, if it can.
   */
  admit({ socket }: Connection, makeRoom: () => boolean): ConfedError | undefined {
    const { _handle: handle } = socket as { _handle?: { readonly fd?: number } | null };
    const crowded = (handle?.fd ?? 0) >= this.#refusedFrom;
    if (crowded !== this.#crowded) {
      this.#crowded = crowded;
      if (crowded) this.#logger.error("no file descriptor is left for more clients", { hint: HINT });
      else this.#logger.info("clients are admitted again");
    }
    if (!crowded || makeRoom()) return undefined;
    const cancel = systemClock.after(REFUSED_FOR_MS, () => socket.destroy());
    socket.once("close", cancel);
    return new ConfedError("resource_exhausted", "no file descriptor is left for more clients", {
      hint: HINT,
    });
  }
}

/** Hang up on who was just told why it is refused. */
export function hangUpSoon({ socket }: Connection): void {
  systemClock.after(TOLD_FOR_MS, () => socket.destroy());
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
