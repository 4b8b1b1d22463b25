import { invariant } from "@confed/kernel";
import { TELNET, type TelnetVerb } from "./telnet-codes.ts";

/** What the far end said, with the telnet layer taken off. */
export type TelnetEvent =
  /** A view into the bytes just fed, never empty and never a copy: valid during the call only. */
  | { readonly type: "data"; readonly bytes: Uint8Array }
  /** IAC and one byte that is neither a verb, SB nor IAC. Unknown commands come here, too. */
  | { readonly type: "command"; readonly command: number }
  | { readonly type: "negotiation"; readonly verb: TelnetVerb; readonly option: number }
  /** Complete, with doubled IACs undone. The bytes belong to the receiver of the event. */
  | { readonly type: "subnegotiation"; readonly option: number; readonly bytes: Uint8Array }
  /** A subnegotiation that nobody will see; the stream itself stays in step. */
  | { readonly type: "dropped"; readonly option: number; readonly reason: DropReason };

/** Why a subnegotiation was dropped. `unterminated`: another command stood where IAC SE belongs. */
export type DropReason = "too_long" | "endless" | "unterminated";

/** Bounds of one decoder, in bytes of a subnegotiation. */
export const TELNET_DECODER_LIMITS = {
  /** The longest that any option of ours needs is a terminal type of 40; RFC 2217 signatures may be 255. */
  subnegotiationBytesMax: 512,
  /** Where `endless` is reported: a far end that forgot IAC SE would swallow its console's output for ever. */
  endlessBytes: 64 * 1024,
} as const;

type State = "data" | "iac" | "verb" | "sb_option" | "sb" | "sb_iac";

/** Where a decoder stands between two reads. Plain data: it may cross to another process as JSON. */
export interface TelnetDecoderSnapshot {
  readonly state: State;
  readonly binary: boolean;
  readonly afterCr: boolean;
  readonly verb: TelnetVerb;
  readonly option: number;
  readonly collected: readonly number[];
  readonly collectedBytes: number;
}

const CR = 13;
const NUL = 0;
const VERBS: ReadonlyMap<number, TelnetVerb> = new Map([
  [TELNET.will, "will"],
  [TELNET.wont, "wont"],
  [TELNET.do, "do"],
  [TELNET.dont, "dont"],
]);

/**
 * The receiving half of telnet (RFC 854, 855). Bytes in, events out, in order; however the network
 * split the bytes, the events mean the same.
 *
 * IAC IAC is one 255. While the far end sends as an NVT (`binary` false), CR NUL is CR; CR LF stays
 * CR LF, and a CR before anything else stays as it is, because consoles print such.
 */
export class TelnetDecoder {
  #state: State = "data";
  #binary = false;
  /** The last byte of data was a CR that may be half of CR NUL. Commands in between do not change that. */
  #afterCr = false;
  #verb: TelnetVerb = "will";
  #option = 0;
  #collected: number[] = [];
  #collectedBytes = 0;

  /** Fresh, or where another one stood: what is fed next means what it would have meant there. */
  constructor(from?: TelnetDecoderSnapshot) {
    if (from === undefined) return;
    this.#state = from.state;
    this.#binary = from.binary;
    this.#afterCr = from.afterCr;
    this.#verb = from.verb;
    this.#option = from.option;
    this.#collected = [...from.collected];
    this.#collectedBytes = from.collectedBytes;
  }

