import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { decodeIndex, type GapRecord, logMapOf } from "@confed/codecs";
import { LINE_BYTES } from "../rack.ts";

/** Numbered lines that stand in one stretch of a log without a gap. */
export interface Piece {
  /** Offsets of the console. */
  readonly from: number;
  readonly to: number;
  readonly bytes: Buffer;
}

/** A log as its index explains it. */
export interface MarkedLog {
  readonly logId: string | undefined;
  readonly pieces: readonly Piece[];
  readonly gaps: readonly GapRecord[];
}

/** Reads a console's log by its index. The agent's own `confed logs verify` has no part in it. */
export function readMarkedLog(stateDir: string, logPath: string, console: string): MarkedLog {
  const index = readFileSync(join(stateDir, "index", `${console}.index`), "utf8");
  const { logId, stretches, gaps } = logMapOf(decodeIndex(index).records);
  const pieces = stretches.map(({ file, pos, from, to }): Piece => {
    const whole = readFileSync(join(dirname(logPath), basename(file)));
    const bytes = whole.subarray(pos, Math.min(whole.length, pos + to - from));
    return { from, to: from + bytes.length, bytes };
  });
  return { logId, pieces, gaps };
}

/** What is wrong with the order of offsets: a byte of two offsets, an offset of two bytes, or of none. */
export function offsetFaults({ pieces, gaps }: MarkedLog): string[] {
  const spans = [...pieces, ...gaps.map(({ off, to }) => ({ from: off, to }))];
  const faults: string[] = [];
  let at = 0;
  for (const { from, to } of spans.sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from < at) faults.push(`offsets from ${from} on are there twice, up to ${at}`);
    if (from > at) faults.push(`offsets ${at} to ${from} are neither logged nor a gap`);
    at = Math.max(at, to);
  }
  return faults;
}

const LINE = /^L(\d{6}) (\d{10}) \d{16} kernel: eth0: link is up, 100 Mbps [0-9a-f]{8}$/;

/** The numbers of the whole lines of a piece, the first and last one perhaps torn; NaN for what is no line. */
export function lineNumbers({ bytes }: Piece, console: string): number[] {
  const texts = bytes.toString("latin1").split("\n");
  // What stands behind the last feed, and what was torn at the beginning.
  texts.pop();
  if (texts[0] !== undefined && texts[0].length < LINE_BYTES - 1 && !texts[0].startsWith("E")) texts.shift();
  return texts
    .filter((text) => !text.startsWith("E"))
    .map((text) => {
      const [, number, seq] = LINE.exec(text) ?? [];
      return number === console.slice(1) ? Number(seq) : Number.NaN;
    });
}

/** What is wrong inside a piece: lines lost, doubled, swapped or damaged without any gap. */
export function pieceFaults(piece: Piece, console: string): string[] {
  const numbers = lineNumbers(piece, console);
  return numbers.flatMap((number, at) => {
    if (Number.isNaN(number)) return [`${console}: no line of its own at ${piece.from}, the ${at}th`];
    const before = at === 0 ? number - 1 : numbers[at - 1]!;
    return number === before + 1 ? [] : [`${console}: line ${number} follows ${before} without a gap`];
  });
}
