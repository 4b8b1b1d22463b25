import type { EventRecord, GapRecord } from "@confed/codecs";
import { type Cancel, type Clock, ConfedError, type Logger, Scope } from "@confed/kernel";
import type { Link, LinkSink, Transport } from "@confed/transports";
import type { FedConsole, LogFeed } from "../log/log-feed.ts";
import type { OpenedLog } from "../log/writer-messages.ts";
import { Viewers } from "../viewers/viewers.ts";
import type { Cadence } from "./cadence.ts";
import type { DialGate } from "./dial-gate.ts";
import { Output } from "./output.ts";
import { Reading } from "./reading.ts";
import { type ConsoleEvent, type ConsoleState, step } from "./step.ts";

/** What a console is, apart from how it is reached. */
export interface ConsoleIdentity {
  readonly name: string;
  /** Its number within this agent, for arenas and tails. */
  readonly number: number;
  readonly onDemand: boolean;
}

/** Only what a console uses, named by the console. */
export interface ConsoleDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Coarse: retries sit on the agent's wheel. */
  readonly timers: Pick<Clock, "after">;
  readonly logger: Logger;
  readonly feed: LogFeed;
  readonly gate: DialGate;
  /** When consoles that nobody watches are read. */
  readonly cadence: Cadence;
  readonly retryDelayMs: (attempt: number) => number;
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
  readonly onDemand: boolean;
  readonly viewers: Viewers;
  readonly #deps: ConsoleDeps;
  readonly #output: Output;
  readonly #reading: Reading;
  #state: ConsoleState = { phase: "idle" };
  #stateSinceWallMs: number;
  /** Owns what the present state holds: the dial under way, the link, the armed retry. */
  #stateScope = new Scope();
  #released: Promise<unknown> = Promise.resolve();
  #link: Link | undefined;
  readonly #numbered = once();
  /** Set until the log has said where numbering begins; the first `wanted` waits for it. */
  #wantedBeforeOpened = false;

  constructor({ name, number, onDemand }: ConsoleIdentity, deps: ConsoleDeps) {
    this.name = name;
    this.number = number;
    this.onDemand = onDemand;
    this.#deps = deps;
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

  get state(): ConsoleState {
    return this.#state;
  }

  /** Wall clock of the last change of state. */
  get stateSinceMs(): number {
    return this.#stateSinceWallMs;
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

  /** Resolves when the console has numbers: soon after `start`, whatever its log does. */
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
    this.#link?.resize(columns, rows);
  }

  /** Final. Resolves when the link is closed; the log is closed by whoever closes the feed or the console. */
  async stop(): Promise<void> {
    this.#dispatch({ type: "stop" });
    const gone = new ConfedError("agent_unreachable", `the agent that owns ${this.name} stops`, {
      subject: this.name,
    });
    this.viewers.endAll(gone, { reattach: true });
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

  // ------------------------------------------------------------ what the log says

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

  // ------------------------------------------------------------ acting out the steps

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
    this.#stateSinceWallMs = this.#deps.clock.wallTimeMs();
    if (link !== undefined) scope.own(() => link.close());
    for (const effect of next.effects) {
      if (effect.type === "open_link") void this.#dial(scope);
      else this.#armRetry(effect.attempt, scope);
    }
    this.#announce(before);
  }

  async #dial(scope: Scope): Promise<void> {
    const { transport, gate, clock } = this.#deps;
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
      link = await gate.through(scope.signal, () => transport.open({ signal: scope.signal, sink }));
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
    const { timers, retryDelayMs } = this.#deps;
    const cancel: Cancel = timers.after(retryDelayMs(attempt), () => {
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
    this.viewers.tellAll({ event: stateEvent(state, this.#stateSinceWallMs) });
    this.#deps.onChange(this);
  }

  #tellGap({ off, to, known, why, ms }: GapRecord): void {
    const lost = known ? `${to - off} bytes are` : "bytes are";
    const text = `${lost} not in the log (${why}, offset ${off})`;
    this.#deps.logger.warn("gap in log", { console: this.name, from: off, to, why });
    this.viewers.tellAll({ event: { kind: "NOTICE", text, wallTimeMs: ms } });
  }
}

function once(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** The event that tells viewers of a state. */
function stateEvent(state: ConsoleState, wallTimeMs: number) {
  const base = { kind: "STATE", state: PHASE_ON_THE_WIRE[state.phase], wallTimeMs } as const;
  if (state.phase !== "waiting") return base;
  const { code, rawMessage, subject, where, hint } = state.cause;
  return {
    ...base,
    cause: { code, message: rawMessage, subject: subject ?? "", where: where ?? "", hint: hint ?? "" },
  };
}

/** Console states as the contract names them. */
export const PHASE_ON_THE_WIRE = {
  idle: "IDLE",
  connecting: "CONNECTING",
  connected: "CONNECTED",
  waiting: "WAITING",
  stopped: "STOPPED",
} as const satisfies Record<ConsoleState["phase"], string>;
