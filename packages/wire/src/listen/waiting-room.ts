import type { Cancel, Clock } from "@confed/kernel";
import { LISTEN_LIMITS } from "./listen-limits.ts";

/** One who waits. */
export interface Waiting {
  readonly source: string;
  readonly sinceMs: number;
  /** Its source may have as many as it likes. */
  readonly isTrusted: boolean;
}

export interface WaitingRoomOptions<W extends Waiting> {
  readonly clock: Clock;
  /** At most so many of one source; Infinity where all are of one. */
  readonly perSourceMax: number;
  /** It waited too long, or had to make room. It is not there any more. */
  readonly onOut: (waiting: W, why: "late" | "room") => void;
}

/**
 * Connections of which nobody knows whose they are: each for a time, and so many at once. Whoever comes is let in; the
 * oldest silent one of the busiest source makes room. O(1) each, one timer for all.
 */
export class WaitingRoom<W extends Waiting> {
  readonly #options: WaitingRoomOptions<W>;
  /** Oldest first, which is also who is due first. */
  readonly #all = new Set<W>();
  /** The same by source. */
  readonly #bySource = new Map<string, Set<W>>();
  /** Sources by how many they have: the last one that is not empty is the busiest. */
  readonly #byCount: Set<string>[] = [];
  #cancel: Cancel | undefined;

  constructor(options: WaitingRoomOptions<W>) {
    this.#options = options;
  }

  get size(): number {
    return this.#all.size;
  }

  enter(waiting: W): void {
    const { perSourceMax } = this.#options;
    const own = this.#bySource.get(waiting.source);
    if (own !== undefined && own.size >= perSourceMax && !waiting.isTrusted)
      this.#makeRoom(own, LISTEN_LIMITS.silentAfterMs);
    if (this.#all.size >= LISTEN_LIMITS.unprovenMax) this.makeRoom();
    this.#all.add(waiting);
    const set = this.#bySource.get(waiting.source) ?? new Set();
    this.#bySource.set(waiting.source, set.add(waiting));
    this.#count(waiting.source, set.size - 1, set.size);
    this.#arm();
  }

  /** Known, or gone. False if it was not there. */
  leave(waiting: W): boolean {
    if (!this.#all.delete(waiting)) return false;
    const set = this.#bySource.get(waiting.source);
    set?.delete(waiting);
    const left = set?.size ?? 0;
    this.#count(waiting.source, left + 1, left);
    if (left === 0) this.#bySource.delete(waiting.source);
    if (this.#all.size === 0) this.#disarm();
    return true;
  }

  /** Send the oldest of the busiest source out, if it has been there for so long. False if not. */
  makeRoom(atLeastMs = 0): boolean {
    const [busiest] = this.#byCount.at(-1) ?? [];
    const set = busiest === undefined ? undefined : this.#bySource.get(busiest);
    return set !== undefined && this.#makeRoom(set, atLeastMs);
  }

  close(): void {
    this.#disarm();
  }

  #makeRoom(set: ReadonlySet<W>, atLeastMs: number): boolean {
    const [oldest] = set;
    if (oldest === undefined || this.#options.clock.nowMs() - oldest.sinceMs < atLeastMs) return false;
    this.leave(oldest);
    this.#options.onOut(oldest, "room");
    return true;
  }

  #count(source: string, before: number, now: number): void {
    this.#byCount[before]?.delete(source);
    if (now > 0) {
      while (this.#byCount.length <= now) this.#byCount.push(new Set());
      this.#byCount[now]?.add(source);
    }
    while (this.#byCount.at(-1)?.size === 0) this.#byCount.pop();
  }

  #arm(): void {
    const [oldest] = this.#all;
    if (this.#cancel !== undefined || oldest === undefined) return;
    const { clock } = this.#options;
    const restMs = oldest.sinceMs + LISTEN_LIMITS.unprovenMsMax - clock.nowMs();
    this.#cancel = clock.after(Math.max(1, Math.ceil(restMs)), () => {
      this.#cancel = undefined;
      const dueMs = clock.nowMs() - LISTEN_LIMITS.unprovenMsMax;
      for (const waiting of this.#all) {
        if (waiting.sinceMs > dueMs) break;
        this.leave(waiting);
        this.#options.onOut(waiting, "late");
      }
      this.#arm();
    });
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
