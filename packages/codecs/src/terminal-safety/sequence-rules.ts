/**
 * What may become of a sequence: `pass`; `answer`, which passes only to a terminal whose answers and
 * reports reach the console; `drop`.
 */
export type Verdict = "pass" | "answer" | "drop";

// Final bytes of `CSI Pm ...` without prefix or intermediates: cursor, erasing, scrolling, SGR,
// repeat, margins, save and restore. Not among them: i (printer), q (LEDs), t (window, title
// report), x, g (tab stops: they would stay), and what no program of a console needs.
const FINALS_PLAIN = codes("@ABCDEFGHIJKLMPSTXZ`abdefmrsu");
// Without parameters only: with them, margins (s) that a shell would keep, and what is no cursor (u).
const FINALS_BARE = codes("su");
/** More, and one sequence of some bytes would make the terminal work for seconds. */
const REPEATS_MAX = 1_000;
/** As "32766;32766H", which asks for the last cell of any screen. */
const PARAMETER_MAX = 99_999;

// DECSET/DECRST. Not among them: 2 (VT52: another language from there on), 3 and 40 (132 columns),
// 8 and 67 (keys), 1001 (the terminal waits for the program), 1034 and on (meta keys), 2031 and 2048
// (reports), and all that nobody has heard of.
const MODES_SHOWN: ReadonlySet<number> = new Set([1, 5, 6, 7, 12, 25, 47, 66, 1047, 1048, 1049, 2004, 2026]);
/** They make the terminal send: mouse, focus. Who cannot type must not get them. */
const MODES_SENDING: ReadonlySet<number> = new Set([9, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016]);

const ESCAPES_PLAIN = codes("78=>DEMc");
const DOUBLE_SIZES = codes("34568");
const ZERO = 0x30;
const NINE = 0x39;

/** The verdict on `ESC ...` with `length` bytes, the last its final byte; no CSI. */
export function judgeEscape(sequence: Uint8Array, length: number): Verdict {
  const second = sequence[1] ?? 0;
  if (length === 2) {
    // DECID, the oldest way to ask for device attributes.
    if (second === 0x5a) return "answer";
    return ESCAPES_PLAIN.has(second) ? "pass" : "drop";
  }
  const final = sequence[length - 1] ?? 0;
  if (length !== 3) return "drop";
  if (second === 0x23) return DOUBLE_SIZES.has(final) ? "pass" : "drop";
  // ( ) * +: character sets, of which line drawing is made.
  return second >= 0x28 && second <= 0x2b && isAlphanumeric(final) ? "pass" : "drop";
}

/** The verdict on `CSI ... final` with `length` bytes. A few comparisons a byte; allocates nothing. */
export function judgeControl(sequence: Uint8Array, length: number): Verdict {
  const final = sequence[length - 1] ?? 0;
  const first = sequence[2] ?? 0;
  // < = > ?
  const prefix = first >= 0x3c && first <= 0x3f ? first : 0;
  const from = prefix === 0 ? 2 : 3;
  let to = from;
  let parameter = 0;
  let parameterMax = 0;
  let separators = 0;
  for (; to < length - 1; to += 1) {
    const byte = sequence[to] ?? 0;
    if (byte >= ZERO && byte <= NINE) {
      parameter = parameter * 10 + byte - ZERO;
      if (parameter > PARAMETER_MAX) return "drop";
      if (parameter > parameterMax) parameterMax = parameter;
    } else if (byte === 0x3b || (byte === 0x3a && final === 0x6d)) {
      parameter = 0;
      separators += 1;
    } else break;
  }
  const intermediate = to < length - 1 ? (sequence[to] ?? 0) : 0;
  // None is allowed two, and none of < = > ? : stands behind another parameter.
  if (intermediate !== 0 && (to !== length - 2 || intermediate > 0x2f)) return "drop";
  const bare = to === from;
  if (intermediate !== 0) return withIntermediate({ prefix, intermediate, final, bare });
  switch (prefix) {
    case 0:
      if (final === 0x63) return parameterMax === 0 && separators === 0 ? "answer" : "drop";
      if (final === 0x6e)
        return separators === 0 && (parameterMax === 5 || parameterMax === 6) ? "answer" : "drop";
      // IRM alone; KAM would lock the keyboard.
      if (final === 0x68 || final === 0x6c) return separators === 0 && parameterMax === 4 ? "pass" : "drop";
      if (final === 0x62 && parameterMax > REPEATS_MAX) return "drop";
      // CSI T with five parameters begins highlight tracking, and the terminal waits.
      if (final === 0x54 && separators > 0) return "drop";
      if (FINALS_BARE.has(final)) return bare ? "pass" : "drop";
      return FINALS_PLAIN.has(final) ? "pass" : "drop";
    case 0x3f:
      if (final === 0x68 || final === 0x6c) return judgeModes(sequence, to, final === 0x68);
      if (final === 0x6e) return separators === 0 && parameterMax === 6 ? "answer" : "drop";
      // Selective erase.
      return final === 0x4a || final === 0x4b ? "pass" : "drop";
    case 0x3e:
      // Secondary attributes, XTVERSION. Not m and u: they change what keys send, ^E among them.
      return (final === 0x63 || final === 0x71) && parameterMax === 0 && separators === 0 ? "answer" : "drop";
    case 0x3d:
      return final === 0x63 && parameterMax === 0 && separators === 0 ? "answer" : "drop";
    default:
      return "drop";
  }
}

function withIntermediate({
  prefix,
  intermediate,
  final,
  bare,
}: {
  readonly prefix: number;
  readonly intermediate: number;
  readonly final: number;
  readonly bare: boolean;
}): Verdict {
  // DECRQM: is this mode set?
  if (intermediate === 0x24 && final === 0x70 && (prefix === 0 || prefix === 0x3f)) return "answer";
  if (prefix !== 0) return "drop";
  // DECSCUSR, the form of the cursor; DECSTR, the soft reset.
  if (intermediate === 0x20 && final === 0x71) return "pass";
  return intermediate === 0x21 && final === 0x70 && bare ? "pass" : "drop";
}

/** One that is not on the list condemns all of them. */
function judgeModes(sequence: Uint8Array, to: number, set: boolean): Verdict {
  let verdict: Verdict = "pass";
  let mode = 0;
  for (let at = 3; at <= to; at += 1) {
    const byte = sequence[at] ?? 0;
    if (at < to && byte !== 0x3b) {
      mode = mode * 10 + byte - ZERO;
      continue;
    }
    if (MODES_SENDING.has(mode)) verdict = set ? "answer" : verdict;
    else if (!MODES_SHOWN.has(mode)) return "drop";
    mode = 0;
  }
  return verdict;
}

function isAlphanumeric(byte: number): boolean {
  return (byte >= ZERO && byte <= NINE) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

function codes(characters: string): ReadonlySet<number> {
  return new Set(Array.from(characters, (character) => character.charCodeAt(0)));
}
