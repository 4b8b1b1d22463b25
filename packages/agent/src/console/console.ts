import type { EventRecord, GapRecord } from "@confed/codecs";
import { type Cancel, type Clock, ConfedError, type Logger, Scope } from "@confed/kernel";
import type { Link, LinkSink, Transport } from "@confed/transports";
import type { FedConsole, LogFeed } from "../log/log-feed.ts";
import type { OpenedLog } from "../log/writer-messages.ts";
import { Viewers } from "../viewers/viewers.ts";
import type { Cadence } from "./cadence.ts";
import type { DialGate } from "./dial-gate.ts";
import { once } from "./once.ts";
import { Output } from "./output.ts";
import { Reading } from "./reading.ts";
import { removedError } from "./removed-error.ts";
import { stateEvent } from "./state-on-the-wire.ts";
import { type ConsoleEvent, type ConsoleState, isOutage, step } from "./step.ts";

/** What a console is, apart from how it is reached. */
export interface ConsoleIdentity {
  readonly name: string;
  /** Its number within this agent, for arenas and tails. */
  readonly number: number;
  readonly onDemand: boolean;
}

/** How a console is reached: what a reload may change while it lives. */
export interface ConsoleWay {
  readonly transport: Transport;
  readonly retryDelayMs: (attempt: number) => number;
}

/** Only what a console uses, named by the console. */
export interface ConsoleDeps {
  readonly way: ConsoleWay;
  readonly clock: Clock;
  /** Coarse: retries sit on the agent's wheel. */
  readonly timers: Pick<Clock, "after">;
  readonly logger: Logger;
  readonly feed: LogFeed;
  readonly gate: DialGate;
  /** When consoles that nobody watches are read. */
  readonly cadence: Cadence;
  /** Something that a status shows has changed. */
  readonly onChange: (console: Console) => void;
}

/**
 * One console: its link, its numbering, its viewers. Output flows one way through it:
 * link -> numbering -> arena and viewers. It acts out what {@link step} decides.
 */
export class Console implements FedConsole {
  readonly name: string;
  readonly number: number;
  readonly viewers: Viewers;
  readonly #deps: ConsoleDeps;
  #onDemand: boolean;
  #way: ConsoleWay;
  readonly #output: Output;
  readonly #reading: Reading;
  #state: ConsoleState = { phase: "idle" };
  #stateSinceWallMs: number;
  /** Owns what the present state holds: the dial under way, the link, the armed retry. */
  #stateScope = new Scope();
  #released: Promise<unknown> = Promise.resolve();
  #link: Link | undefined;
  /** Of the terminal of whoever wrote last: a link that opens later, or again, has it as well. */
  #window: readonly [columns: number, rows: number] | undefined;
  readonly #numbered = once();
  /** Set until the log has said where numbering begins; the first `wanted` waits for it. */
  #wantedBeforeOpened = false;
  #removed = false;

