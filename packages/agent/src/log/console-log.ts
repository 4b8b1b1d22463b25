import { randomBytes } from "node:crypto";
import { statSync, writeSync, writevSync } from "node:fs";
import { encodeIndexRecord, type GapRecord, type IndexRecord, MARK_EVERY_MS } from "@confed/codecs";
import { ConfedError } from "@confed/kernel";
import { LOG_LIMITS } from "./log-limits.ts";
import type { OpenFiles } from "./open-files.ts";
import type { Position } from "./positions-file.ts";
import type { OpenedLog, OpenLog } from "./writer-messages.ts";

export interface ConsoleLogDeps {
  readonly path: string;
  readonly indexPath: string;
  readonly logs: OpenFiles;
  readonly indexes: OpenFiles;
  readonly wallTimeMs: () => number;
  readonly onGap: (gap: GapRecord) => void;
}

/** One stretch of output, as it came in a batch. */
export interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * One console's log file and index, in the writer process. Knows which offset the next byte of the
 * file has; whatever comes twice is left out, whatever is missing becomes a gap record.
 */
export class ConsoleLog {
  readonly name: string;
  readonly #deps: ConsoleLogDeps;
  readonly #logId: string;
  /** The offset that the next byte written has. */
  #next: number;
  #reservedEnd: number;
  /** Byte `pos` of the file is offset `off`. */
  #segment: { readonly off: number; readonly pos: number } | undefined;
  #markedAtMs = Number.NEGATIVE_INFINITY;
  /** What the positions file says of the segment; behind it, the next unclean stop would misjudge. */
  #recorded: { readonly off: number; readonly pos: number } | undefined;
  readonly #openGap: GapRecord | undefined;

