import { ConfedError } from "@confed/kernel";
import {
  COM_PORT,
  COM_PORT_CONTROL,
  type ComPortMessage,
  type ComPortSettings,
  comPortRequests,
  encodeComPort,
  parseComPort,
} from "./com-port.ts";
import { type OptionOutcome, type OptionPolicy, type OptionSide, OptionTable } from "./option-table.ts";
import { TELNET, TELNET_OPTION, type TelnetVerb } from "./telnet-codes.ts";
import { TELNET_DECODER_LIMITS, TelnetDecoder, type TelnetEvent } from "./telnet-decoder.ts";
import {
  encodeNegotiation,
  encodeSubnegotiation,
  encodeTelnetCommand,
  encodeTelnetData,
  encodeWindow,
  joinBytes,
} from "./telnet-encoder.ts";
import type { TelnetSessionSnapshot } from "./telnet-snapshot.ts";

/** How one end of a telnet connection behaves. */
export interface TelnetSessionOptions {
  /** `client` reaches out to a terminal server; `server` is the small counterpart for tests and the simulator. */
  readonly role: "client" | "server";
  /** Client: ask for BINARY both ways; server: agree to it. False refuses it. Default true. */
  readonly binary?: boolean | undefined;
  /** Client: what to answer to TERMINAL-TYPE SEND. Default `vt220`. */
  readonly terminalType?: string | undefined;
  /** Client: settings to ask for by RFC 2217. Server: agree to RFC 2217, these being in force now. */
  readonly comPort?: ComPortSettings | undefined;
}

/** Where a session puts what comes out of it. */
export interface TelnetOutlet {
  /** The console's bytes, in order, telnet taken off. A view into the bytes fed: valid during the call only. */
  data(bytes: Uint8Array): void;
  /** Send this to the far end, before anything encoded later. The array is the receiver's. */
  reply(bytes: Uint8Array): void;
  /** Everything else worth knowing. */
  event?(event: TelnetSessionEvent): void;
}

/** What a session has to tell besides data. */
export type TelnetSessionEvent =
  /** An option came into or went out of force. */
  | { readonly type: "option"; readonly side: OptionSide; readonly option: number; readonly enabled: boolean }
  /** The far end asks for a break: IAC BREAK or RFC 2217's "break on". */
  | { readonly type: "break" }
  | { readonly type: "window"; readonly columns: number; readonly rows: number }
  | { readonly type: "terminal_type"; readonly name: string }
  /** Any message of RFC 2217: requests (answered already), answers, line and modem state, suspend and resume. */
  | { readonly type: "com_port"; readonly message: ComPortMessage }
  /** Client: the server's port is not as we asked. */
  | { readonly type: "com_port_mismatch"; readonly wanted: ComPortMessage; readonly actual: ComPortMessage }
  /** Client: settings were asked for, and the server does not speak RFC 2217. */
  | { readonly type: "com_port_refused" }
  /** A subnegotiation was too long or not ended; the stream goes on. */
  | { readonly type: "dropped"; readonly option: number }
  /** The far end does not speak telnet any more. The session takes nothing after this; close the connection. */
  | { readonly type: "fault"; readonly error: ConfedError };

/** What to send for a break: `begin`, and where `end` is there, that one when the break is over. */
export interface TelnetBreak {
  readonly begin: Uint8Array;
  readonly end?: Uint8Array;
}

/** Bounds of a session; together with one word per word received they bound what a far end can make us say. */
export const TELNET_SESSION_LIMITS = {
  /** RFC 1091. */
  terminalTypeBytesMax: 40,
  /** A server that walks through a client's list of names stops at the first repetition. */
  terminalTypeAnswersMax: 16,
} as const;

const NOTHING = new Uint8Array(0);
const TERMINAL_TYPE = { is: 0, send: 1 } as const;

/**
 * One end of a telnet connection without the connection: decoder, option negotiation and the
 * options BINARY, ECHO, SUPPRESS-GO-AHEAD, TERMINAL-TYPE, NAWS and COM-PORT; all others are refused.
 *
 * Use: send what `start` returns; give every read to `feed`; send what `encode` returns, in the order
 * of the calls and of `reply`. Methods that return bytes return them to be sent, empty for nothing.
 *
 * A client should hold its data back until `settled` (with a time limit of its own): between our
 * request for BINARY and the answer nobody can know how a CR will be read. A server never asks for
 * BINARY, it agrees, so it is always settled and may print at once.
 *
 * RFC 2217's FLOWCONTROL-SUSPEND is reported, not obeyed: TCP already holds us back, and one lost
 * RESUME would silence an operator's keyboard for ever. AYT is not answered: the answer would be
 * typed into a console.
 */
