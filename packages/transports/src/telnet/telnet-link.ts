import {
  describeComPort,
  type TelnetOutlet,
  type TelnetSession,
  type TelnetSessionEvent,
  type TelnetSessionSnapshot,
} from "@confed/codecs";
import { type Cancel, ConfedError, invariant } from "@confed/kernel";
import type { TransportDeps } from "../deps.ts";
import type { SocketLink, SocketSnapshot } from "../net/socket-link.ts";
import { LINK_LIMITS, type LinkSink, type PortableLink } from "../transport.ts";

/**
 * How long input is held back for the answer to our request for BINARY: until then nobody can know
 * how a CR will be read. A far end that has not answered by then hardly ever will.
 */
const SETTLE_TIMEOUT_MS = 2_000;

/** What carries the bytes: what a SocketLink is, and all that is used of it. */
export type TelnetCarrier = Pick<
  SocketLink,
  | "where"
  | "ended"
  | "write"
  | "drained"
  | "pause"
  | "resume"
  | "readNow"
  | "fail"
  | "close"
  | "descriptor"
  | "settled"
  | "snapshot"
>;

/** What the next process of a link must know beside its descriptor. */
export interface TelnetLinkSnapshot {
  readonly format: typeof TELNET_SNAPSHOT_FORMAT;
  readonly session: TelnetSessionSnapshot;
  readonly socket: SocketSnapshot;
  /** Input is held back still, though none had come. */
  readonly settling: boolean;
}

/** Raised when a snapshot means something else: the two processes may be of two versions. */
export const TELNET_SNAPSHOT_FORMAT = 1;

/** What a link needs. */
export interface TelnetLinkOptions {
  readonly deps: Pick<TransportDeps, "clock" | "logger">;
  /** A client session, fresh for `begin`; the link owns it. */
  readonly session: TelnetSession;
  readonly sink: LinkSink;
}

/**
 * A Link that puts telnet on a SocketLink and takes it off. Make it, open a SocketLink into
 * `lowerSink`, and give that one to `begin` in the same turn.
 *
 * Output flows from the first byte on; input waits until the negotiation has settled.
 */
export class TelnetLink implements PortableLink {
  readonly pausable = true;
  readonly lowerSink: LinkSink;
  readonly #deps: Pick<TransportDeps, "clock" | "logger">;
  readonly #session: TelnetSession;
  readonly #outlet: TelnetOutlet;
  #lower: TelnetCarrier | undefined;
  /** Input until settled; undefined afterwards. */
  #held: Uint8Array[] | undefined = [];
  #heldBytes = 0;
  #settle: () => void = () => undefined;
  readonly #settled: Promise<void>;
  #cancelSettleTimer: Cancel = () => undefined;
  /** Ends a break that is being held, when the link ends before. */
  readonly #breaks = new Set<() => void>();
  /** Those too that still wait for the negotiation. */
  #breaksUnderWay = 0;
  /** Told when no break is under way; only there while somebody waits. */
  #breakWaiters: (() => void)[] | undefined;
  readonly #told = new Set<string>();

