import { readFileSync } from "node:fs";
import type { Cancel } from "@confed/kernel";
import { systemClock } from "@confed/kernel";

/** Resident memory of one process; 0 if there is none. */
export function rssBytesOf(pid: number): number {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
    return Number(kib ?? 0) * 1024;
  } catch {
    return 0;
  }
}

const LOOK_EVERY_MS = 100;

/** The most that a process was seen to have, looked at ten times a second. */
export class RssPeak {
  readonly #pid: number;
  #bytes = 0;
  #cancel: Cancel = () => undefined;

  constructor(pid: number) {
    this.#pid = pid;
    this.#look();
  }

  /** Ends the looking. */
  end(): number {
    this.#cancel();
    return this.#bytes;
  }

  #look(): void {
    this.#bytes = Math.max(this.#bytes, rssBytesOf(this.#pid));
    this.#cancel = systemClock.after(LOOK_EVERY_MS, () => {
      this.#look();
    });
  }
}