  /** Not from within `feed`. */
  snapshot(): TelnetDecoderSnapshot {
    return {
      state: this.#state,
      binary: this.#binary,
      afterCr: this.#afterCr,
      verb: this.#verb,
      option: this.#option,
      collected: [...this.#collected],
      collectedBytes: this.#collectedBytes,
    };
  }

  /** Whether the far end sends BINARY. May change during a `feed`, from within `onEvent`: it counts from the next byte. */
  get binary(): boolean {
    return this.#binary;
  }

  set binary(binary: boolean) {
    this.#binary = binary;
    this.#afterCr = false;
  }

  feed(bytes: Uint8Array, onEvent: (event: TelnetEvent) => void): void {
    let at = 0;
    while (at < bytes.length) {
      at =
        this.#state === "data"
          ? this.#feedData(bytes, at, at, onEvent)
          : this.#feedCommand(bytes, at, onEvent);
    }
  }

  /** Everything from `from` to the next IAC, which is looked for from `searchFrom`. Returns where to go on. */
  #feedData(
    bytes: Uint8Array,
    from: number,
    searchFrom: number,
    onEvent: (event: TelnetEvent) => void,
  ): number {
    // The common case is a long run without IAC: native searches, no work per byte.
    const iac = bytes.indexOf(TELNET.iac, searchFrom);
    const end = iac === -1 ? bytes.length : iac;
    this.#state = iac === -1 ? "data" : "iac";
    if (end > from) {
      const run = bytes.subarray(from, end);
      if (this.#binary) onEvent({ type: "data", bytes: run });
      else this.#feedNvt(run, onEvent);
    }
    return iac === -1 ? end : iac + 1;
  }

  #feedNvt(run: Uint8Array, onEvent: (event: TelnetEvent) => void): void {
    let from = this.#afterCr && run[0] === NUL ? 1 : 0;
    this.#afterCr = run[run.length - 1] === CR;
    // Looking for NUL, not for CR: consoles end every line with a CR and hardly ever print a NUL.
    for (let nul = run.indexOf(NUL, from); nul !== -1; nul = run.indexOf(NUL, nul + 1)) {
      if (run[nul - 1] !== CR) continue;
      onEvent({ type: "data", bytes: run.subarray(from, nul) });
      from = nul + 1;
    }
    if (from < run.length) onEvent({ type: "data", bytes: run.subarray(from) });
  }

  #feedCommand(bytes: Uint8Array, at: number, onEvent: (event: TelnetEvent) => void): number {
    const byte = bytes[at];
    invariant(byte !== undefined, "at is inside bytes");
    switch (this.#state) {
      case "iac":
        // The second of two IACs is data and starts the run that follows it.
        if (byte === TELNET.iac) return this.#feedData(bytes, at, at + 1, onEvent);
        this.#command(byte, onEvent);
        break;
      case "verb":
        this.#state = "data";
        onEvent({ type: "negotiation", verb: this.#verb, option: byte });
        break;
      case "sb_option":
        this.#option = byte;
        this.#collected = [];
        this.#collectedBytes = 0;
        this.#state = "sb";
        break;
      case "sb":
        if (byte === TELNET.iac) this.#state = "sb_iac";
        else this.#collect(byte, onEvent);
        break;
      case "sb_iac":
        this.#afterIacInSubnegotiation(byte, onEvent);
        break;
      case "data":
        invariant(false, "data is not a command");
    }
    return at + 1;
  }

  #command(byte: number, onEvent: (event: TelnetEvent) => void): void {
    const verb = VERBS.get(byte);
    if (verb !== undefined) {
      this.#verb = verb;
      this.#state = "verb";
    } else if (byte === TELNET.sb) {
      this.#state = "sb_option";
    } else {
      this.#state = "data";
      onEvent({ type: "command", command: byte });
    }
  }

  #collect(byte: number, onEvent: (event: TelnetEvent) => void): void {
    this.#collectedBytes += 1;
    const { subnegotiationBytesMax, endlessBytes } = TELNET_DECODER_LIMITS;
    if (this.#collectedBytes <= subnegotiationBytesMax) {
      this.#collected.push(byte);
    } else if (this.#collectedBytes === subnegotiationBytesMax + 1) {
      this.#collected = [];
      onEvent({ type: "dropped", option: this.#option, reason: "too_long" });
    } else if (this.#collectedBytes === endlessBytes) {
      onEvent({ type: "dropped", option: this.#option, reason: "endless" });
    }
  }

  #afterIacInSubnegotiation(byte: number, onEvent: (event: TelnetEvent) => void): void {
    if (byte === TELNET.iac) {
      this.#state = "sb";
      this.#collect(byte, onEvent);
      return;
    }
    const wasKept = this.#collectedBytes <= TELNET_DECODER_LIMITS.subnegotiationBytesMax;
    const bytes = Uint8Array.from(this.#collected);
    this.#collected = [];
    if (byte !== TELNET.se) {
      // Somebody forgot IAC SE. Taking this for a command gets the stream back in step at once.
      if (wasKept) onEvent({ type: "dropped", option: this.#option, reason: "unterminated" });
      this.#command(byte, onEvent);
      return;
    }
    this.#state = "data";
    if (wasKept) onEvent({ type: "subnegotiation", option: this.#option, bytes });
  }
}
