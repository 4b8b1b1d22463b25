import type { IdleInputSpec } from "@confed/config";
import type { Cancel, Clock } from "@confed/kernel";
import type { CloseReason, Link, LinkSink, Transport } from "@confed/transports";

/** What passes the time: the timers may be coarse. */
export interface IdleDeps {
  readonly clock: Pick<Clock, "nowMs">;
  readonly timers: Pick<Clock, "after">;
}

/**
 * The way to a console on which something is typed when nobody has typed and nothing was printed for a while, as
 * conserver.cf(5) says of idletimeout: whether or not anybody watches, again and again, and viewers are told. One
 * object and one timer for each link of such a console; others are not wrapped.
 */
export function withIdleInput(transport: Transport, spec: IdleInputSpec, deps: IdleDeps): Transport {
  const send = spec.send.map((text) => Buffer.from(text));
  const idling = (sink: LinkSink) => new IdleInput(sink, { ...deps, afterMs: spec.afterMs, send });
  const adopt = transport.adopt?.bind(transport);
  return {
    kind: transport.kind,
    async open(options) {
      const idle = idling(options.sink);
      return idle.attend(await transport.open({ ...options, sink: idle }));
    },
    ...(adopt && {
      adopt(options) {
        const idle = idling(options.sink);
        return idle.attend(adopt({ ...options, sink: idle }));
      },
    }),
  };
}

/** What viewers read, as conserver says it. */
const NOTICE = "-- idle timeout --";

/** Between the texts: the pause of a `\d` in conserver's idlestring. */
const PAUSE_MS = 250;

interface IdleOptions extends IdleDeps {
  readonly afterMs: number;
  readonly send: readonly Uint8Array[];
}

class IdleInput implements LinkSink {
  readonly #sink: LinkSink;
  readonly #options: IdleOptions;
  #lastMs = 0;
  #cancel: Cancel | undefined;
  #closed = false;

  constructor(sink: LinkSink, options: IdleOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  /** Begin with its link, which stays what it is but for `write`: some can go on in another process, others cannot. */
  attend<T extends Link>(link: T): T {
    const { clock } = this.#options;
    const write = link.write.bind(link);
    this.#lastMs = clock.nowMs();
    const noted: Link["write"] = (bytes) => {
      this.#lastMs = clock.nowMs();
      return write(bytes);
    };
    if (!this.#closed) this.#wait(write);
    return Object.assign(link, { write: noted });
  }

  // Per read and per write: a look at the clock. The timer stays armed, and finds out when it is due.
  onData(bytes: Uint8Array): void {
    this.#lastMs = this.#options.clock.nowMs();
    this.#sink.onData(bytes);
  }

  onClosed(reason: CloseReason): void {
    this.#closed = true;
    this.#cancel?.();
    this.#sink.onClosed(reason);
  }

  onLost(why: string): void {
    this.#sink.onLost?.(why);
  }

  onNotice(text: string): void {
    this.#sink.onNotice?.(text);
  }

  #wait(write: Link["write"]): void {
    const { clock, timers, afterMs } = this.#options;
    this.#cancel = timers.after(Math.max(0, this.#lastMs + afterMs - clock.nowMs()), () => {
      if (clock.nowMs() - this.#lastMs < afterMs) this.#wait(write);
      else this.#type(write, 0);
    });
  }

  /** What a link does not take is not said to be typed. */
  #type(write: Link["write"], at: number): void {
    const { clock, timers, send } = this.#options;
    const [bytes, more] = [send[at], at + 1 < send.length];
    const taken = bytes !== undefined && write(bytes) >= 0;
    this.#lastMs = clock.nowMs();
    // Before viewers are told: who hears of it may close the link.
    if (taken && more) this.#cancel = timers.after(PAUSE_MS, () => this.#type(write, at + 1));
    else this.#wait(write);
    if (taken && at === 0) this.#sink.onNotice?.(NOTICE);
  }
}
