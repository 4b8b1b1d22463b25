import type { EventRecord, GapRecord } from "@confed/codecs";
import type { LogMode } from "@confed/config";
import { ConfedError, createBackoff } from "@confed/kernel";
import type { Link } from "@confed/transports";
import type { FedConsole } from "../log/log-feed.ts";
import type { OpenedLog } from "../log/writer-messages.ts";
import { Viewers } from "../viewers/viewers.ts";
import type { ConsoleDeps, ConsoleIdentity, ConsoleWay } from "./console-deps.ts";
import { agentStops, changesHands, goesOn, hungUp, notConnected, takesNoInput } from "./console-errors.ts";
import { ConsoleSink, type LinkEnd } from "./console-sink.ts";
import { Holdings } from "./holdings.ts";
import type { InheritedConsole, InheritedOutage } from "./inherited-console.ts";
import { outageOf, resumed } from "./outage.ts";
import { Output } from "./output.ts";
import { Reading } from "./reading.ts";
import { removedError } from "./removed-error.ts";
import { stateEvent } from "./state-on-the-wire.ts";
import { type ConsoleEvent, type ConsoleState, isOutage, step, upOrDown, wishOf } from "./step.ts";

/**
 * One console: its link, its numbering, its viewers. Output flows one way through it:
 * link -> numbering -> arena and viewers. It acts out what {@link step} decides.
 *
 * There are 10,000 of them, most of them idle: what only few need at a time (a dial, a retry,
 * somebody who waits) is made when it is needed and let go of afterwards.
 */
export class Console implements FedConsole {
  readonly name: string;
  readonly number: number;
  readonly viewers: Viewers;
  /** Configuration may say another; what the log writer has to know holds from the next opening on. */
  logMode: LogMode;
  readonly #deps: ConsoleDeps;
  #onDemand: boolean;
  #way: ConsoleWay;
  /** Its numbering, and how its log is. */
  readonly output: Output;
  readonly #reading: Reading;
  #state: ConsoleState = { phase: "idle" };
  #stateSinceWallMs: number;
  readonly #holds = new Holdings();
  /** Of the terminal of whoever wrote last: a link that opens later, or again, has it as well. */
  #window: readonly [columns: number, rows: number] | undefined;
  /** Set until the log has said where numbering begins; the first `wanted` waits for it. */
  #wantedBeforeOpened = false;
  #removed = false;
  #left = false;
  /** Of the process before this one: goes on as soon as the log is open. */
  #inherited:
    | { readonly event: ConsoleEvent; readonly link?: Link; readonly sinceWallMs: number }
    | undefined;

