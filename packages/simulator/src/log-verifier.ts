import { createReadStream } from "node:fs";
import { type Damage, type LogReport, REPORT_LIST_MAX } from "./log-report.ts";
import { lineMarker, readLine } from "./numbered-line.ts";
import type { SentRecord } from "./sent-record.ts";
import { type SeqRange, SeqSet, subtractRanges } from "./seq-ranges.ts";

/** What a log must hold. A `SentReport` is one. */
export interface LogExpectation {
  readonly console: string;
  readonly lineBytes: number;
  readonly connections: readonly Pick<SentRecord, "firstSeq" | "lastSeq" | "ended">[];
}

export interface VerifyOptions {
  /** Offsets in the log at which bytes are owned to be missing: gap records. Lines lost there are excused. */
  readonly gapsAtBytes?: readonly number[] | undefined;
  /** Bytes that are no numbered line are a fault, unless allowed: then only this console's own lines count. */
  readonly foreign?: "fault" | "allowed" | undefined;
}

/**
 * Hold a log against what was sent to it. For an exact answer let the rack print nothing more
 * (`printing(false)`) or hang up, let the log catch up, take `sent`, then read the log.
 */
export async function verifyLog(
  log: Uint8Array | AsyncIterable<Uint8Array>,
  expected: LogExpectation,
  options: VerifyOptions = {},
): Promise<LogReport> {
  const verifier = new LogVerifier(expected, options);
  if (log instanceof Uint8Array) verifier.push(log);
  else for await (const bytes of log) verifier.push(bytes);
  return verifier.finish();
}

/** The same over files, read one after the other as one log: rotated segments, oldest first. */
export function verifyLogFiles(
  paths: readonly string[],
  expected: LogExpectation,
  options: VerifyOptions = {},
): Promise<LogReport> {
  async function* bytesOfAll(): AsyncGenerator<Uint8Array> {
    for (const path of paths) yield* createReadStream(path) as AsyncIterable<Buffer>;
  }
  return verifyLog(bytesOfAll(), expected, options);
}

/** Bytes between two valid lines. */
interface Stretch {
  readonly offset: number;
  bytes: number;
  text: string;
  last: number;
}

const TEXT_MAX = 80;
const LF = 10;

/**
 * The pure core: bytes in, a report out. Reads any log once, at about two million lines a second, and
 * finds its way again after any damage: a line is wherever marker, length and checksum fit.
 */
export class LogVerifier {
  readonly #expected: LogExpectation;
  readonly #options: VerifyOptions;
  readonly #marker: Buffer;
  readonly #gaps: readonly number[];
  readonly #seen = new SeqSet();
  readonly #again = new SeqSet();
  readonly #excusedByGap: SeqRange[] = [];
  readonly #outOfOrder: LogReport["outOfOrder"][number][] = [];
  readonly #corrupted: Damage[] = [];
  readonly #foreign: Damage[] = [];
  #carry: Buffer = Buffer.alloc(0);
  /** Offset in the log of the first byte not judged yet. */
  #offset = 0;
  #stretch: Stretch | undefined;
  #lines = 0;
  #highest = 0;
  #previous = 0;
  #lastLineEnd = 0;
  #gapAt = 0;
  #cutShort = 0;
  #foreignBytes = 0;
  #partialFirstBytes = 0;
  #partialLastBytes = 0;
  #listsCut = false;

  constructor(expected: LogExpectation, options: VerifyOptions = {}) {
    this.#expected = expected;
    this.#options = options;
    this.#marker = lineMarker(expected.console);
    this.#gaps = [...(options.gapsAtBytes ?? [])].sort((a, b) => a - b);
  }

