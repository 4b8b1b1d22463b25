import { type Cancel, type Clock, ConfedError, unreachable } from "@confed/kernel";
import { generateSigningKey, type SigningKey } from "@confed/trust";
import type { AttachRequest, AttachResponseReceived, Open, OpenedReceived, Window } from "@confed/wire";
import { findRoute, type Route, type RouteRequest } from "../route/find-route.ts";
import { AttachStream } from "./attach-stream.ts";
import {
  type BannerContext,
  eventLine,
  lostLine,
  modeLine,
  openedLine,
  readOnlyLine,
  unacknowledgedLine,
} from "./banner.ts";
import type { EscapeSequence } from "./escape-sequence.ts";
import { InputLedger } from "./input-ledger.ts";
import { discardedInput, unacknowledgedInput } from "./input-loss.ts";
import { OutputFollower, type OutputScreen } from "./output-follower.ts";
import {
  INITIAL_STATE,
  type ReattachEffect,
  type ReattachEvent,
  type ReattachState,
  type RetryDelay,
  stepReattach,
} from "./reattach-step.ts";

/** What a session shows, and whether it may go on showing. */
export interface SessionScreen extends OutputScreen {
  readonly full: boolean;
  drained(): Promise<void>;
}

export interface SessionParts extends Pick<RouteRequest, "console" | "targets" | "policy"> {
  readonly mode: "WRITE" | "VIEW";
  /** Take the keyboard when attaching for the first time. */
  readonly force: boolean;
  readonly subject: string;
  readonly escape: EscapeSequence | undefined;
  readonly clock: Clock;
  readonly retryDelay: RetryDelay;
  readonly screen: SessionScreen;
  /** Undefined where there is no terminal. */
  readonly window: () => Window | undefined;
  /** Called once, when attached for the first time and before anything is shown. */
  readonly begun: () => void;
  /** Called at each change of {@link AttachSession.canType} and {@link AttachSession.inputOpenBytes}. */
  readonly changed: () => void;
}

/** Input waiting for the connection, above which no more is read from the keyboard or pipe. */
const INPUT_BACKLOG_BYTES_MAX = 64 * 1024;
/** One input message: far below what a message may be, and small enough to be acknowledged soon. */
const INPUT_MESSAGE_BYTES_MAX = 16 * 1024;
/** After that many tries in a row only every tenth is spoken of: the delay has reached its bound. */
const SPOKEN_TRIES = 6;

interface Settle {
  readonly resolve: () => void;
  readonly reject: (error: ConfedError) => void;
}

/**
 * One person's attach to one console, over as many streams as it takes. It owns its stream and its
 * timer; both are gone when `done` settles.
 */
export class AttachSession {
  readonly #parts: SessionParts;
  readonly #abort = new AbortController();
  readonly #settle: Settle;
  /** Resolves when the person quits; rejects with what ended the session otherwise. */
  readonly done: Promise<void>;

