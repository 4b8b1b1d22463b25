import { judgeControl, judgeEscape, type Verdict } from "./sequence-rules.ts";

/** Longer than any sequence that is allowed: colours of both grounds and some attributes are 60 bytes. */
const SEQUENCE_BYTES_MAX = 128;
/** A picture; whatever is longer and has no line end is shown as the text it then is. */
const STRING_BYTES_MAX = 1024 * 1024;

const ESC = 0x1b;

/** What a byte of plain text means to the filter. */
const PASS = 0;
const DROP = 1;
const BEGINS_SEQUENCE = 2;
const BEGINS_CHARACTER = 3;
const CLASS_OF = Uint8Array.from({ length: 256 }, (_, byte) => classOf(byte));

const NEVER = -1;
const NOTHING = new Uint8Array();

/**
 * `escape` after ESC, `intermediate` after ESC and SP to /, `control` within CSI, `overlong` in one
 * too long; `string` within OSC, DCS, APC, PM, SOS or a title of screen's, `os_string` at its first
 * byte; `palette` within Linux's `ESC ] P` and seven digits, which no terminator ends.
 */
type State =
  | "text"
  | "character"
  | "escape"
  | "intermediate"
  | "control"
  | "overlong"
  | "string"
  | "os_string"
  | "palette";

/** What a byte makes of the item in hand: it goes on, it ends with it, or it ended before it. */
type Outcome = "more" | "abort" | Verdict;

/**
 * Stands between a console and the terminal of a person (profile "safe"). Text, cursor and attribute
 * sequences, the alternate screen and the modes that full-screen programs use pass unchanged;
 * questions to the terminal and mouse reports only with `answers`; the rest is left out: titles,
 * clipboard, links, graphics, printing, key encodings, device control strings, C1 controls, stray
 * control characters. What comes out is always a part of what went in, in order, made of whole
 * sequences, and the same however the input was split.
 *
 * A sequence that does not end is given up: at a line end, at the next ESC, or at its length limit.
 *
 * Per byte of text one look into a table; nothing is allocated unless something is left out or a
 * sequence was cut in two, then one buffer for the call.
 */
export class TerminalFilter {
  #state: State = "text";
  /** The sequence or character in hand; strings and what is too long are only counted. */
  readonly #held = new Uint8Array(SEQUENCE_BYTES_MAX);
  #heldBytes = 0;
  /** Continuation bytes that are still to come, and what the next of them may be. */
  #missingBytes = 0;
  #nextMin = 0x80;
  #nextMax = 0xbf;

  /** `NOTHING` until something has to be copied. */
  #out: Uint8Array = NOTHING;
  #outBytes = 0;