  /** The next bytes of the log, cut anywhere. They are the caller's again afterwards. */
  push(bytes: Uint8Array): void {
    const work = Buffer.concat([this.#carry, bytes]);
    this.#carry = work.subarray(this.#judge(work));
  }

  /** No more bytes: the verdict. */
  finish(): LogReport {
    this.#garbage(this.#carry);
    this.#carry = Buffer.alloc(0);
    this.#endStretch(undefined);
    const sent = this.#expected.connections
      .filter(({ firstSeq, lastSeq }) => lastSeq >= firstSeq)
      .map(({ firstSeq, lastSeq, ended }) => ({ from: firstSeq, to: lastSeq, ended }));
    if (this.#gaps.slice(this.#gapAt).some((gap) => gap >= this.#lastLineEnd)) {
      this.#excusedByGap.push({ from: this.#highest + 1, to: Number.MAX_SAFE_INTEGER });
    }
    const { missing, excused } = sortLosses(sent, this.#seen.ranges, this.#excusedByGap);
    const unsent = subtractRanges(this.#seen.ranges, sent);
    const foreignFault = this.#foreignBytes > 0 && this.#options.foreign !== "allowed";
    return {
      console: this.#expected.console,
      bytes: this.#offset,
      lines: this.#lines,
      missing,
      excused,
      duplicated: this.#again.ranges,
      outOfOrder: this.#outOfOrder,
      corrupted: this.#corrupted,
      cutShort: this.#cutShort,
      foreign: this.#foreign,
      foreignBytes: this.#foreignBytes,
      unsent,
      partialFirstBytes: this.#partialFirstBytes,
      partialLastBytes: this.#partialLastBytes,
      listsCut: this.#listsCut,
      exact:
        missing.length + unsent.length + this.#again.ranges.length === 0 &&
        this.#outOfOrder.length + this.#corrupted.length === 0 &&
        !foreignFault,
    };
  }

  /** Judge what can be judged; returns how many bytes that were. */
  #judge(work: Buffer): number {
    const { lineBytes } = this.#expected;
    let at = 0;
    for (;;) {
      // Mostly the next line begins where the last one ended; then this finds it at once.
      const start = work.indexOf(this.#marker, at);
      if (start === -1) {
        // A marker may be cut by the end of these bytes.
        const end = Math.max(at, work.length - this.#marker.length + 1);
        this.#garbage(work.subarray(at, end));
        return end;
      }
      if (start > at) this.#garbage(work.subarray(at, start));
      at = start;
      if (at + lineBytes > work.length) {
        return at;
      }
      const seq = readLine(work, at, this.#marker, lineBytes);
      if (seq === undefined) {
        this.#garbage(work.subarray(at, at + 1));
        at += 1;
      } else {
        const isEnded = work[at + lineBytes - 2] === 13 && work[at + lineBytes - 1] === LF;
        this.#line(seq);
        at += isEnded ? lineBytes : lineBytes - 2;
        this.#offset += isEnded ? lineBytes : lineBytes - 2;
        this.#lastLineEnd = this.#offset;
        if (!isEnded)
          this.#list(this.#corrupted, { offset: this.#offset, bytes: 2, text: "(line end lost)" });
      }
    }
  }

  #garbage(bytes: Buffer): void {
    const last = bytes.at(-1);
    if (last === undefined) return;
    this.#stretch ??= { offset: this.#offset, bytes: 0, text: "", last: 0 };
    this.#stretch.bytes += bytes.length;
    this.#stretch.last = last;
    const room = TEXT_MAX - this.#stretch.text.length;
    if (room > 0) this.#stretch.text += bytes.toString("latin1", 0, room);
    this.#offset += bytes.length;
  }

  #line(seq: number): void {
    let isGap = false;
    for (
      let gap = this.#gaps[this.#gapAt];
      gap !== undefined && gap <= this.#offset;
      gap = this.#gaps[this.#gapAt]
    ) {
      if (gap >= this.#lastLineEnd) isGap = true;
      this.#gapAt += 1;
    }
    if (isGap && seq > this.#highest + 1) this.#excusedByGap.push({ from: this.#highest + 1, to: seq - 1 });
    this.#endStretch({ seq, isGap });

    this.#lines += 1;
    if (!this.#seen.add(seq)) this.#again.add(seq);
    else if (seq < this.#highest) {
      this.#list(this.#outOfOrder, { offset: this.#offset, seq, after: this.#previous });
    }
    this.#highest = Math.max(this.#highest, seq);
    this.#previous = seq;
  }

  /** Decide what the bytes before line `next`, or before the end, were. */
  #endStretch(next: { readonly seq: number; readonly isGap: boolean } | undefined): void {
    const stretch = this.#stretch;
    if (stretch === undefined) return;
    this.#stretch = undefined;
    const { offset, bytes, text, last } = stretch;
    const isShort = bytes < this.#expected.lineBytes;
    const isPiece = text.includes(this.#marker.toString("latin1"));
    if (isShort && next === undefined && last !== LF) this.#partialLastBytes = bytes;
    else if (isShort && offset === 0 && last === LF) this.#partialFirstBytes = bytes;
    else if (isShort && next !== undefined && (next.isGap || this.#brokeBefore(next.seq)))
      this.#cutShort += 1;
    else if (isPiece) this.#list(this.#corrupted, { offset, bytes, text });
    else {
      this.#foreignBytes += bytes;
      this.#list(this.#foreign, { offset, bytes, text });
    }
  }

  /** Whether a connection that did not end in order lies between the last line and this one. */
  #brokeBefore(seq: number): boolean {
    return this.#expected.connections.some(
      ({ firstSeq, lastSeq, ended }) =>
        isUncertain(ended) && lastSeq >= firstSeq && lastSeq >= this.#previous && lastSeq < seq,
    );
  }

  #list<T>(list: T[], entry: T): void {
    if (list.length < REPORT_LIST_MAX) list.push(entry);
    else this.#listsCut = true;
  }
}

function isUncertain(ended: SentRecord["ended"]): boolean {
  return ended === "peer" || ended === "reset" || ended === "merged";
}

interface SentRange extends SeqRange {
  readonly ended: SentRecord["ended"];
}

/** Split what was sent and not seen into what may be and what may not. */
function sortLosses(
  sent: readonly SentRange[],
  seen: readonly SeqRange[],
  excusedByGap: readonly SeqRange[],
): { readonly missing: readonly SeqRange[]; readonly excused: readonly SeqRange[] } {
  const missing: SeqRange[] = [];
  const excused: SeqRange[] = [];
  const holes = subtractRanges(sent, seen);
  let at = 0;
  for (const { from, to, ended } of sent) {
    for (let hole = holes[at]; hole !== undefined && hole.to <= to; hole = holes[at]) {
      // Of a connection that broke only the end can be lost: a hole before a line that arrived is a fault.
      const mayBe = ended === "merged" || (isUncertain(ended) && hole.to === to && hole.from >= from);
      if (mayBe) excused.push(hole);
      else {
        const rest = subtractRanges([hole], excusedByGap);
        missing.push(...rest);
        excused.push(...subtractRanges([hole], rest));
      }
      at += 1;
    }
  }
  return { missing, excused };
}