  constructor({ name, number, onDemand, logMode }: ConsoleIdentity, way: ConsoleWay, deps: ConsoleDeps) {
    this.name = name;
    this.number = number;
    this.logMode = logMode;
    this.#onDemand = onDemand;
    this.#deps = deps;
    this.#way = way;
    this.viewers = new Viewers(deps.clock);
    this.#stateSinceWallMs = deps.clock.wallTimeMs();
    this.#reading = new Reading(number, deps.cadence);
    this.output = new Output(number, { reading: this.#reading, console: this, deps });
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
  get released(): Promise<void> {
    return this.#holds.released;
  }

  /** Configuration has it no more. */
  get removed(): boolean {
    return this.#removed;
  }

  /** Where the next byte goes. `logId` is empty until the log is open. */
  get end(): { readonly logId: string; readonly offset: number } {
    return this.output.end;
  }

  /** Everything before this offset is in the log, or is a gap. */
  get loggedEnd(): number {
    return this.output.loggedEnd;
  }

  /** Begin: the log is opened, then the link, unless nobody needs it yet. An outage goes on. */
  start(outage?: InheritedOutage): void {
    this.#deps.feed.open(this.number, this);
    if (outage !== undefined) this.#inherited = { event: resumed(outage), sinceWallMs: outage.sinceWallMs };
    else if (!this.onDemand) this.want();
  }

  /** As `start`, with the link that the process before this one had: it is read from `thaw` on. */
  adopt(link: Link, { sinceWallMs, window, output }: InheritedConsole): void {
    const event = { type: "adopted", atMs: this.#deps.clock.nowMs() } as const;
    this.#inherited = { event, link, sinceWallMs };
    this.#window = window;
    this.output.inherit(output);
    this.#deps.feed.open(this.number, this);
  }

  /** The link, while it is open: to be looked at. */
  get link(): Link | undefined {
    return this.#holds.link;
  }

  get outage(): InheritedOutage | undefined {
    return outageOf(this.#state, this.#stateSinceWallMs);
  }

  /** Read no more, take no input: another process is to go on with the link. Undone by `thaw`. */
  freeze(): InheritedConsole {
    this.#reading.freeze();
    return { sinceWallMs: this.#stateSinceWallMs, window: this.#window, output: this.output.will };
  }

  /**
   * Let go of a link, or a dial, that no other process could go on with; a retry stays armed. Resolves
   * when the link is closed. Undone by `thaw`.
   */
  suspend(): Promise<void> {
    if (this.#state.phase !== "waiting") this.#dispatch({ type: "unwanted" });
    return this.#holds.released;
  }

  /** `outage`: the one that `suspend` broke off. */
  thaw(outage?: InheritedOutage): void {
    this.#reading.thaw();
    const watched = this.viewers.count > 0;
    if (watched) this.#reading.watch();
    if (this.#state.phase !== "idle") return;
    if (outage !== undefined) this.#dispatch(resumed(outage));
    else if (watched || !this.onDemand) this.want();
  }

  /** Link and log are another process's; `stop` follows. Viewers come back, nobody else hears of anything. */
  leave(): void {
    this.#left = true;
    this.viewers.endAll(goesOn(this.name), { reattach: true });
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

  reconnect(how: "reconnect" | "force" | "taken_down" = "reconnect"): void {
    this.#deps.onReconnect?.(this.name);
    this.#dispatch(how === "taken_down" ? { type: how } : { type: "reconnect", force: how === "force" });
  }

  /**
   * Give input to the link. Returns what waits to be sent, or throws "console_down" or
   * "resource_exhausted": then nothing was taken.
   */
  write(bytes: Uint8Array): number {
    const link = this.#openLink();
    if (this.#reading.frozen) throw changesHands(this.name);
    const waiting = link.write(bytes);
    if (waiting >= 0) return waiting;
    throw takesNoInput(this.name);
  }

  /** Resolves when the link has sent its input, or is gone. */
  async drained(): Promise<void> {
    await this.#holds.link?.drained();
  }

  async sendBreak(durationMs: number): Promise<void> {
    await this.#openLink().sendBreak(durationMs);
  }

  resize(columns: number, rows: number): void {
    this.#window = [columns, rows];
    this.#holds.link?.resize(columns, rows);
  }

  /** Another way from now on. With `reopen` the link is opened anew; log and viewers stay. */
  reroute(way: ConsoleWay, { reopen }: { readonly reopen: boolean }): void {
    this.#way = way;
    if (this.#state.phase === "idle") this.#tryLater();
    if (!reopen || this.#state.phase === "stopped") return;
    this.viewers.notice("the configuration of this console has changed");
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

  /**
   * Final; viewers are told to come back, and why. Resolves when the link is closed; the log is
   * closed by whoever closes the feed or the console.
   */
  stop(why?: ConfedError): Promise<void> {
    return this.#end(why ?? agentStops(this.name), { reattach: true });
  }

  /** As `stop`; viewers are told that there is nothing to come back to, or with `why` to ask again. */
  remove(why?: ConfedError): Promise<void> {
    this.#removed = true;
    this.output.neverOpened();
    this.note({ what: "removed" });
    return this.#end(why ?? removedError(this.name), { reattach: why !== undefined });
  }

  async #end(reason: ConfedError, { reattach }: { readonly reattach: boolean }): Promise<void> {
    this.#reading.readOut();
    this.#dispatch({ type: "stop" });
    this.viewers.endAll(reason, { reattach });
    await this.#holds.released;
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
    this.output.opened(log);
    const inherited = this.#inherited;
    this.#inherited = undefined;
    if (inherited !== undefined) {
      this.#dispatch(inherited.event, inherited.link);
      this.#stateSinceWallMs = inherited.sinceWallMs;
      if (inherited.link !== undefined) this.#reading.freeze();
      this.#deps.onChange(this);
    } else if (this.#wantedBeforeOpened) this.#dispatch({ type: "wanted" });
    else this.#deps.onChange(this);
  }

  onLogged(offset: number, bytes: number): void {
    this.output.logged(offset, bytes);
  }

  onReserved(reservedEnd: number, path?: string): void {
    if (this.output.reserved(reservedEnd, path)) this.#deps.onChange(this);
  }

  onLogLate(): void {
    this.output.logLate();
  }

  onDropped(bytes: number): void {
    this.output.dropped(bytes);
  }

  onGap(gap: GapRecord): void {
    this.output.gapInLog(gap);
  }

  onLogTrouble(error: ConfedError | undefined): void {
    if (this.output.trouble?.message === error?.message) return;
    this.output.trouble = error;
    const trouble = error && `the log cannot be written: ${error.rawMessage}`;
    this.viewers.notice(trouble ?? "the log is written again");
    this.#deps.onChange(this);
  }

  #dispatch(event: ConsoleEvent, link?: Link): void {
    const next = step(this.#state, event);
    if (next === undefined) return;
    const before = this.#state;
    this.#holds.letGo(this.#deps.timers);
    this.#state = next.state;
    this.#holds.link = link;
    this.#reading.use(link);
    // An outage is as old as its first failure, however often it was tried since.
    if (!(isOutage(before) && isOutage(next.state))) this.#stateSinceWallMs = this.#deps.clock.wallTimeMs();
    if (this.#window !== undefined) link?.resize(...this.#window);
    for (const effect of next.effects) {
      if (effect.type === "open_link") this.#holds.dialed = this.#dial(event);
      else this.#tryLater(effect.attempt);
    }
    // Nothing came up: this link never went down.
    if (event.type !== "adopted") this.#announce(before);
  }

  /** What a person took down stays so for its time, if it has one. */
  #tryLater(attempt?: number): void {
    const { retry, bringUpAfterMs } = this.#way;
    const delayMs = attempt === undefined ? bringUpAfterMs : createBackoff(retry)(attempt - 1);
    this.#holds.retryAfter(delayMs, this.#deps.timers, () => {
      if (attempt !== undefined) this.#dispatch({ type: "retry_due" });
      else if (!this.#onDemand) this.want();
    });
  }

  async #dial(event: ConsoleEvent): Promise<void> {
    const { gate, clock } = this.#deps;
    const dialing = new AbortController();
    this.#holds.dialing = dialing;
    const { signal } = dialing;
    const over = () => signal.aborted;
    // A serial port cannot be opened before it has been closed.
    await this.#holds.released;
    if (over()) return;
    const sink = new ConsoleSink(this);
    try {
      sink.link = await gate.through({
        signal,
        first: this.viewers.count > 0 || (this.#state.phase === "connecting" && this.#state.attempt === 1),
        dial: () => this.#way.transport.open({ signal, sink, ...wishOf(event) }),
      });
    } catch (reason) {
      const cause = ConfedError.from(reason, "unavailable");
      if (!over()) this.#dispatch({ type: "lost", cause, atMs: clock.nowMs() });
      return;
    }
    // The state may have moved on while we connected: a late link is closed, not kept.
    if (over()) {
      await sink.link.close();
      return;
    }
    this.#holds.dialing = undefined;
    this.#dispatch({ type: "opened", atMs: clock.nowMs() }, sink.link);
    if (sink.closedEarly !== undefined) this.onLinkLost(sink.link, sink.closedEarly);
  }

  /** For this console's {@link ConsoleSink}: output of its link. */
  onLinkData(bytes: Uint8Array): void {
    if (this.#state.phase !== "stopped") this.#ingest(bytes);
  }

  /** For this console's {@link ConsoleSink}: a link ended that we did not close. */
  onLinkLost(link: Link, reason: LinkEnd): void {
    // How a link ends counts only while it is ours.
    if (this.#holds.link !== link) return;
    const cause = reason.by === "failure" ? reason.error : hungUp(this.name);
    this.#dispatch({ type: "lost", cause, atMs: this.#deps.clock.nowMs() });
  }

  // Per read: numbering, one memcpy into the arena, and one encode if anybody watches.
  #ingest(bytes: Uint8Array): void {
    const offset = this.output.take(bytes);
    if (this.viewers.count === 0) this.#reading.took(this.#deps.clock.nowMs());
    else if (offset !== undefined) this.viewers.output(offset, bytes);
  }

  #openLink(): Link {
    if (this.#holds.link !== undefined) return this.#holds.link;
    throw notConnected(this.name, this.#state.phase === "waiting" ? this.#state.cause : undefined);
  }

  #announce(before: ConsoleState): void {
    if (this.#left) return;
    const { clock, logger, onChange } = this.#deps;
    const change = upOrDown(before, this.#state);
    if (change !== undefined) {
      this.note(change);
      logger.info(`console ${change.what}`, { console: this.name, cause: change.text });
    }
    this.viewers.tellAll({ event: stateEvent(this.#state, clock.wallTimeMs()) });
    onChange(this);
  }

  /** For this console's {@link Output}: bytes are not in the log. */
  tellGap({ off, to, known, why, ms }: GapRecord): void {
    const text = `${known ? `${to - off} ` : ""}bytes are not in the log (${why}, offset ${off})`;
    this.#deps.logger.warn("gap in log", { console: this.name, from: off, to, why });
    this.viewers.notice(text, ms);
  }
}