  constructor({ deps, session, sink }: TelnetLinkOptions) {
    this.#deps = deps;
    this.#session = session;
    this.#outlet = {
      data: (bytes) => {
        sink.onData(bytes);
      },
      reply: (bytes) => {
        this.#send(bytes);
      },
      event: (event) => {
        this.#onEvent(event);
      },
    };
    this.#settled = new Promise((settle) => {
      this.#settle = settle;
    });
    this.lowerSink = {
      onData: (bytes) => {
        this.#session.feed(bytes, this.#outlet);
        if (this.#held !== undefined && this.#session.settled) this.#release();
      },
      onClosed: (reason) => {
        this.#held = undefined; // The far end is gone: there is nobody to send it to.
        this.#release();
        for (const endBreak of this.#breaks) endBreak();
        sink.onClosed(reason);
      },
    };
  }

  /** Take the connection and open the negotiation. Once. */
  begin(lower: TelnetCarrier): void {
    this.#lower = lower;
    this.#send(this.#session.start());
    this.#waitForSettling();
  }

  /** Take a connection whose negotiation another process began, instead of `begin`. Once. */
  goOn(lower: TelnetCarrier, { settling }: Pick<TelnetLinkSnapshot, "settling">): void {
    this.#lower = lower;
    if (settling) this.#waitForSettling();
    else this.#release();
  }

  get descriptor(): number | undefined {
    return this.#connection().descriptor;
  }

  /** While paused, held input waits for the time limit of the negotiation: nobody reads the answer. */
  async settled(): Promise<void> {
    if (this.#heldBytes > 0) await this.#settled;
    if (this.#breaksUnderWay > 0) {
      await new Promise<void>((over) => {
        this.#breakWaiters ??= [];
        this.#breakWaiters.push(over);
      });
    }
    await this.#connection().settled();
  }

  snapshot(): TelnetLinkSnapshot | undefined {
    const socket = this.#connection().snapshot();
    if (socket === undefined || this.#heldBytes > 0 || this.#breaksUnderWay > 0) return undefined;
    return {
      format: TELNET_SNAPSHOT_FORMAT,
      session: this.#session.snapshot(),
      socket,
      settling: this.#held !== undefined,
    };
  }

  write(bytes: Uint8Array): number {
    const lower = this.#connection();
    if (lower.ended) return 0;
    if (this.#held === undefined) return lower.write(this.#session.encode(bytes));
    // Held as long as it can get on the wire, so that it fits when it is let go.
    const wireBytes = this.#session.encode(bytes).length;
    const waitingBytes = lower.write(NOTHING) + this.#heldBytes + wireBytes;
    if (waitingBytes > LINK_LIMITS.writeBacklogBytesMax) return -1;
    if (bytes.length > 0) this.#held.push(Uint8Array.from(bytes));
    this.#heldBytes += wireBytes;
    return waitingBytes;
  }

  async drained(): Promise<void> {
    if (this.#heldBytes > 0) await this.#settled;
    await this.#connection().drained();
  }

  pause(): void {
    this.#connection().pause();
  }

  resume(): void {
    this.#connection().resume();
  }

  readNow(): number {
    return this.#connection().readNow();
  }

  /** Also rejects with "console_down" when the link ends before the break does. */
  async sendBreak(durationMs: number): Promise<void> {
    this.#breaksUnderWay += 1;
    try {
      await this.#holdBreak(durationMs);
    } finally {
      this.#breaksUnderWay -= 1;
      if (this.#breaksUnderWay === 0) this.#wakeBreakWaiters();
    }
  }

  resize(columns: number, rows: number): void {
    this.#send(this.#session.resize(columns, rows));
  }

  async close(): Promise<void> {
    await this.#connection().close();
  }

  async #holdBreak(durationMs: number): Promise<void> {
    await this.#settled; // Behind what was typed before it.
    const { begin, end } = this.#session.breakSequence();
    this.#sendBreakBytes(begin);
    if (end === undefined) return;
    await new Promise<void>((passed) => {
      const over = () => {
        this.#breaks.delete(over);
        cancel();
        passed();
      };
      const cancel = this.#deps.clock.after(durationMs, over);
      this.#breaks.add(over);
    });
    this.#sendBreakBytes(end);
  }

  #wakeBreakWaiters(): void {
    const waiters = this.#breakWaiters ?? [];
    this.#breakWaiters = undefined;
    for (const wake of waiters) wake();
  }

  #waitForSettling(): void {
    if (this.#session.settled) this.#release();
    else
      this.#cancelSettleTimer = this.#deps.clock.after(SETTLE_TIMEOUT_MS, () => {
        this.#release();
      });
  }

  /** Idempotent: let go of what was held, in order, as it must look now. */
  #release(): void {
    this.#cancelSettleTimer();
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#heldBytes = 0;
    for (const bytes of held) this.#send(this.#session.encode(bytes));
    this.#settle();
  }

  /** For what cannot be refused by anybody: a far end that does not take it is at fault. */
  #send(bytes: Uint8Array): void {
    const lower = this.#connection();
    if (bytes.length === 0 || lower.write(bytes) !== -1) return;
    const { where } = lower;
    const hint = "the far end may be stuck, or may not speak telnet";
    const message = `${where}: asks telnet questions and does not read the answers`;
    lower.fail(new ConfedError("protocol_error", message, { where, hint }));
  }

  #sendBreakBytes(bytes: Uint8Array): void {
    const lower = this.#connection();
    const { where } = lower;
    if (lower.ended)
      throw new ConfedError("console_down", `${where}: the connection ended before the break`, { where });
    if (lower.write(bytes) === -1) {
      throw new ConfedError(
        "resource_exhausted",
        `${where}: too much input waits to be sent before the break`,
        { where },
      );
    }
  }

  #onEvent(event: TelnetSessionEvent): void {
    const lower = this.#connection();
    const { where } = lower;
    switch (event.type) {
      case "fault": {
        const { rawMessage, hint } = event.error;
        lower.fail(
          new ConfedError("protocol_error", `${where}: ${rawMessage}`, { where, hint, cause: event.error }),
        );
        break;
      }
      case "com_port_refused":
        this.#warnOnce("terminal server does not speak RFC 2217; its port keeps its settings", where);
        break;
      case "com_port_mismatch": {
        const [wanted, actual] = [describeComPort(event.wanted), describeComPort(event.actual)];
        this.#warnOnce(`terminal server was asked for ${wanted} and has ${actual}`, where);
        break;
      }
      case "dropped":
        this.#warnOnce(`malformed subnegotiation of telnet option ${event.option} ignored`, where);
        break;
      // What a far end tells a client besides is not a console's business.
      case "break":
      case "com_port":
      case "option":
      case "terminal_type":
      case "window":
        break;
    }
  }

  /** The far end chooses how often it misbehaves; the log must not be its to fill. */
  #warnOnce(message: string, where: string): void {
    if (this.#told.size === WARNINGS_MAX || this.#told.has(message)) return;
    this.#told.add(message);
    this.#deps.logger.warn(message, { where });
  }

  #connection(): TelnetCarrier {
    invariant(this.#lower !== undefined, "a telnet link is used after begin");
    return this.#lower;
  }
}

const NOTHING = new Uint8Array(0);
/** Different warnings of one connection. */
const WARNINGS_MAX = 8;
