import { ConfedError, neutralise } from "@confed/kernel";

/** The two bytes that begin every command to rcons while attached. */
export interface EscapeSequence {
  readonly first: number;
  readonly second: number;
}

/** `^Ec`, as conserver and xCAT have it. */
export const DEFAULT_ESCAPE: EscapeSequence = { first: 0x05, second: 0x63 };

// One character in conserver's notation: `^X` (`^?` is delete), `\ooo` octal, `\x` that character, or itself.
const CHARACTER = /^(?:\^([?-_a-z])|\\([0-3][0-7]{2})|\\([^0-7])|([\x21-\x7e]))/;

/**
 * Read an escape sequence in conserver's notation: two characters, each `^X` for a control
 * character, `\ooo` for an octal code, or itself: `^Ec`, `^]x`, `\005c`. "none" is no escape at
 * all. Throws "invalid_argument".
 */
export function parseEscape(text: string): EscapeSequence | undefined {
  if (text === "none") return undefined;
  const codes: number[] = [];
  let rest = text;
  while (rest !== "") {
    const match = CHARACTER.exec(rest);
    if (match === null) throw malformed(text);
    codes.push(codeOf(match));
    rest = rest.slice(match[0].length);
  }
  const [first, second, ...others] = codes;
  if (first === undefined || second === undefined || others.length > 0) throw malformed(text);
  return { first, second };
}

/** The inverse of {@link parseEscape}. */
export function formatEscape({ first, second }: EscapeSequence): string {
  return formatKey(first) + formatKey(second);
}

/** One byte as people name the key: `^E`, `c`, `\xe4`. */
export function formatKey(byte: number): string {
  if (byte === 0x7f) return "^?";
  if (byte < 0x20) return `^${String.fromCharCode(byte + 0x40)}`;
  if (byte > 0x7f) return `\\x${byte.toString(16)}`;
  return String.fromCharCode(byte);
}

function codeOf([, control, octal, quoted, plain]: RegExpExecArray): number {
  if (control === "?") return 0x7f;
  if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f;
  if (octal !== undefined) return Number.parseInt(octal, 8);
  return (quoted ?? plain ?? "").charCodeAt(0) & 0xff;
}

function malformed(text: string): ConfedError {
  return new ConfedError("invalid_argument", `"${neutralise(text, 40)}" is not an escape sequence`, {
    subject: "--escape",
    hint: "two characters, each itself, ^X or \\ooo: ^Ec, ^]x, \\005c; or none",
  });
}
