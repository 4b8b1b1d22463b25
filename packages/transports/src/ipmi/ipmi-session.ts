import {
  beginSolFlow,
  type ChannelMessage,
  type CipherSuiteId,
  type ConsoleChannel,
  type DropCause,
  newSession,
  type SessionEffect,
  type SessionEnding,
  type SessionEvent,
  type SessionState,
  type SessionTimer,
  SOL_OPERATION,
  type SolEffect,
  type SolEvent,
  type SolFlow,
  type SolPacket,
  solCharactersMax,
  stepSession,
  stepSolFlow,
} from "@confed/codecs";
import type { Cancel, Clock } from "@confed/kernel";
import type { BmcListener, BmcPort } from "./bmc-sockets.ts";
import { countDrop, type DropCounts } from "./drop-counts.ts";
import { InputQueue } from "./input-queue.ts";

/** Who hears of a session. */
export interface SessionListener {
  /** Bytes can flow. Once. */
  onActive(): void;
  /** BORROWED. */
  onData(bytes: Uint8Array): void;
  /** Output is missing here. */
  onLost(cause: "overrun" | "numbering"): void;
  /** The host was switched off, or on again. */
  onHost(off: boolean): void;
  /** SOL is being taken from another's session. */
  onTakingOver(): void;
  /** The oldest break was taken by the BMC, or never answered. */
  onBreakOver(taken: boolean): void;
  /** All that was typed has been accepted. */
  onDrained(): void;
  /** Exactly once, last. Nothing is armed any more. */
  onEnded(ending: SessionEnding, sendError: Error | undefined): void;
}

export interface IpmiSessionOptions {
  readonly channel: ConsoleChannel;
  readonly timers: Clock;
  readonly listener: SessionListener;
  readonly start: Parameters<typeof newSession>[0];
  /** FreeIPMI's `solpacketseq`. */
  readonly advanceStuck: boolean;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  /** Of all sessions of this process; counted up. */
  readonly drops: DropCounts;
}

/** What a session has counted. */
export interface IpmiCounts {
  readonly suite: CipherSuiteId | undefined;
  readonly repeated: number;
  readonly dropped: Readonly<DropCounts>;
  /** How long the last sign of life took to be answered; undefined before the first. */
  readonly lifeSignMs: number | undefined;
}

/**
 * One session with one BMC: acts out what {@link stepSession} and {@link stepSolFlow} decide, over a
 * port that it is given. It decides nothing itself.
 *
 * Cost per packet with output: an HMAC and an AES to open it, the same to acknowledge it, before
 * anything else is done. An idle session costs one request and its answer every 20 to 25 s.
 */
export class IpmiSession implements BmcListener {
  readonly #options: IpmiSessionOptions;
  readonly #queue = new InputQueue();
  readonly #armed: Partial<Record<SessionTimer | "sol", Cancel | undefined>> = {};
  #port: BmcPort | undefined;
  #state: SessionState;
  #flow: SolFlow | undefined;
  #charactersMax = solCharactersMax(0);
  #repeated = 0;
  #dropped: DropCounts | undefined;
  #askedAtMs = 0;
  #lifeSignMs: number | undefined;
  #sendError: Error | undefined;

  constructor(options: IpmiSessionOptions) {
    this.#options = options;
    this.#state = newSession(options.start);
  }

  get state(): SessionState {
    return this.#state;
  }

  get counts(): IpmiCounts {
    return {
      suite: this.#options.channel.suite,
      repeated: this.#repeated,
      dropped: this.#dropped ?? {},
      lifeSignMs: this.#lifeSignMs,
    };
  }

  /** Characters that the BMC has not accepted. */
  get queuedBytes(): number {
    return this.#queue.sizeBytes;
  }

  /** Log in over this port, which is the caller's to close after the end. */
  begin(port: BmcPort): void {
    this.#port = port;
    this.#dispatch({ type: "begin" });
  }

