/**
 * The bytes that a console of a handover test prints, and those that are typed into it: numbers,
 * three digits each, so that a lost or doubled byte shows at once, wherever it was. What is typed
 * uses other byte values than what is printed, so both can be told apart where a console echoes.
 */
const NUMBERED = {
  /** Has CR, LF and NUL in it, which telnet rewrites. */
  printed: { base: 192, lowest: 0, places: [192 * 192, 192, 1] },
  /** Has 255 in it, which telnet doubles. */
  typed: { base: 64, lowest: 192, places: [64 * 64, 64, 1] },
} as const;

type Kind = keyof typeof NUMBERED;

const DIGITS = 3;

/** Bytes `from` to `from + length` of a kind. */
export function numberedBytes(kind: Kind, from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => numberedByte(kind, from + at));
}

/** How far each kind has come in one direction. Plain data: it may cross to another process. */
export interface NumberedProgress {
  printed: number;
  typed: number;
  /** The first byte that was not the next one. */
  fault?: string;
}

/** Take what arrived: every byte must be the next one of its kind. */
export function takeNumbered(progress: NumberedProgress, bytes: Uint8Array): void {
  for (const byte of bytes) {
    const kind = byte < NUMBERED.typed.lowest ? "printed" : "typed";
    if (byte !== numberedByte(kind, progress[kind]))
      progress.fault ??= `${kind} byte ${progress[kind]} is ${byte}`;
    progress[kind] += 1;
  }
}

function numberedByte(kind: Kind, at: number): number {
  const { base, lowest, places } = NUMBERED[kind];
  const number = Math.floor(at / DIGITS);
  return lowest + (Math.floor(number / (places[at % DIGITS] ?? 1)) % base);
}