export class TelnetSession {
  readonly #role: "client" | "server";
  readonly #terminalType: string;
  readonly #comPortWanted: readonly ComPortMessage[];
  readonly #policy: OptionPolicy;
  readonly #options: OptionTable;
  readonly #decoder: TelnetDecoder;
  /** Server: the value in force of each setting, by command. */
  readonly #comPortNow: Map<number, number>;
  #comPortAsked = false;
  #terminalTypeAnswers = 0;
  #window: { readonly columns: number; readonly rows: number } | undefined;
  #windowOffered = false;
  #failed = false;
  #replies: Uint8Array[] = [];

  /**
   * Fresh, or going on where another one's snapshot says: then `start` is not called again. Throws
   * "invalid_argument" for a terminal type that telnet cannot carry.
   */
  constructor(options: TelnetSessionOptions, from?: TelnetSessionSnapshot) {
    this.#role = options.role;
    this.#terminalType = checkTerminalType(options.terminalType ?? "vt220");
    const settings = comPortRequests(options.comPort ?? {});
    this.#comPortWanted = options.role === "client" ? settings : [];
    this.#comPortNow = new Map(
      from?.comPortNow ??
        [...comPortRequests(COM_PORT_DEFAULTS), ...settings].map(({ command, value }) => [command, value]),
    );
    this.#policy = policyOf(options);
    this.#options = new OptionTable(this.#policy, from?.options);
    this.#decoder = new TelnetDecoder(from?.decoder);
    if (from === undefined) return;
    this.#comPortAsked = from.comPortAsked;
    this.#terminalTypeAnswers = from.terminalTypeAnswers;
    this.#window = from.window;
    this.#windowOffered = from.windowOffered;
    this.#failed = from.failed;
  }

  /** Not from within `feed`: between two calls nothing waits to be sent. */
  snapshot(): TelnetSessionSnapshot {
    return {
      decoder: this.#decoder.snapshot(),
      options: this.#options.snapshot(),
      comPortNow: this.#role === "server" ? [...this.#comPortNow] : [],
      comPortAsked: this.#comPortAsked,
      terminalTypeAnswers: this.#terminalTypeAnswers,
      window: this.#window,
      windowOffered: this.#windowOffered,
      failed: this.#failed,
    };
  }

  /** Whether data passes as it is, 255 doubled: `in` from the far end, `out` towards it. */
  get binary(): { readonly in: boolean; readonly out: boolean } {
    return {
      in: this.#options.enabled("theirs", TELNET_OPTION.binary),
      out: this.#options.enabled("ours", TELNET_OPTION.binary),
    };
  }

  /** Whether every question that changes how data is sent has been answered. */
  get settled(): boolean {
    const { binary, comPort } = TELNET_OPTION;
    return !(
      this.#options.pending("ours", binary) ||
      this.#options.pending("theirs", binary) ||
      this.#options.pending("ours", comPort)
    );
  }

  /** Whether RFC 2217 is agreed. */
  get comPortAgreed(): boolean {
    return (
      this.#options.enabled("ours", TELNET_OPTION.comPort) ||
      this.#options.enabled("theirs", TELNET_OPTION.comPort)
    );
  }

  /** The opening negotiation. Call once, first. */
  start(): Uint8Array {
    for (const side of ["theirs", "ours"] as const) {
      for (const [option, policy] of this.#policy[side]) {
        if (policy === "ask") this.#say(option, this.#options.ask(side, option, "ask_enable"));
      }
    }
    return this.#takeReplies();
  }

  /** Take bytes of the far end. Replies come before any data that follows what they answer. */
  feed(bytes: Uint8Array, out: TelnetOutlet): void {
    this.#decoder.feed(bytes, (event) => {
      if (!this.#failed) this.#onDecoded(event, out);
    });
    this.#flushReplies(out);
  }

  /** Data as it goes on the wire now; see `encodeTelnetData`. May return `bytes` themselves. */
  encode(bytes: Uint8Array): Uint8Array {
    return encodeTelnetData(bytes, this.binary.out ? { binary: true } : { binary: false });
  }

  /** RFC 2217's break with a beginning and an end where agreed, else IAC BREAK, whose length the server chooses. */
  breakSequence(): TelnetBreak {
    if (!this.comPortAgreed || this.#role === "server") return { begin: encodeTelnetCommand(TELNET.brk) };
    const control = (value: number) => encodeComPort({ command: COM_PORT.setControl, from: "client", value });
    return { begin: control(COM_PORT_CONTROL.breakOn), end: control(COM_PORT_CONTROL.breakOff) };
  }

  /** Client: the viewer's window. Offers NAWS the first time; the size follows when the server agrees. */
  resize(columns: number, rows: number): Uint8Array {
    if (this.#role === "server") return NOTHING;
    this.#window = { columns, rows };
    if (this.#options.enabled("ours", TELNET_OPTION.windowSize)) {
      this.#replies.push(encodeWindow(this.#window));
    } else if (!this.#windowOffered) {
      this.#windowOffered = true;
      this.#say(TELNET_OPTION.windowSize, this.#options.ask("ours", TELNET_OPTION.windowSize, "ask_enable"));
    }
    return this.#takeReplies();
  }

  #onDecoded(event: TelnetEvent, out: TelnetOutlet): void {
    switch (event.type) {
      case "data":
        // First the replies: whoever answers data from within `data` encodes by the new agreement.
        this.#flushReplies(out);
        out.data(event.bytes);
        break;
      case "command":
        if (event.command === TELNET.brk) out.event?.({ type: "break" });
        break;
      case "negotiation":
        this.#onNegotiation(event.verb, event.option, out);
        break;
      case "subnegotiation":
        this.#onSubnegotiation(event.option, event.bytes, out);
        break;
      case "dropped":
        if (event.reason === "endless") this.#fail(event.option, out);
        else out.event?.({ type: "dropped", option: event.option });
    }
  }

  #onNegotiation(verb: TelnetVerb, option: number, out: TelnetOutlet): void {
    const comPortPending = this.#options.pending("ours", TELNET_OPTION.comPort);
    const outcome = this.#options.received(verb, option);
    this.#say(option, outcome);
    if (outcome.changed !== undefined) {
      const enabled = outcome.changed === "enabled";
      if (option === TELNET_OPTION.binary && outcome.side === "theirs") this.#decoder.binary = enabled;
      if (enabled) this.#onEnabled(outcome.side, option);
      out.event?.({ type: "option", side: outcome.side, option, enabled });
    } else if (comPortPending && option === TELNET_OPTION.comPort && verb === "dont") {
      out.event?.({ type: "com_port_refused" });
    }
  }

  #onEnabled(side: OptionSide, option: number): void {
    if (option === TELNET_OPTION.windowSize && side === "ours" && this.#window !== undefined) {
      this.#replies.push(encodeWindow(this.#window));
    } else if (option === TELNET_OPTION.terminalType && side === "theirs") {
      this.#replies.push(encodeSubnegotiation(option, Uint8Array.of(TERMINAL_TYPE.send)));
    } else if (option === TELNET_OPTION.comPort && !this.#comPortAsked) {
      this.#comPortAsked = true;
      this.#replies.push(...this.#comPortWanted.map(encodeComPort));
    }
  }

  /** Content for an option that is not in force is ignored. */
  #onSubnegotiation(option: number, content: Uint8Array, out: TelnetOutlet): void {
    if (option === TELNET_OPTION.comPort && this.comPortAgreed) {
      const message = parseComPort(content);
      if (message !== undefined) this.#onComPort(message, out);
    } else if (option === TELNET_OPTION.terminalType) {
      this.#onTerminalType(content, out);
    } else if (option === TELNET_OPTION.windowSize && this.#options.enabled("theirs", option)) {
      const [columnsHigh, columnsLow, rowsHigh, rowsLow] = content;
      if (
        columnsHigh === undefined ||
        columnsLow === undefined ||
        rowsHigh === undefined ||
        rowsLow === undefined
      )
        return;
      out.event?.({
        type: "window",
        columns: columnsHigh * 256 + columnsLow,
        rows: rowsHigh * 256 + rowsLow,
      });
    }
  }

  #onTerminalType(content: Uint8Array, out: TelnetOutlet): void {
    const option = TELNET_OPTION.terminalType;
    const [verb] = content;
    if (verb === TERMINAL_TYPE.send && this.#options.enabled("ours", option)) {
      if (this.#terminalTypeAnswers === TELNET_SESSION_LIMITS.terminalTypeAnswersMax) return;
      this.#terminalTypeAnswers += 1;
      const name = Array.from(this.#terminalType, (character) => character.charCodeAt(0));
      this.#replies.push(encodeSubnegotiation(option, Uint8Array.of(TERMINAL_TYPE.is, ...name)));
    } else if (verb === TERMINAL_TYPE.is && this.#options.enabled("theirs", option)) {
      out.event?.({ type: "terminal_type", name: String.fromCharCode(...content.subarray(1)) });
    }
  }

  #onComPort(message: ComPortMessage, out: TelnetOutlet): void {
    const { command, value, from } = message;
    if (this.#role === "server" && from === "client" && command <= COM_PORT.setControl) {
      const isControl = command === COM_PORT.setControl;
      if (!isControl && value !== 0) this.#comPortNow.set(command, value);
      const now = isControl ? value : (this.#comPortNow.get(command) ?? value);
      this.#replies.push(encodeComPort({ command, from: "server", value: now }));
      if (isControl && value === COM_PORT_CONTROL.breakOn) out.event?.({ type: "break" });
    }
    out.event?.({ type: "com_port", message });
    const wanted =
      from === "server" ? this.#comPortWanted.find((request) => request.command === command) : undefined;
    if (wanted !== undefined && wanted.value !== value)
      out.event?.({ type: "com_port_mismatch", wanted, actual: message });
  }

  #fail(option: number, out: TelnetOutlet): void {
    this.#failed = true;
    const message = `subnegotiation of telnet option ${option} did not end within ${TELNET_DECODER_LIMITS.endlessBytes} bytes`;
    const hint = "the far end may not speak telnet: try transport tcp";
    out.event?.({ type: "fault", error: new ConfedError("protocol_error", message, { hint }) });
  }

  #say(option: number, { send }: OptionOutcome): void {
    if (send !== undefined) this.#replies.push(encodeNegotiation(send, option));
  }

  #flushReplies(out: TelnetOutlet): void {
    if (this.#replies.length > 0) out.reply(this.#takeReplies());
  }

  #takeReplies(): Uint8Array {
    const replies = this.#replies;
    this.#replies = [];
    return joinBytes(replies);
  }
}