  constructor({ name, number, onDemand }: ConsoleIdentity, deps: ConsoleDeps) {
    this.name = name;
    this.number = number;
    this.#onDemand = onDemand;
    this.#deps = deps;
    this.#way = deps.way;
    this.viewers = new Viewers(() => deps.clock.wallTimeMs());
    this.#stateSinceWallMs = deps.clock.wallTimeMs();
    this.#reading = new Reading(deps.cadence);
    this.#output = new Output(number, {
      feed: deps.feed,
      clock: deps.clock,
      hold: () => this.#reading.hold(),
      letGo: () => {
        this.#reading.letGo();
      },
      onGap: (gap) => {
        this.#tellGap(gap);
      },
    });
  }

  /** Connected only while somebody is attached. */
  get onDemand(): boolean {
    return this.#onDemand;
  }

  get state(): ConsoleState {
    return this.#state;
  }

  /** Wall clock of the last change of state; of an outage's beginning while it is tried again and again. */
  get stateSinceMs(): number {
    return this.#stateSinceWallMs;
  }

  /** Resolves when what the last state held is let go of: its link is closed. */
  get released(): Promise<unknown> {
    return this.#released;
  }

  /** Configuration has it no more. */
  get removed(): boolean {
    return this.#removed;
  }

  /** Where the next byte goes. `logId` is empty until the log is open. */
  get end(): { readonly logId: string; readonly offset: number } {
    return this.#output.end;
  }

  /** Everything before this offset is in the log, or is a gap. */
  get loggedEnd(): number {
    return this.#output.loggedEnd;
  }

  get lastOutputWallMs(): number {
    return this.#output.lastWallMs;
  }

  get logPath(): string {
    return this.#output.logPath;
  }

  get logTrouble(): ConfedError | undefined {
    return this.#output.trouble;
  }

  get gapBytes(): number {
    return this.#output.gapBytes;
  }

  /** Resolves when the console has numbers, soon after `start` whatever its log does, or is removed. */
  get numbered(): Promise<void> {
    return this.#numbered.promise;
  }

  /** Begin: the log is opened, then the link, unless nobody needs it yet. */
  start(): void {
    this.#deps.feed.open(this.number, this);
    if (!this.onDemand) this.want();
  }

  /** Somebody needs the link: it is read at once, and while it waits for a retry, it tries now. */
  want(): void {
    this.#reading.watch();
    if (this.end.logId === "") this.#wantedBeforeOpened = true;
    else this.#dispatch({ type: "wanted" });
  }

  /** A viewer left; without any, a link on demand is let go. */
  viewerLeft(): void {
    if (this.viewers.count > 0) return;
    if (this.onDemand) this.#dispatch({ type: "unwanted" });
    this.#deps.onChange(this);
  }

  reconnect(): void {
    this.#dispatch({ type: "reconnect" });
  }

  /**
   * Give input to the link. Returns what waits to be sent, or throws "console_down" or
   * "resource_exhausted": then nothing was taken.
   */
  write(bytes: Uint8Array): number {
    const link = this.#openLink();
    const waiting = link.write(bytes);
    if (waiting >= 0) return waiting;
    throw new ConfedError("resource_exhausted", `${this.name} does not take input; it was discarded`, {
      subject: this.name,
      hint: "flow control may have stopped the line",
    });
  }

  /** Resolves when the link has sent its input, or is gone. */
  async drained(): Promise<void> {
    await this.#link?.drained();
  }

  async sendBreak(durationMs: number): Promise<void> {
    await this.#openLink().sendBreak(durationMs);
  }

  resize(columns: number, rows: number): void {
    this.#window = [columns, rows];
    this.#link?.resize(columns, rows);
  }

  /** Another way from now on. With `reopen` the link is opened anew; log and viewers stay. */
  reroute(way: ConsoleWay, { reopen }: { readonly reopen: boolean }): void {
    this.#way = way;
    if (!reopen || this.#state.phase === "stopped") return;
    const text = "the configuration of this console has changed";
    this.viewers.tellAll({ event: { kind: "NOTICE", text, wallTimeMs: this.#deps.clock.wallTimeMs() } });
    this.note({ what: "reconnect", by: "reload" });
    this.#dispatch({ type: "rerouted" });
  }

  /** Configuration says when the link is needed: one that nobody needs is let go, else opened. */
  setOnDemand(onDemand: boolean): void {
    if (this.#onDemand === onDemand) return;
    this.#onDemand = onDemand;
    if (!onDemand) this.want();
    else if (this.viewers.count === 0) {
      this.#wantedBeforeOpened = false;
      this.#dispatch({ type: "unwanted" });
    }
    this.#deps.onChange(this);
  }

  /** Final. Resolves when the link is closed; the log is closed by whoever closes the feed or the console. */
  stop(): Promise<void> {
    const gone = new ConfedError("agent_unreachable", `the agent that owns ${this.name} stops`, {
      subject: this.name,
    });
    return this.#end(gone, { reattach: true });
  }

  /** As `stop`; viewers are told that there is nothing to come back to. */
  remove(): Promise<void> {
    this.#removed = true;
    this.#numbered.resolve();
    this.note({ what: "removed" });
    return this.#end(removedError(this.name), { reattach: false });
  }

  async #end(reason: ConfedError, { reattach }: { readonly reattach: boolean }): Promise<void> {
    this.#dispatch({ type: "stop" });
    this.viewers.endAll(reason, { reattach });
    await this.#released;
  }

  /** Write an event into the log's index. */
  note(event: Pick<EventRecord, "what" | "by" | "text">): void {
    this.#deps.feed.event(this.number, {
      t: "ev",
      off: this.end.offset,
      ms: this.#deps.clock.wallTimeMs(),
      ...event,
    });
  }

  onOpened(log: OpenedLog): void {
    this.#output.opened(log);
    this.#numbered.resolve();
    if (this.#wantedBeforeOpened) this.#dispatch({ type: "wanted" });
    else this.#deps.onChange(this);
  }

  onLogged(offset: number, bytes: number): void {
    this.#output.logged(offset, bytes);
  }

  onReserved(reservedEnd: number): void {
    this.#output.reserved(reservedEnd);
  }

  onLogLate(): void {
    this.#output.logLate();
  }

  onDropped(bytes: number): void {
    this.#output.dropped(bytes);
  }

  onGap(gap: GapRecord): void {
    this.#output.gapInLog(gap);
  }

  onLogTrouble(error: ConfedError | undefined): void {
    if (this.#output.trouble?.message === error?.message) return;
    this.#output.trouble = error;
    if (error === undefined) this.#deps.logger.info("log is written again", { console: this.name });
    else this.#deps.logger.error("log cannot be written", { console: this.name, error: error.message });
    const text =
      error === undefined ? "the log is written again" : `the log cannot be written: ${error.rawMessage}`;
    this.viewers.tellAll({ event: { kind: "NOTICE", text, wallTimeMs: this.#deps.clock.wallTimeMs() } });
    this.#deps.onChange(this);
  }

  #dispatch(event: ConsoleEvent, link?: Link): void {
    const next = step(this.#state, event);
    if (next === undefined) return;
    const before = this.#state;
    // Leaving a state lets go of what it owned: the dial in progress, the timer, the link.
    this.#released = Promise.allSettled([this.#released, this.#stateScope.close()]);
    const scope = new Scope();
    this.#stateScope = scope;
    this.#state = next.state;
    this.#link = link;
    this.#reading.use(link);
    // An outage is as old as its first failure, however often it was tried since.
    if (!(isOutage(before) && isOutage(next.state))) this.#stateSinceWallMs = this.#deps.clock.wallTimeMs();
    if (link !== undefined) scope.own(() => link.close());
    if (this.#window !== undefined) link?.resize(...this.#window);
    for (const effect of next.effects) {
      if (effect.type === "open_link") void this.#dial(scope);
      else this.#armRetry(effect.attempt, scope);
    }
    this.#announce(before);
  }

  async #dial(scope: Scope): Promise<void> {
    const { gate, clock } = this.#deps;
    // A serial port cannot be opened before it has been closed.
    await this.#released;
    const over = () => scope.signal.aborted;
    if (over()) return;
    // What this link delivers and how it ends counts only while this state, or the one that
    // `opened` leads to, lasts.
    let link: Link | undefined;
    const closedEarly: ConfedError[] = [];
    const sink: LinkSink = {
      onData: (bytes) => {
        if (this.#state.phase !== "stopped") this.#ingest(bytes);
      },
      onClosed: (reason) => {
        if (reason.by === "local") return;
        const cause =
          reason.by === "failure"
            ? reason.error
            : new ConfedError("hung_up", `${this.name} hung up`, { subject: this.name });
        if (link === undefined) closedEarly.push(cause);
        else if (this.#link === link) this.#dispatch({ type: "lost", cause, atMs: clock.nowMs() });
      },
    };
    try {
      link = await gate.through({
        signal: scope.signal,
        first: this.viewers.count > 0 || (this.#state.phase === "connecting" && this.#state.attempt === 1),
        dial: () => this.#way.transport.open({ signal: scope.signal, sink }),
      });
    } catch (reason) {
      const cause = ConfedError.from(reason, "unavailable");
      if (!over()) this.#dispatch({ type: "lost", cause, atMs: clock.nowMs() });
      return;
    }
    // The state may have moved on while we connected: a late link is closed, not kept.
    if (over()) {
      await link.close();
      return;
    }
    this.#dispatch({ type: "opened", atMs: clock.nowMs() }, link);
    for (const cause of closedEarly) this.#dispatch({ type: "lost", cause, atMs: clock.nowMs() });
  }

  #armRetry(attempt: number, scope: Scope): void {
    const cancel: Cancel = this.#deps.timers.after(this.#way.retryDelayMs(attempt), () => {
      this.#dispatch({ type: "retry_due" });
    });
    scope.own(cancel);
  }

  // Per read: numbering, one memcpy into the arena, and one encode if anybody watches.
  #ingest(bytes: Uint8Array): void {
    const offset = this.#output.take(bytes);
    if (this.viewers.count === 0) this.#reading.took(this.#deps.clock.nowMs());
    else if (offset !== undefined) this.viewers.output(offset, bytes);
  }

  #openLink(): Link {
    if (this.#link !== undefined) return this.#link;
    const why = this.#state.phase === "waiting" ? `: ${this.#state.cause.rawMessage}` : "";
    throw new ConfedError("console_down", `${this.name} is not connected${why}`, { subject: this.name });
  }

  #announce(before: ConsoleState): void {
    const state = this.#state;
    const cause = state.phase === "waiting" ? state.cause : undefined;
    if (state.phase === "connected" || before.phase === "connected") {
      const what = state.phase === "connected" ? "up" : "down";
      this.note(cause === undefined ? { what } : { what, text: cause.message });
      this.#deps.logger.info(`console ${what}`, { console: this.name, cause: cause?.message });
    }
    this.viewers.tellAll({ event: stateEvent(state, this.#deps.clock.wallTimeMs()) });
    this.#deps.onChange(this);
  }

  #tellGap({ off, to, known, why, ms }: GapRecord): void {
    const text = `${known ? `${to - off} ` : ""}bytes are not in the log (${why}, offset ${off})`;
    this.#deps.logger.warn("gap in log", { console: this.name, from: off, to, why });
    this.viewers.tellAll({ event: { kind: "NOTICE", text, wallTimeMs: ms } });
  }
}
