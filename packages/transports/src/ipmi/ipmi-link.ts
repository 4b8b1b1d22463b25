import type { SessionEnding } from "@confed/codecs";
import { ConfedError } from "@confed/kernel";
import type { Link, LinkSink } from "../transport.ts";
import type { IpmiCounts, IpmiSession, SessionListener } from "./ipmi-session.ts";

export interface IpmiLinkOptions {
  readonly where: string;
  readonly sink: LinkSink;
  readonly onActive: () => void;
  readonly onTakingOver: () => void;
  /** The session is over: lets go of everything of it. The error, if the end is not one we asked for. */
  readonly release: (ending: SessionEnding, sendError: Error | undefined) => ConfedError | undefined;
}

/**
 * A session as a link. Never paused: a BMC gives what is not acknowledged within a second up for lost.
 */
export class IpmiLink implements Link, SessionListener {
  readonly pausable = false;
  readonly #options: IpmiLinkOptions;
  #session: IpmiSession | undefined;
  #state: "opening" | "open" | "closing" | "ended" = "opening";
  /** Who waits for something; mostly nobody. */
  #openWaiter: { readonly resolve: () => void; readonly reject: (error: ConfedError) => void } | undefined;
  #endWaiters: (() => void)[] | undefined;
  #drainWaiters: (() => void)[] | undefined;
  #breakWaiters: ((taken: boolean) => void)[] | undefined;

  constructor(options: IpmiLinkOptions) {
    this.#options = options;
  }

  /** What the session has counted, from its log-in on. */
  describe(): string {
    return this.#session === undefined ? "" : countsText(this.#session.counts);
  }

  /**
   * Have the session begun by `begin`; its listener is this link. Resolves when bytes can flow; rejects
   * when the session has ended before, with "canceled" if it was closed.
   */
  open(session: IpmiSession, begin: () => void): Promise<void> {
    this.#session = session;
    return new Promise((resolve, reject) => {
      this.#openWaiter = { resolve, reject };
      begin();
    });
  }

  write(bytes: Uint8Array): number {
    return this.#state === "open" ? (this.#session?.write(bytes) ?? 0) : 0;
  }

  async drained(): Promise<void> {
    if (this.#state === "ended" || (this.#session?.queuedBytes ?? 0) === 0) return;
    await new Promise<void>((resolve) => {
      this.#drainWaiters ??= [];
      this.#drainWaiters.push(resolve);
    });
  }

  pause(): void {}

  resume(): void {}

  /** The BMC chooses how long it is. Also rejects with "console_down" when the link ends before. */
  async sendBreak(): Promise<void> {
    const { where } = this.#options;
    const taken =
      this.#state === "open" &&
      (await new Promise<boolean>((resolve) => {
        this.#breakWaiters ??= [];
        this.#breakWaiters.push(resolve);
        this.#session?.sendBreak();
      }));
    if (taken) return;
    if (this.#state !== "open") {
      throw new ConfedError("console_down", `${where}: the link ended before the break was sent`, { where });
    }
    throw new ConfedError("failed_precondition", `${where}: the BMC does not answer a break`, {
      where,
      hint: "its Serial over LAN may have none: send it in the host's own way",
    });
  }

  /** SOL has no words for a window. */
  resize(): void {}

  async close(): Promise<void> {
    if (this.#state === "ended") return;
    this.#state = "closing";
    const ended = new Promise<void>((resolve) => {
      this.#endWaiters ??= [];
      this.#endWaiters.push(resolve);
    });
    this.#session?.close();
    await ended;
  }

  onActive(): void {
    if (this.#state === "opening") this.#state = "open";
    this.#options.onActive();
    this.#openWaiter?.resolve();
    this.#openWaiter = undefined;
  }

  onData(bytes: Uint8Array): void {
    this.#options.sink.onData(bytes);
  }

  onLost(cause: "overrun" | "numbering"): void {
    this.#options.sink.onLost?.(LOST_WORDS[cause]);
  }

  onHost(off: boolean): void {
    this.#options.sink.onNotice?.(
      off ? "the BMC says that the host is off, or that its serial port is taken away" : "the host is back",
    );
  }

  onTakingOver(): void {
    this.#options.onTakingOver();
  }

  onBreakOver(taken: boolean): void {
    this.#breakWaiters?.shift()?.(taken);
  }

  onDrained(): void {
    wake(this.#drainWaiters);
    this.#drainWaiters = undefined;
  }

  onEnded(ending: SessionEnding, sendError: Error | undefined): void {
    const { where, sink, release } = this.#options;
    this.#state = "ended";
    const error = release(ending, sendError);
    for (const over of this.#breakWaiters ?? []) over(false);
    this.#breakWaiters = undefined;
    this.onDrained();
    if (this.#openWaiter === undefined) {
      sink.onClosed(error === undefined ? { by: "local" } : { by: "failure", error });
    } else
      this.#openWaiter.reject(error ?? new ConfedError("canceled", `${where}: closed while it was opened`));
    this.#openWaiter = undefined;
    wake(this.#endWaiters);
    this.#endWaiters = undefined;
  }
}

function countsText({ suite, repeated, dropped, lifeSignMs }: IpmiCounts): string {
  const drops = Object.entries(dropped).map(([cause, count]) => `${count} ${cause.replaceAll("_", " ")}`);
  return [
    suite === undefined ? [] : [`cipher suite ${suite}`],
    lifeSignMs === undefined ? [] : [`sign of life answered in ${Math.round(lifeSignMs)} ms`],
    repeated === 0 ? [] : [`sent again: ${repeated}`],
    drops.length === 0 ? [] : [`dropped: ${drops.join(", ")}`],
  ]
    .flat()
    .join("; ");
}

const LOST_WORDS = {
  overrun: "the BMC could not hold all that the host printed",
  numbering: "packets of the BMC are missing",
} as const;

function wake(waiters: readonly (() => void)[] | undefined): void {
  for (const wakeUp of waiters ?? []) wakeUp();
}