  /** What may be shown of it: the same array if that is all. The terminal's answers reach the console if `answers`. */
  filter(data: Uint8Array, { answers }: { readonly answers: boolean }): Uint8Array {
    this.#out = NOTHING;
    this.#outBytes = 0;
    // What passed and is not copied yet begins here; the item in hand there, unless in an earlier call.
    let run = 0;
    let item = NEVER;
    let at = 0;
    while (at < data.length) {
      if (this.#state === "text") {
        let kind = PASS;
        for (; at < data.length; at += 1) {
          kind = CLASS_OF[data[at] ?? 0] ?? DROP;
          if (kind !== PASS) break;
        }
        if (at === data.length) break;
        item = at;
        if (kind === DROP) {
          this.#copy(data, run, at);
          run = at + 1;
        } else this.#begin(data[at] ?? 0);
        at += 1;
        continue;
      }
      const outcome = this.#step(data[at] ?? 0);
      if (outcome === "more") {
        at += 1;
        continue;
      }
      const passes = outcome === "pass" || (outcome === "answer" && answers);
      if (passes && item === NEVER) {
        this.#push(data, this.#held.subarray(0, this.#heldBytes));
        run = at + 1;
      } else if (!passes) {
        this.#copy(data, run, Math.max(item, 0));
        if (outcome === "abort" && this.#state === "character") this.#pushBroken(data);
        run = outcome === "abort" ? at : at + 1;
      }
      if (outcome !== "abort") at += 1;
      this.#state = "text";
    }
    if (this.#state === "text" && run === 0 && this.#out === NOTHING) return data;
    this.#copy(data, run, this.#state === "text" ? data.length : Math.max(item, 0));
    return this.#out.subarray(0, this.#outBytes);
  }

  #begin(byte: number): void {
    this.#held[0] = byte;
    this.#heldBytes = 1;
    this.#state = byte === ESC ? "escape" : "character";
    if (byte === ESC) return;
    // Unicode, table 3-7: what may follow, so that no character is longer than it has to be.
    this.#missingBytes = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    this.#nextMin = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : byte === 0xc2 ? 0xa0 : 0x80;
    this.#nextMax = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
  }

  #step(byte: number): Outcome {
    if (this.#state === "character") return this.#stepCharacter(byte);
    this.#heldBytes += 1;
    if (this.#state === "string") return this.#stepString(byte);
    // Control characters within a sequence end it, and a new one may begin.
    if (byte < 0x20 || byte > 0x7e) return "abort";
    if (this.#heldBytes <= SEQUENCE_BYTES_MAX) this.#held[this.#heldBytes - 1] = byte;
    switch (this.#state) {
      case "escape":
        return this.#stepEscape(byte);
      case "intermediate":
        return byte < 0x30 ? this.#goOn("intermediate") : judgeEscape(this.#held, this.#heldBytes);
      case "control":
        return byte < 0x40 ? this.#goOn("control") : judgeControl(this.#held, this.#heldBytes);
      case "overlong":
        if (this.#heldBytes > STRING_BYTES_MAX) return "abort";
        return byte < 0x40 ? "more" : "drop";
      case "os_string":
        // Linux: ESC ] R resets the palette, ESC ] P and seven digits set one colour of it.
        if (byte === 0x52) return "drop";
        return this.#goOn(byte === 0x50 ? "palette" : "string");
      case "palette":
        if (!isHexDigit(byte)) return this.#goOn("string");
        return this.#heldBytes === 10 ? "drop" : "more";
      default:
        return "drop";
    }
  }

  #stepEscape(byte: number): Outcome {
    switch (byte) {
      case 0x5b: // [
        return this.#goOn("control");
      case 0x5d: // ]
        return this.#goOn("os_string");
      case 0x50: // P: DCS
      case 0x58: // X: SOS
      case 0x5e: // ^: PM
      case 0x5f: // _: APC
      case 0x6b: // k: a title, to screen and tmux
        return this.#goOn("string");
      default:
        return byte < 0x30 ? this.#goOn("intermediate") : judgeEscape(this.#held, this.#heldBytes);
    }
  }

  #stepString(byte: number): Outcome {
    // BEL, CAN, SUB end it; ESC does, too, and may be half of ST, which is dropped by itself.
    if (byte === 0x07 || byte === 0x18 || byte === 0x1a) return "drop";
    // No string that a console sends goes over a line end; noise that looks like one would eat the rest.
    if (byte === ESC || byte === 0x0a || byte === 0x0d) return "abort";
    return this.#heldBytes > STRING_BYTES_MAX ? "abort" : "more";
  }

  #stepCharacter(byte: number): Outcome {
    if (byte < this.#nextMin || byte > this.#nextMax) {
      // C1 controls, well encoded: some terminals obey them.
      const control = this.#held[0] === 0xc2 && byte >= 0x80 && byte < 0xa0;
      return control ? "drop" : "abort";
    }
    this.#held[this.#heldBytes] = byte;
    this.#heldBytes += 1;
    this.#missingBytes -= 1;
    this.#nextMin = 0x80;
    this.#nextMax = 0xbf;
    return this.#missingBytes === 0 ? "pass" : "more";
  }

  #goOn(state: State): "more" {
    const bounded = state === "control" || state === "intermediate";
    this.#state = bounded && this.#heldBytes >= SEQUENCE_BYTES_MAX ? "overlong" : state;
    return "more";
  }

  /** A character that is none: Latin-1, a line drawing of old firmware. All but C1 controls. */
  #pushBroken(data: Uint8Array): void {
    this.#push(
      data,
      this.#held.subarray(0, this.#heldBytes).filter((byte) => byte >= 0xa0),
    );
  }

  #copy(data: Uint8Array, from: number, to: number): void {
    if (to > from) this.#push(data, data.subarray(from, to));
  }

  #push(data: Uint8Array, bytes: Uint8Array): void {
    // More than the call was given comes out only by what was held before it.
    if (this.#out === NOTHING) this.#out = new Uint8Array(SEQUENCE_BYTES_MAX + data.length);
    this.#out.set(bytes, this.#outBytes);
    this.#outBytes += bytes.length;
  }
}

function classOf(byte: number): number {
  if (byte === ESC) return BEGINS_SEQUENCE;
  // BEL, BS, HT, LF, VT, FF, CR, SO, SI. Not ENQ, to which terminals answer with words.
  if (byte < 0x20) return byte >= 0x07 && byte <= 0x0f ? PASS : DROP;
  if (byte < 0x7f) return PASS;
  if (byte < 0xa0) return DROP;
  return byte >= 0xc2 && byte <= 0xf4 ? BEGINS_CHARACTER : PASS;
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}
