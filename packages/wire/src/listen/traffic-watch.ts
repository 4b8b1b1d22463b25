import type { Cancel, Clock } from "@confed/kernel";
import { LISTEN_LIMITS } from "./listen-limits.ts";

/** What is counted of a connection, and where the counting stands. */
export interface Traffic {
  /** HTTP/2 bytes that came, frames and all. */
  readonly receivedBytes: number;
  /** Frames that were counted one by one, and what was of use in them. */
  frames: number;
  usefulBytes: number;
  /** As much as was accounted for at the last look. */
  seenFrames: number;
  /** What it may still send. */
  budgetFrames: number;
  readonly pace: keyof typeof PACES;
}

/** Frames a second, and at once. */
const PACES = {
  unproven: {
    perSecond: LISTEN_LIMITS.unprovenFramesPerSecond,
    burst: LISTEN_LIMITS.unprovenFramesBurst,
  },
  user: { perSecond: LISTEN_LIMITS.userFramesPerSecond, burst: LISTEN_LIMITS.userFramesBurst },
  machine: { perSecond: LISTEN_LIMITS.machineFramesPerSecond, burst: LISTEN_LIMITS.machineFramesBurst },
} as const;

/** Most frames that carry nothing are 9 to 17 bytes long; a header block counts by its size. */
const BYTES_PER_FRAME = 16;

/**
 * Finds connections that send more frames than any use of ours takes: PING, SETTINGS, WINDOW_UPDATE
 * and PRIORITY floods, streams begun to be reset, messages in fragments of a byte. nghttp2 stops some
 * of them late and others never. Costs two numbers a connection a look, 0.3 µs, and nothing without any.
 */
export class TrafficWatch<T extends Traffic> {
  readonly #clock: Clock;
  readonly #onFlood: (connection: T) => void;
  readonly #watched = new Set<T>();
  #lookedMs = 0;
  #cancel: Cancel | undefined;

  constructor(clock: Clock, onFlood: (connection: T) => void) {
    this.#clock = clock;
    this.#onFlood = onFlood;
  }

  add(connection: T): void {
    connection.budgetFrames = PACES[connection.pace].burst;
    this.#watched.add(connection);
    if (this.#cancel !== undefined) return;
    this.#lookedMs = this.#clock.nowMs();
    this.#arm();
  }

  /** Somebody answers for it from now on: it begins anew. */
  proven(connection: T): void {
    connection.budgetFrames = PACES[connection.pace].burst;
  }

  remove(connection: T): void {
    this.#watched.delete(connection);
    if (this.#watched.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(): void {
    this.#cancel = this.#clock.after(LISTEN_LIMITS.lookIntervalMs, () => {
      const nowMs = this.#clock.nowMs();
      const seconds = (nowMs - this.#lookedMs) / 1000;
      this.#lookedMs = nowMs;
      this.#arm();
      for (const connection of this.#watched) if (floods(connection, seconds)) this.#onFlood(connection);
    });
  }
}

function floods(connection: Traffic, seconds: number): boolean {
  const { receivedBytes, usefulBytes, pace } = connection;
  const frames = connection.frames + Math.max(0, receivedBytes - usefulBytes) / BYTES_PER_FRAME;
  const { perSecond, burst } = PACES[pace];
  connection.budgetFrames =
    Math.min(burst, connection.budgetFrames + perSecond * seconds) - (frames - connection.seenFrames);
  connection.seenFrames = frames;
  return connection.budgetFrames < 0;
}