/** What a serial port has until somebody sets it; only a server needs that. */
const COM_PORT_DEFAULTS = { baud: 9600, dataBits: 8, parity: "none", stopBits: 1 } as const;

function policyOf({ role, binary = true, comPort }: TelnetSessionOptions): OptionPolicy {
  const { binary: BINARY, echo, suppressGoAhead, terminalType, windowSize, comPort: COM } = TELNET_OPTION;
  if (role === "client") {
    return {
      theirs: new Map([
        ...(binary ? ([[BINARY, "ask"]] as const) : []),
        [suppressGoAhead, "ask"],
        [echo, "accept"],
        [COM, "accept"],
      ]),
      ours: new Map([
        ...(binary ? ([[BINARY, "ask"]] as const) : []),
        [suppressGoAhead, "accept"],
        [terminalType, "accept"],
        [windowSize, "accept"],
        [COM, comPort === undefined ? "accept" : "ask"],
      ]),
    };
  }
  const both = [
    ...(binary ? ([[BINARY, "accept"]] as const) : []),
    ...(comPort === undefined ? [] : ([[COM, "accept"]] as const)),
  ];
  return {
    theirs: new Map([...both, [suppressGoAhead, "accept"], [terminalType, "ask"], [windowSize, "ask"]]),
    ours: new Map([...both, [echo, "ask"], [suppressGoAhead, "ask"]]),
  };
}

function checkTerminalType(name: string): string {
  if (/^[\x21-\x7e]+$/.test(name) && name.length <= TELNET_SESSION_LIMITS.terminalTypeBytesMax) return name;
  const hint = `use a name such as vt220: printable ASCII, at most ${TELNET_SESSION_LIMITS.terminalTypeBytesMax} characters`;
  throw new ConfedError(
    "invalid_argument",
    `terminal type ${JSON.stringify(name)} cannot be sent by telnet`,
    { subject: "terminalType", hint },
  );
}