  /** Throws what the file system says. */
  constructor({ name, resume }: OpenLog, known: Position | undefined, deps: ConsoleLogDeps) {
    this.name = name;
    this.#deps = deps;
    const adopt = resume !== undefined && resume.logId !== known?.log;
    const start = adopt ? startAt(resume, deps) : whereToStart(known, deps);
    this.#logId = start.logId;
    this.#segment = start.segment;
    this.#reservedEnd = start.next;
    if (known === undefined && start.segment !== undefined) this.#noteSegment(start.segment);
    if (resume !== undefined) {
      // The agent lives on: it gives us again what the file lacks, and a gap shows what it cannot.
      this.#next = start.fileEnd;
      this.#reservedEnd = Math.max(start.next, resume.offset);
      return;
    }
    this.#next = start.next;
    if (start.next > start.fileEnd) {
      const clean = known?.clean === true;
      this.#openGap = this.#gap(start.fileEnd, start.next, {
        why: clean ? "log-truncated" : "agent-restart",
        known: clean,
      });
      this.note(this.#openGap);
      this.#segment = undefined;
    }
  }

  /** What the agent needs to know to number output. */
  opened(number: number): OpenedLog {
    const { path } = this.#deps;
    const base = { number, logId: this.#logId, offset: this.#next, reservedEnd: this.#reservedEnd, path };
    return this.#openGap === undefined ? base : { ...base, gap: this.#openGap };
  }

  /** Reserve offsets ahead; the caller makes the returned position durable before it says so. */
  reserve(): Position {
    this.#reservedEnd = Math.max(this.#reservedEnd, this.#next) + LOG_LIMITS.reservationBytes;
    return this.#position(this.#reservedEnd, false);
  }

  get reservedEnd(): number {
    return this.#reservedEnd;
  }

  /** The position to make durable because the segment moved since it last was; else undefined. */
  moved(): Position | undefined {
    const segment = this.#segment;
    if (segment === undefined || (segment.off === this.#recorded?.off && segment.pos === this.#recorded.pos))
      return undefined;
    return this.#position(this.#reservedEnd, false);
  }

  /** The position after a clean stop at `end`. What never came until then is a gap. */
  close(end: number): Position {
    if (end > this.#next) this.#skipTo(end);
    return this.#position(this.#next, true);
  }

  /**
   * Append. Costs one writev, and once a second one index line. Throws a ConfedError when the file
   * system refuses; what it did take is kept and counted, the rest becomes a gap with the next
   * bytes that can be written.
   */
  append(pieces: readonly Piece[]): void {
    let run: Uint8Array[] = [];
    let runBytes = 0;
    for (const { offset, bytes } of pieces) {
      const expected = this.#next + runBytes;
      const knownBytes = Math.max(0, expected - offset);
      if (knownBytes >= bytes.byteLength) continue;
      if (offset > expected) {
        this.#write(run, runBytes);
        run = [];
        runBytes = 0;
        this.#skipTo(offset);
      }
      run.push(knownBytes === 0 ? bytes : bytes.subarray(knownBytes));
      runBytes += bytes.byteLength - knownBytes;
    }
    this.#write(run, runBytes);
  }

  /** Write a record into the index. Throws what the file system says. */
  note(record: IndexRecord): void {
    const { file, fresh } = this.#deps.indexes.take(this.#deps.indexPath);
    // The first line after an unclean stop may follow a torn one: an empty line closes that off.
    writeSync(file.fd, `${fresh && file.sizeBytesAtOpen > 0 ? "\n" : ""}${encodeIndexRecord(record)}`);
  }

  #write(run: readonly Uint8Array[], runBytes: number): void {
    if (runBytes === 0) return;
    const { path, logs, wallTimeMs } = this.#deps;
    try {
      const { file, fresh } = logs.take(path);
      if (fresh) this.#checkSegment(file.sizeBytesAtOpen);
      const nowMs = wallTimeMs();
      if (Math.abs(nowMs - this.#markedAtMs) >= MARK_EVERY_MS) {
        this.note({ t: "at", off: this.#next, ms: nowMs });
        this.#markedAtMs = nowMs;
      }
      this.#writeAll(file.fd, run, runBytes);
    } catch (reason) {
      logs.drop(path);
      throw ConfedError.from(reason, "unavailable");
    }
  }

  // A short write is what a full disk looks like first: what it took counts, then we ask again.
  #writeAll(fd: number, run: readonly Uint8Array[], runBytes: number): void {
    let left = run;
    let leftBytes = runBytes;
    for (;;) {
      const written = writevSync(fd, left);
      this.#next += written;
      leftBytes -= written;
      if (leftBytes === 0) return;
      left = [Buffer.concat(left).subarray(written)];
    }
  }

  // Somebody else truncated, replaced or wrote the file while it was closed: its bytes up to here
  // are not ours to number, ours go on behind them.
  #checkSegment(sizeBytes: number): void {
    const segment = this.#segment;
    if (segment !== undefined && sizeBytes === segment.pos + this.#next - segment.off) return;
    this.#segment = { off: this.#next, pos: sizeBytes };
    this.#noteSegment(this.#segment);
  }

  #noteSegment({ off, pos }: { readonly off: number; readonly pos: number }): void {
    this.note({ t: "seg", log: this.#logId, off, file: this.#deps.path, pos });
  }

  #skipTo(offset: number): void {
    const gap = this.#gap(this.#next, offset, { why: "log-stalled", known: true });
    this.note(gap);
    this.#next = offset;
    this.#segment = undefined;
    // Reopened at the next byte, which makes a new segment.
    this.#deps.logs.drop(this.#deps.path);
    this.#deps.onGap(gap);
  }

  #gap(off: number, to: number, { why, known }: Pick<GapRecord, "why" | "known">): GapRecord {
    return { t: "gap", off, to, known, why, ms: this.#deps.wallTimeMs() };
  }

  #position(end: number, clean: boolean): Position {
    const { off, pos } = this.#segment ?? { off: this.#next, pos: sizeOf(this.#deps.path) };
    this.#recorded = { off, pos };
    return { name: this.name, log: this.#logId, end, clean, off, pos, file: this.#deps.path };
  }
}

interface Start {
  readonly logId: string;
  /** The offset behind the last byte in the file, as far as it is known. */
  readonly fileEnd: number;
  /** Where numbering goes on. */
  readonly next: number;
  readonly segment: { readonly off: number; readonly pos: number } | undefined;
}

// The agent began without us, under an id of its own: what it printed so far and cannot give again
// is missing from the beginning.
function startAt({ logId, offset }: NonNullable<OpenLog["resume"]>, { path }: ConsoleLogDeps): Start {
  return { logId, fileEnd: 0, next: offset, segment: sizeOf(path) === 0 ? { off: 0, pos: 0 } : undefined };
}

function whereToStart(known: Position | undefined, { path }: ConsoleLogDeps): Start {
  const sizeBytes = sizeOf(path);
  if (known === undefined) {
    // Bytes of before, if any, are the beginning of this log.
    const logId = randomBytes(8).toString("hex");
    return {
      logId,
      fileEnd: sizeBytes,
      next: sizeBytes,
      segment: sizeBytes === 0 ? undefined : { off: 0, pos: 0 },
    };
  }
  const { log: logId, off, pos, end, file } = known;
  const grownBytes = file === path ? sizeBytes - pos : -1;
  // A file that is shorter than we left it was truncated or replaced: what it held is gone. After a
  // clean stop the reader finds that out; after an unclean one it is part of the same gap.
  const fileEnd = grownBytes < 0 ? (known.clean ? end : off) : Math.min(off + grownBytes, end);
  return { logId, fileEnd, next: end, segment: grownBytes < 0 ? undefined : { off, pos } };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
