/** One step of a break: bytes to send, a pause, or the serial line's own break. */
export type BreakStep =
  | { readonly type: "send"; readonly bytes: Uint8Array }
  | { readonly type: "pause" }
  | { readonly type: "serial_break" };

/** A `break` block. */
export interface BreakDefinition {
  /** As written, for listings. */
  readonly string: string;
  /** Of each `\d`. */
  readonly delayMs: number;
  /** Ask before it is sent. */
  readonly confirm: boolean;
}

/** Without a `delay` of its own. */
export const BREAK_DELAY_MS = 250;

/** The four that are there without being defined, conserver.cf(5). */
export const BUILTIN_BREAKS: ReadonlyMap<string, BreakDefinition> = new Map([
  ["1", { string: "\\z", delayMs: BREAK_DELAY_MS, confirm: false }],
  ["2", { string: "\\r~^b", delayMs: BREAK_DELAY_MS, confirm: false }],
  ["3", { string: "#.", delayMs: BREAK_DELAY_MS, confirm: false }],
  ["4", { string: "\\r\\d~\\d^b", delayMs: 600, confirm: false }],
]);

const LETTERS: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** What a break sends, in order; neighbouring bytes are one step. A lone `\` or `^` at the end is itself. */
export function breakSteps(string: string): readonly BreakStep[] {
  const steps: BreakStep[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length > 0) steps.push({ type: "send", bytes: Uint8Array.from(bytes) });
    bytes = [];
  };
  for (const [part] of string.matchAll(/\\[0-7]{1,3}|\\.|\^.|./gsu)) {
    const [lead, second] = part;
    if (part === "\\d" || part === "\\z") {
      flush();
      steps.push({ type: part === "\\d" ? "pause" : "serial_break" });
    } else if (second === undefined || (lead !== "\\" && lead !== "^")) bytes.push(...Buffer.from(part));
    else if (lead === "^") bytes.push(second === "?" ? 127 : second.charCodeAt(0) & 0x1f);
    else if (/[0-7]/.test(second)) bytes.push(Number.parseInt(part.slice(1), 8) & 0xff);
    else bytes.push(...(second in LETTERS ? [LETTERS[second] ?? 0] : Buffer.from(second)));
  }
  flush();
  return steps;
}