  #state: ReattachState = INITIAL_STATE;
  #stream: AttachStream | undefined;
  #cancelRetry: Cancel = () => undefined;
  #route: Pick<Route, "owner" | "direct" | "text" | "secure"> | undefined;
  #opened: OpenedReceived | undefined;
  /** Tickets and resume tokens of this session are bound to it: stolen, they are worth nothing. */
  #ownKey: SigningKey | undefined;
  /** The agent that gave the resume token. */
  #agent = "";
  #mode: "WRITE" | "VIEW";
  #notAllowed = "";
  readonly #output: OutputFollower;
  #ledger = new InputLedger();
  #unacknowledgedBytes = 0;
  #discarded: ConfedError | undefined;
  #tries = 0;
  #saidDeaf = false;
  #askedToView = false;
  #lastOutputMs = 0;
  #consoleUp = true;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#output = new OutputFollower(parts.screen);
    this.#mode = parts.mode;
    let settle: Settle = { resolve: () => undefined, reject: () => undefined };
    this.done = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
    });
    this.#settle = settle;
    void this.#dial();
  }

  /** True while keys reach the console: attached, with the keyboard. */
  get canType(): boolean {
    return this.#state.phase === "attached" && this.#mode === "WRITE";
  }

  /** Why it may not type, where that is nobody else's keyboard; "" otherwise. */
  get notAllowed(): string {
    return this.#notAllowed;
  }

  /** It was attached at least once. */
  get begun(): boolean {
    return this.#opened !== undefined;
  }

  get attached(): boolean {
    return this.#state.phase === "attached";
  }

  /** Typed, and not yet acknowledged. */
  get inputOpenBytes(): number {
    return this.#ledger.openBytes;
  }

  /** Why some of what was typed did not arrive, or may not have, over all streams so far. */
  get inputLoss(): ConfedError | undefined {
    if (this.#discarded !== undefined) return this.#discarded;
    if (this.#unacknowledgedBytes === 0) return undefined;
    return unacknowledgedInput(this.#parts.console, this.#unacknowledgedBytes);
  }

  /** The connection does not take more input for now; see {@link inputDrained}. */
  get inputFull(): boolean {
    return (this.#stream?.backlogBytes ?? 0) > INPUT_BACKLOG_BYTES_MAX;
  }

  /** When the console last printed something, or the session began; monotonic. */
  get lastOutputMs(): number {
    return this.#lastOutputMs;
  }

  /** False if the agent said that the console has no link now. */
  get consoleUp(): boolean {
    return this.#consoleUp;
  }

  /** Who holds the keyboard, if the agent said so when it was refused. */
  get writer(): string {
    return this.#opened?.writer ?? "";
  }

  inputDrained(): Promise<void> {
    return this.#stream?.drained() ?? Promise.resolve();
  }

  /** Send input. What cannot be sent is dropped, and the person told once. */
  type(data: Uint8Array): void {
    if (this.canType) {
      for (let from = 0; from < data.length; from += INPUT_MESSAGE_BYTES_MAX) {
        const piece = data.subarray(from, from + INPUT_MESSAGE_BYTES_MAX);
        this.#send({ input: { offset: this.#ledger.send(piece.length), data: piece } });
      }
      this.#parts.changed();
      return;
    }
    if (this.#saidDeaf) return;
    this.#saidDeaf = true;
    this.#parts.screen.say(
      this.attached
        ? readOnlyLine(this.writer, this.#context())
        : "[not attached: what is typed now is not sent]",
    );
  }

  /** Ask the agent for something; dropped while not attached, and the person told. */
  request(request: AttachRequest): void {
    if (!this.attached) {
      this.#parts.screen.say("[not attached]");
      return;
    }
    if (request.setMode) this.#askedToView = request.setMode.mode === "VIEW";
    this.#send(request);
  }

  /** Tell the agent the size of the terminal. */
  resize(): void {
    const window = this.#parts.window();
    if (this.attached && window !== undefined) this.#send({ window });
  }

  /** The peer that this session goes through, to ask it about the console. */
  get peer(): AttachStream["peer"] | undefined {
    return this.attached ? this.#stream?.peer : undefined;
  }

  /** End it; `done` resolves once the agent has been told. Idempotent. */
  quit(): void {
    this.#feed({ type: "quit" });
  }

  #feed(event: ReattachEvent): void {
    const [state, effects] = stepReattach(this.#state, event, this.#parts.retryDelay);
    this.#state = state;
    for (const effect of effects) this.#act(effect);
    this.#parts.changed();
  }

  #act(effect: ReattachEffect): void {
    switch (effect.type) {
      case "dial":
        void this.#dial();
        break;
      case "arm_retry":
        this.#cancelRetry = this.#parts.clock.after(effect.delayMs, () => {
          this.#feed({ type: "retry_due" });
        });
        break;
      case "disarm_retry":
        this.#cancelRetry();
        break;
      case "say_attached":
        this.#sayAttached(effect.awayMs);
        break;
      case "say_lost":
        this.#sayLost(effect);
        break;
      case "finish":
        void this.#finish(effect.error);
        break;
      default:
        unreachable(effect);
    }
  }

  async #dial(): Promise<void> {
    const { console, targets, policy, clock, screen } = this.#parts;
    try {
      const route = await findRoute({
        console,
        targets,
        policy,
        clock,
        signal: this.#abort.signal,
        known: this.#route,
        clientKey: this.#key.publicKey,
      });
      if (this.#state.phase !== "dialing") {
        route.peer.close();
        return;
      }
      this.#route = route;
      this.#stream = new AttachStream({
        peer: route.peer,
        owner: route.owner,
        clock,
        open: this.#open(route),
        key: this.#key,
        // Only to the agent that the head named, or that we were at before.
        proveTo: route.owner || this.#agent,
        opened: (opened, agent) => {
          this.#agent = agent;
          this.#onOpened(opened);
        },
        message: (message) => {
          this.#onMessage(message);
          if (screen.full) this.#waitForScreen();
        },
        ended: (error, final) => {
          this.#feed({ type: "lost", error, final, nowMs: clock.nowMs() });
        },
      });
    } catch (reason) {
      this.#feed({ type: "lost", error: ConfedError.from(reason), final: false, nowMs: clock.nowMs() });
    }
  }

  get #key(): SigningKey {
    this.#ownKey ??= generateSigningKey();
    return this.#ownKey;
  }

  #open({ owner, ticket }: Pick<Route, "owner" | "ticket">): Open {
    const { console, force, subject, window } = this.#parts;
    // To anybody but the agent that gave it, it would only be something to misuse.
    const resumes = owner === "" || owner === this.#agent;
    const first = this.#opened === undefined;
    const { place } = this.#output;
    return {
      console,
      mode: this.#mode,
      // Only the first time: after an outage somebody else may have the keyboard for a reason.
      force: first && force,
      subject,
      window: window() ?? null,
      supersedesSessionId: this.#opened?.sessionId ?? "",
      resumeToken: (resumes ? this.#opened?.resumeToken : undefined) ?? new Uint8Array(),
      ...(ticket === undefined ? {} : { ticket }),
      ...(place === undefined ? {} : { from: place }),
    };
  }

  #onOpened(opened: OpenedReceived): void {
    const wanted = this.#mode;
    const first = this.#opened === undefined;
    this.#opened = opened;
    this.#mode = opened.mode === "WRITE" ? "WRITE" : "VIEW";
    this.#notAllowed = opened.readOnly;
    this.#saidDeaf = false;
    this.#askedToView = false;
    this.#lastOutputMs = this.#parts.clock.nowMs();
    this.#consoleUp = opened.status === null || opened.status.state === "CONNECTED";
    if (first) this.#parts.begun();
    this.#feed({ type: "opened", nowMs: this.#parts.clock.nowMs() });
    if (wanted === "WRITE" && this.#mode === "VIEW") {
      // Said already: typing need not say it again.
      this.#saidDeaf = true;
      this.#parts.screen.say(readOnlyLine(opened.writer, this.#context(), opened.readOnly));
    }
    this.#output.sayCaughtUp();
  }

  #onMessage({ output, gap, event, inputAck, modeChanged }: AttachResponseReceived): void {
    const { screen, subject, changed } = this.#parts;
    if (output) {
      this.#lastOutputMs = this.#parts.clock.nowMs();
      this.#output.output(output);
    } else if (gap) this.#output.gap(gap);
    else if (inputAck) {
      this.#ledger.acknowledge(inputAck.offset);
      this.#discarded ??= discardedInput(this.#parts.console, inputAck);
      changed();
    } else if (modeChanged) {
      this.#mode = modeChanged.mode === "WRITE" ? "WRITE" : "VIEW";
      this.#saidDeaf = this.#mode === "VIEW";
      const { by, reason } = modeChanged;
      this.#notAllowed = reason;
      const change = { write: this.#mode === "WRITE", asked: this.#askedToView, by, reason };
      screen.say(modeLine({ ...change, self: this.#opened?.subject || subject }, this.#context()));
      changed();
    } else if (event) {
      if (event.kind === "STATE") this.#consoleUp = event.state === "CONNECTED";
      const line = eventLine(event, this.#context());
      if (line !== undefined) screen.say(line);
      // Piped input waits for the console to come up.
      changed();
    }
  }

  #sayAttached(awayMs: number | undefined): void {
    this.#tries = 0;
    if (this.#opened === undefined || this.#route === undefined) return;
    this.#output.opened(this.#opened, awayMs);
    if (awayMs === undefined) this.#parts.screen.say(openedLine(this.#opened, this.#route, this.#context()));
  }

  #sayLost({ error, delayMs, first }: ReattachEffect & { type: "say_lost" }): void {
    if (first) {
      this.#output.lost();
      const { openBytes } = this.#ledger;
      if (openBytes > 0) this.#parts.screen.say(unacknowledgedLine(openBytes));
      // What was not acknowledged by this stream never will be.
      this.#unacknowledgedBytes += openBytes;
      this.#ledger = new InputLedger();
      this.#saidDeaf = false;
    }
    this.#tries += 1;
    if (this.#tries > SPOKEN_TRIES && this.#tries % 10 !== 0) return;
    this.#parts.screen.say(lostLine({ error, owner: this.#route?.owner ?? "", delayMs }, this.#context()));
  }

  #waitForScreen(): void {
    const stream = this.#stream;
    stream?.pause();
    void this.#parts.screen.drained().then(() => {
      stream?.resume();
    });
  }

  #send(request: AttachRequest): void {
    this.#stream?.send(request);
  }

  #context(): BannerContext {
    return { wallTimeMs: this.#parts.clock.wallTimeMs(), escape: this.#parts.escape };
  }

  async #finish(error: ConfedError | undefined): Promise<void> {
    this.#abort.abort(error ?? new ConfedError("canceled", "the session was ended"));
    await this.#stream?.close();
    if (error === undefined) this.#settle.resolve();
    else this.#settle.reject(error);
  }
}
