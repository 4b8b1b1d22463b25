import type { Cancel, Clock } from "@confed/kernel";
import type { Heartbeat, Outlet } from "@confed/wire";

const QUIET_INTERVAL_MS = 2_000;

/** A stream that says something at least every 2 s. */
export interface QuietStream {
  /** Something else was sent. */
  touch(): void;
}

interface Entry {
  readonly outlet: Outlet<{ heartbeat: Heartbeat }>;
  touched: boolean;
}

/**
 * Heartbeats for streams on which nothing else is sent, so that a client knows to keep waiting. One
 * timer for all, armed while there are any.
 */
export class QuietStreams {
  readonly #clock: Clock;
  readonly #entries = new Set<Entry>();
  #cancelTick: Cancel | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Until the stream is over. */
  add(outlet: Outlet<{ heartbeat: Heartbeat }>): QuietStream {
    const entry: Entry = { outlet, touched: false };
    this.#entries.add(entry);
    this.#arm();
    outlet.signal.addEventListener(
      "abort",
      () => {
        this.#entries.delete(entry);
        if (this.#entries.size === 0) this.stop();
      },
      { once: true },
    );
    return {
      touch: () => {
        entry.touched = true;
      },
    };
  }

  stop(): void {
    this.#cancelTick?.();
    this.#cancelTick = undefined;
  }

  #arm(): void {
    this.#cancelTick ??= this.#clock.after(QUIET_INTERVAL_MS, () => {
      this.#cancelTick = undefined;
      const message = { heartbeat: { wallTimeMs: this.#clock.wallTimeMs() } };
      for (const entry of this.#entries) {
        // Where something waits to be read a heartbeat says nothing new.
        if (!entry.touched && entry.outlet.backlogBytes === 0) entry.outlet.send(message);
        entry.touched = false;
      }
      this.#arm();
    });
  }
}
