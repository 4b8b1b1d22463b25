import { type ConfedError, invariant } from "@confed/kernel";
import type { TransportFactory } from "../deps.ts";
import { withConnectDeadline } from "../net/connect-deadline.ts";
import { type CloseReason, LINK_LIMITS, type Link, type LinkSink } from "../transport.ts";

/** A transport without I/O, and the console at its far end, for tests. */
export interface MemoryPair {
  readonly transport: TransportFactory;
  readonly farEnd: MemoryFarEnd;
}

/** What the next attempts to open meet. */
export type MemoryWelcome =
  | { readonly how: "accept" }
  | { readonly how: "refuse"; readonly error: ConfedError }
  /** Never answer: the attempt ends by its deadline or its signal. */
  | { readonly how: "hang" };

/** The console of a {@link MemoryPair}: prints, hangs up and fails to order. */
export class MemoryFarEnd {
  welcome: MemoryWelcome = { how: "accept" };
  /** Attempts to open, those refused included. */
  opens = 0;
  /** Breaks received, in ms. */
  readonly breaks: number[] = [];
  /** The last window size received. */
  size: { readonly columns: number; readonly rows: number } | undefined;
  /** Everything received, over all links; a copy of each write. */
  readonly received: Uint8Array[] = [];
  /** Called with every piece of input that arrives. */
  onInput: (bytes: Uint8Array) => void = () => undefined;
  #link: MemoryLink | undefined;
  #stalled = false;

  /** Whether a link is open. */
  get connected(): boolean {
    return this.#link !== undefined;
  }

  /** Print. Delivered before this returns, unless the link is paused. */
  feed(bytes: Uint8Array): void {
    this.#connectedLink().arrive(Uint8Array.from(bytes));
  }

  /** End in an orderly way, after all that was fed. */
  hangUp(): void {
    this.#connectedLink().arrive({ by: "remote" });
  }

  /** Break, after all that was fed. */
  fail(error: ConfedError): void {
    this.#connectedLink().arrive({ by: "failure", error });
  }

  /** Stop taking input, so that it piles up at the link; false takes it all. */
  stall(stalled: boolean): void {
    this.#stalled = stalled;
    if (!stalled) this.#link?.flush();
  }

  /** For the transport. */
  accept(sink: LinkSink): Link {
    invariant(this.#link === undefined, "a transport serves one link at a time");
    const link = new MemoryLink(sink, {
      stalled: () => this.#stalled,
      take: (bytes) => {
        this.received.push(bytes);
        this.onInput(bytes);
      },
      takeBreak: (durationMs) => this.breaks.push(durationMs),
      takeSize: (columns, rows) => {
        this.size = { columns, rows };
      },
      gone: () => {
        this.#link = undefined;
      },
    });
    this.#link = link;
    return link;
  }

  #connectedLink(): MemoryLink {
    invariant(this.#link !== undefined, "no link is open");
    return this.#link;
  }
}

/** Make a console in memory. One transport of it may be made at a time. */
export function memory(): MemoryPair {
  const farEnd = new MemoryFarEnd();
  const transport: TransportFactory = ({ clock }) => ({
    kind: "memory",
    open({ signal, sink }) {
      farEnd.opens += 1;
      return withConnectDeadline({ clock, where: "memory", signal }, async (inner) => {
        const { welcome } = farEnd;
        if (welcome.how === "refuse") throw welcome.error;
        if (welcome.how === "hang") await aborted(inner);
        inner.throwIfAborted();
        return farEnd.accept(sink);
      });
    },
  });
  return { transport, farEnd };
}

interface FarSide {
  stalled(): boolean;
  take(bytes: Uint8Array): void;
  takeBreak(durationMs: number): void;
  takeSize(columns: number, rows: number): void;
  gone(): void;
}

class MemoryLink implements Link {
  readonly pausable = true;
  readonly #sink: LinkSink;
  readonly #far: FarSide;
  #arrived: (Uint8Array | CloseReason)[] = [];
  #unsent: Uint8Array[] = [];
  #unsentBytes = 0;
  #drainWaiters: (() => void)[] = [];
  #paused = false;
  #delivering = false;
  #ended = false;

  constructor(sink: LinkSink, far: FarSide) {
    this.#sink = sink;
    this.#far = far;
  }

  arrive(what: Uint8Array | CloseReason): void {
    this.#arrived.push(what);
    this.#deliver();
  }

  write(bytes: Uint8Array): number {
    if (this.#ended) return 0;
    if (this.#unsentBytes + bytes.length > LINK_LIMITS.writeBacklogBytesMax) return -1;
    this.#unsent.push(Uint8Array.from(bytes));
    this.#unsentBytes += bytes.length;
    this.flush();
    return this.#unsentBytes;
  }

  flush(): void {
    if (this.#far.stalled()) return;
    const sent = this.#unsent;
    this.#unsent = [];
    this.#unsentBytes = 0;
    for (const bytes of sent) this.#far.take(bytes);
    this.#wakeDrainWaiters();
  }

  drained(): Promise<void> {
    if (this.#unsentBytes === 0 || this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drainWaiters.push(resolve);
    });
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
  }

  sendBreak(durationMs: number): Promise<void> {
    this.#far.takeBreak(durationMs);
    return Promise.resolve();
  }

  resize(columns: number, rows: number): void {
    this.#far.takeSize(columns, rows);
  }

  close(): Promise<void> {
    this.#end({ by: "local" });
    return Promise.resolve();
  }

  #deliver(): void {
    if (this.#delivering) return; // A sink that resumes within onData must not be called within it.
    this.#delivering = true;
    while (!this.#paused && !this.#ended) {
      const next = this.#arrived.shift();
      if (next === undefined) break;
      if (next instanceof Uint8Array) this.#sink.onData(next);
      else this.#end(next);
    }
    this.#delivering = false;
  }

  #end(reason: CloseReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#arrived = [];
    this.#unsent = [];
    this.#far.gone();
    this.#wakeDrainWaiters();
    this.#sink.onClosed(reason);
  }

  #wakeDrainWaiters(): void {
    const waiters = this.#drainWaiters;
    this.#drainWaiters = [];
    for (const wake of waiters) wake();
  }
}

/** Rejects with the signal's reason when it aborts; never resolves. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const onAbort = () => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}