  /** What waits to be accepted; -1 if it is too much: nothing was taken. */
  write(bytes: Uint8Array): number {
    if (!this.#queue.append(bytes)) return -1;
    if (bytes.length > 0) this.#dispatchSol({ type: "queued", bytes: bytes.length });
    return this.#queue.sizeBytes;
  }

  /** Behind what was typed; `onBreakOver` follows, unless the session ends before. */
  sendBreak(): void {
    this.#dispatchSol({ type: "break" });
  }

  /** Leave in order; `onEnded` follows, at once or within a second. */
  close(): void {
    this.#dispatch({ type: "close" });
  }

  onSendError(error: Error): void {
    this.#sendError = error;
  }

  onDatagram(datagram: Uint8Array): void {
    const message = this.#options.channel.receive(datagram);
    if (typeof message === "string") this.#drop(message);
    else if (message.type === "sol") this.#onSol(message.packet);
    else this.#onEvent(message);
  }

  #onEvent({ event, activated }: Extract<ChannelMessage, { readonly type: "event" }>): void {
    if (activated !== undefined) this.#charactersMax = solCharactersMax(activated.inboundBytes);
    if (this.#state.phase === "active") this.#lifeSignMs = this.#options.timers.nowMs() - this.#askedAtMs;
    this.#dispatch(event);
  }

  #onSol(packet: SolPacket): void {
    if (this.#flow === undefined) this.#drop("unexpected");
    else this.#dispatchSol({ type: "packet", packet }, packet);
  }

  #drop(cause: DropCause): void {
    this.#dropped ??= {};
    countDrop(this.#dropped, cause);
    countDrop(this.#options.drops, cause);
  }

  #dispatch(event: SessionEvent): void {
    const next = stepSession(this.#state, event);
    if (next === undefined) return;
    this.#state = next.state;
    for (const effect of next.effects) this.#perform(effect);
  }

  #perform(effect: SessionEffect): void {
    const { channel, listener } = this.#options;
    switch (effect.type) {
      case "new_login":
        channel.newLogin(effect);
        break;
      case "request": {
        const { privileges, plain, tries } = this.#state;
        if (tries > 1) this.#repeated += 1;
        this.#askedAtMs = this.#options.timers.nowMs();
        this.#port?.send(channel.request(effect.request, { privilege: privileges[0] ?? 0, plain }));
        break;
      }
      case "decline":
        this.#port?.send(channel.decline());
        break;
      case "arm":
        this.#arm(effect.timer, effect);
        break;
      case "disarm":
        this.#disarm(effect.timer);
        break;
      case "taking_over":
        listener.onTakingOver();
        break;
      case "active":
        this.#beginFlow();
        listener.onActive();
        break;
      case "ended":
        this.#disarm("sol");
        this.#flow = undefined;
        this.#queue.clear();
        listener.onEnded(effect.ending, this.#sendError);
    }
  }

  #beginFlow(): void {
    const { flow, effects } = beginSolFlow({
      charactersMax: this.#charactersMax,
      advanceStuck: this.#options.advanceStuck,
    });
    this.#flow = flow;
    for (const effect of effects) this.#performSol(effect);
  }

  #dispatchSol(event: SolEvent, packet?: SolPacket): void {
    if (this.#flow === undefined) return;
    const { flow, effects } = stepSolFlow(this.#flow, event);
    this.#flow = flow;
    for (const effect of effects) this.#performSol(effect, packet);
  }

  #performSol(effect: SolEffect, packet?: SolPacket): void {
    const { listener } = this.#options;
    switch (effect.type) {
      case "send": {
        const { sequence, count, isBreak } = effect;
        const bits = isBreak ? SOL_OPERATION.generateBreak : 0;
        this.#sendSol({ sequence, ackSequence: 0, accepted: 0, bits, characters: this.#queue.peek(count) });
        break;
      }
      case "ack": {
        const { sequence: ackSequence, length } = effect;
        this.#sendSol({ sequence: 0, ackSequence, accepted: length, bits: 0, characters: NOTHING });
        break;
      }
      case "deliver":
        if (packet !== undefined) listener.onData(packet.characters.subarray(effect.from));
        break;
      case "accepted":
        this.#queue.drop(effect.count);
        if (this.#queue.sizeBytes === 0) listener.onDrained();
        break;
      case "break_over":
        listener.onBreakOver(effect.taken);
        break;
      case "arm":
        this.#arm("sol", effect);
        break;
      case "disarm":
        this.#disarm("sol");
        break;
      case "lost":
        listener.onLost(effect.cause);
        break;
      case "host":
        listener.onHost(effect.off);
        break;
      case "repeated":
        this.#repeated += 1;
        break;
      case "deactivated":
        this.#dispatch({ type: "sol_deactivated" });
        break;
      case "silent":
        this.#dispatch({ type: "sol_silent" });
    }
  }

  #sendSol(packet: SolPacket): void {
    this.#port?.send(this.#options.channel.sol(packet));
  }

  #arm(
    timer: SessionTimer | "sol",
    { delayMs, jitterMs }: { readonly delayMs: number; readonly jitterMs: number },
  ): void {
    const { timers, random } = this.#options;
    this.#disarm(timer);
    this.#armed[timer] = timers.after(delayMs + random() * jitterMs, () => {
      this.#armed[timer] = undefined;
      if (timer === "sol") this.#dispatchSol({ type: "due" });
      else this.#dispatch({ type: timer === "retry" ? "retry_due" : "keepalive_due" });
    });
  }

  #disarm(timer: SessionTimer | "sol"): void {
    this.#armed[timer]?.();
    this.#armed[timer] = undefined;
  }
}

const NOTHING = new Uint8Array(0);
