import { renameSync } from "node:fs";
import type { GapRecord, IndexRecord } from "@confed/codecs";
import { ConfedError } from "@confed/kernel";
import { segmentPathOf } from "../log-files.ts";
import { LOG_LIMITS } from "../log-limits.ts";
import type { OpenedLog, OpenLog } from "../writer-messages.ts";
import { appendRun } from "./append-run.ts";
import { ConsoleIndex } from "./console-index.ts";
import type { ConsoleLogDeps } from "./console-log-deps.ts";
import { isFull } from "./is-full.ts";
import { LineStamps } from "./line-stamps.ts";
import { lostSegments } from "./lost-segments.ts";
import { type Standing, segmentBehind, segmentWithin } from "./next-segment.ts";
import type { OpenFile } from "./open-files.ts";
import { PathWatch } from "./path-watch.ts";
import type { Position } from "./positions-file.ts";
import { type Piece, type Run, runsOf } from "./runs-of.ts";
import { believed, type LogFile, type Segment, sizeOf, startAt, whereToStart } from "./where-to-start.ts";

/**
 * One console's log file and index, in the writer process. Knows which offset the next byte of the
 * file has; whatever comes twice is left out, whatever is missing becomes a gap record.
 */
export class ConsoleLog {
  readonly name: string;
  readonly log: string;
  readonly index: ConsoleIndex;
  readonly #deps: ConsoleLogDeps;
  /** If the log is stamped. */
  readonly #stamps: LineStamps | undefined;
  /** As we found it. */
  readonly #known: Position | undefined;
  #next: number;
  #reservedEnd: number;
  /** Byte `pos` of the file is offset `off`. */
  #segment: Segment | undefined;
  /** The file at our path, as far as it is ours. */
  #file: LogFile | undefined;
  /** What was last written to. */
  #open: OpenFile | undefined;
  #mustLeave: boolean;
  /** From the first byte on: most consoles of a site say nothing. */
  #watch: PathWatch | undefined;
  #rotateNotBeforeMs: number | undefined;
  /** What was next when {@link settle} last came by. */
  #settledNext: number | undefined;
  /** What the positions file says of the segment; behind it, the next unclean stop would misjudge. */
  #recorded: { readonly off: number; readonly pos: number } | undefined;
  readonly #openGap: GapRecord | undefined;
  /** With a journal: up to here the disk has said that it has everything. */
  #syncedEnd: number;
  /** What the disk lost and the index does not say yet. */
  #owed: GapRecord | undefined;
  /** Our first bytes begin a segment, whatever others have left: the index must know of them. */
  #begun: boolean;
  /** Another writer left it to us, as the disk knows it: there is nothing to reserve. */
  readonly goesOn: boolean;
  /** Output was refused that the agent has kept: what comes in plain batches comes too early. */
  behind: boolean;

  /** Throws what the file system says. */
  constructor(
    { name, resume, behind = resume === undefined, stamped, left }: OpenLog,
    known: Position | undefined,
    deps: ConsoleLogDeps,
  ) {
    this.name = name;
    this.behind = behind;
    this.#mustLeave = deps.leaveFile === true;
    this.#deps = deps;
    this.index = new ConsoleIndex(deps);
    if (stamped === true) this.#stamps = new LineStamps();
    const adopt = resume !== undefined && resume.logId !== known?.log;
    const start = adopt ? startAt(resume) : believed(whereToStart(known, deps, left), deps.vouched);
    // Opened anew for the first byte, which begins a segment: it may be open as another console's.
    if (stamped === true || start.segment === undefined) deps.logs.drop(deps.path);
    this.goesOn = start.goesOn === true && stamped !== true && deps.journal === undefined;
    this.log = start.logId;
    this.#known = known;
    this.#segment = start.segment;
    this.#file = start.file;
    this.#reservedEnd = this.goesOn && known !== undefined ? known.end : start.next;
    this.#begun = this.goesOn;
    this.#recorded = this.goesOn ? start.segment : undefined;
    if (this.goesOn) this.index.goOn(deps.wallTimeMs());
    if (this.goesOn && deps.logs.goOn(deps.path, start.file?.id)) this.#watched.goOn(deps.wallTimeMs());
    if (known === undefined && start.segment !== undefined && start.file !== undefined)
      this.#noteSegment(start.segment, start.file);
    if (known !== undefined && !adopt && !this.goesOn)
      for (const record of lostSegments(known, deps)) this.note(record);
    if (start.cut !== undefined) {
      const { off, segment } = start.cut;
      this.note(this.#gap(off, segment.off, { why: "log-truncated", known: true }));
      this.note(segment);
    }
    if (resume !== undefined) {
      // The agent lives on: it gives us again what the file lacks, and a gap shows what it cannot.
      this.#next = start.fileEnd;
      this.#syncedEnd = start.fileEnd;
      this.#reservedEnd = Math.max(start.next, resume.offset);
      return;
    }
    this.#next = start.next;
    this.#syncedEnd = start.next;
    if (start.next > start.fileEnd) {
      this.#openGap = this.#gap(start.fileEnd, start.next, { why: "agent-restart", known: false });
      this.note(this.#openGap);
      this.#segment = undefined;
    }
  }

  /** What the agent needs to know to number output. */
  opened(number: number): OpenedLog {
    const { path } = this.#deps;
    const base = { number, logId: this.log, offset: this.#next, reservedEnd: this.#reservedEnd, path };
    return this.#openGap === undefined ? base : { ...base, gap: this.#openGap };
  }

  /**
   * The position that reserves offsets ahead. It counts when the caller has made it durable and says
   * so by {@link reserved}; what could not be is asked for again without reaching further.
   */
  reservation(): Position {
    return this.#position(Math.max(this.#reservedEnd, this.#next) + LOG_LIMITS.reservationBytes, false);
  }

  /** The disk knows this reservation. */
  reserved({ end }: Position): void {
    this.#reservedEnd = end;
  }

  /** The offset that the next byte written has. */
  get next(): number {
    return this.#next;
  }

  /** Its log or its index. */
  uses(path: string): boolean {
    return path === this.#deps.path || path === this.#deps.indexPath;
  }

  /** The position to make durable because the segment moved since it last was; else undefined. */
  moved(): Position | undefined {
    const segment = this.#segment;
    if (segment === undefined || (segment.off === this.#recorded?.off && segment.pos === this.#recorded.pos))
      return undefined;
    return this.#position(this.#reservedEnd, false);
  }

  /** The disk knows this position. */
  recorded({ off, pos }: Position): void {
    this.#recorded = { off, pos };
  }

  /** Whoever is told `end` can go on from the position that the disk knows. */
  isAt(end: number): boolean {
    const plain = this.#stamps === undefined && this.#deps.journal === undefined && !this.#mustLeave;
    const known = this.#begun && this.#segment !== undefined && this.moved() === undefined;
    return plain && known && end === this.#next && !this.index.behind;
  }

  /** The position after a clean stop at `end`. What never came until then is a gap. */
  close(end: number): Position {
    if (end > this.#next) this.#deps.onGap(this.#crossGap(end).record);
    this.index.writeMarks();
    return this.#position(this.#next, true);
  }

  /**
   * Append. Costs one writev, and once a second one index line. Throws a ConfedError when the file
   * system refuses; what it did take is kept and counted, see {@link next}.
   */
  append(pieces: readonly Piece[]): void {
    for (const run of runsOf(pieces, this.#next)) this.#write(run);
  }

  /** With a journal: have what was written on the disk. What the disk lost is marked. */
  sync(): void {
    const { logs, indexes, path, indexPath } = this.#deps;
    try {
      logs.sync(path);
      indexes.sync(indexPath);
      this.#syncedEnd = this.#next;
    } catch (reason) {
      this.lost(reason);
    }
  }

  /**
   * A sync failed. The kernel has thrown away what it could not write and would say the next time that
   * all is well: what was written since the last good one is a gap, and a new file begins.
   */
  lost(reason: unknown): void {
    const { logs, path, wallTimeMs } = this.#deps;
    const { rawMessage } = ConfedError.from(reason, "unavailable");
    const gap = this.#gap(this.#syncedEnd, this.#next, { why: "disk-failed", known: true });
    if (gap.to > gap.off) this.#owed = gap;
    this.#syncedEnd = this.#next;
    this.#segment = undefined;
    this.#mustLeave = true;
    logs.drop(path);
    try {
      this.#noteOwed();
      this.note({ t: "ev", off: this.#next, ms: wallTimeMs(), what: "disk-failed", text: rawMessage });
    } catch {
      // Before the next byte.
    }
    if (gap.to > gap.off) this.#deps.onGap(gap);
  }

  #noteOwed(): void {
    if (this.#owed === undefined) return;
    this.note(this.#owed);
    this.#owed = undefined;
  }

  /** Write a record into the index. Throws what the file system says. */
  note(record: IndexRecord): void {
    this.index.note(record);
  }

  /**
   * To be called again and again after the log was written to, until it says true: nothing came
   * since the call before, and what others may have done to the file after the last byte is noticed.
   * Throws what the file system says; then to be called again.
   */
  settle(): boolean {
    if (this.#next !== this.#settledNext) {
      this.#settledNext = this.#next;
      return false;
    }
    this.index.writeMarks();
    this.#look(this.#deps.wallTimeMs());
    return !this.index.behind;
  }

  #write(run: Run): void {
    const { path, logs, wallTimeMs } = this.#deps;
    const gap = run.from > this.#next ? this.#crossGap(run.from) : undefined;
    try {
      this.#noteOwed();
      const nowMs = wallTimeMs();
      if (this.#watched.isDue(nowMs)) this.#look(nowMs);
      const { fd } = this.#fileToWrite(nowMs);
      this.#append(fd, run, nowMs);
    } catch (reason) {
      logs.drop(path);
      // Nothing was written behind the gap: it grows, and is recorded when something is. A disk that
      // stays full must not fill the index with gaps.
      if (this.#next === run.from) gap?.takeBack();
      else if (gap !== undefined) this.#deps.onGap(gap.record);
      throw ConfedError.from(reason, "unavailable");
    }
    if (gap !== undefined) this.#deps.onGap(gap.record);
  }

  #append(fd: number, run: Run, nowMs: number): void {
    const stamps = this.#stamps;
    const place =
      stamps === undefined
        ? undefined
        : { pos: stamps.posOfNext(this.#fileBytes ?? 0), of: this.#segment?.off };
    const { takenBytes, fault, torn } = stamps?.append(fd, run, nowMs) ?? appendRun(fd, run);
    this.#next += takenBytes;
    if (torn) this.#segment = undefined;
    if (fault !== undefined) throw fault as Error;
    this.index.mark(run.from, nowMs, place);
  }

  // Somebody else truncated, replaced or wrote the file while it was closed: its bytes up to here
  // are not ours to number, ours go on behind them.
  #checkSegment({ id, sizeBytesAtOpen }: OpenFile): void {
    const goesOn = this.#file?.id === id && sizeBytesAtOpen === this.#fileBytes;
    if (!goesOn || !this.#begun) this.#beginSegment(segmentBehind(sizeBytesAtOpen, this.#standing(id)), id);
  }

  #standing(id: string): Standing {
    const last = this.#begun ? { ...this.#file, pos: this.#fileBytes } : { ...this.#known };
    const knownBytes = last.id === id ? last.pos : undefined;
    const { path } = this.#deps;
    return { next: this.#next, segment: this.#segment, knownBytes, path, stamps: this.#stamps };
  }

  #beginSegment(segment: Segment, id: string): void {
    const file = this.#file?.id === id ? this.#file : { id, base: segment.off };
    this.#noteSegment(segment, file);
    if (this.#stamps !== undefined) this.index.markNext();
    this.#segment = segment;
    this.#file = file;
    this.#begun = true;
  }

  #noteSegment({ off, pos, head, emptied }: Segment, { id, base }: LogFile): void {
    this.note({ t: "seg", log: this.log, off, file: this.#deps.path, pos, id, base, head, emptied });
  }

  /** How long the file is if nobody else touched it; undefined: the next byte begins a segment. */
  get #fileBytes(): number | undefined {
    if (this.#segment === undefined) return undefined;
    return this.#segment.pos + this.#next - this.#segment.off + (this.#stamps?.extraBytes ?? 0);
  }

  #fileToWrite(nowMs: number): OpenFile {
    const { logs, path, journal } = this.#deps;
    const held = this.#open !== undefined && logs.keeps(this.#open) ? this.#open : undefined;
    const { file, fresh } = held === undefined ? logs.take(path) : { file: held, fresh: false };
    this.#open = file;
    if (this.#mustRotate(file, nowMs)) {
      // Under another name nobody would find that it was truncated a moment ago.
      this.#look(nowMs);
      if (!file.closed && this.#mustRotate(file, nowMs)) this.#rotate(nowMs);
      return this.#fileToWrite(nowMs);
    }
    if (fresh) this.#checkSegment(file);
    if (journal !== undefined) file.unsynced = true;
    return file;
  }

  #mustRotate({ id, bornMs, sizeBytesAtOpen }: OpenFile, nowMs: number): boolean {
    // A clock that was set back must not keep a file from being rotated.
    const waitsMs = (this.#rotateNotBeforeMs ?? 0) - nowMs;
    if (waitsMs > 0 && waitsMs <= ROTATE_RETRY_MS) return false;
    if (this.#mustLeave) return sizeBytesAtOpen > 0;
    if (this.#file?.id !== id) return false;
    const known = this.#stamps === undefined || this.#begun ? this.#fileBytes : undefined;
    const sizeBytes = known ?? sizeBytesAtOpen;
    return isFull(this.#deps.rotate, { sizeBytes, ageMs: bornMs > 0 ? nowMs - bornMs : 0 });
  }

  // Whoever reads finds the file by its name or its id: nothing need be written down before or after,
  // and a stop in between costs nothing.
  #rotate(nowMs: number): void {
    const { logs, path, onRotated } = this.#deps;
    const to = segmentPathOf(path, this.log, this.#file?.base ?? this.#next);
    try {
      renameSync(path, to);
    } catch {
      // The log goes on where it is.
      this.#rotateNotBeforeMs = nowMs + ROTATE_RETRY_MS;
      return;
    }
    logs.drop(path);
    this.#mustLeave = false;
    this.#file = undefined;
    this.#segment = undefined;
    onRotated?.(to, path);
  }

  get #watched(): PathWatch {
    this.#watch ??= new PathWatch(this.#deps.path, this.#deps.folder);
    return this.#watch;
  }

  #look(nowMs: number): void {
    const { logs, path } = this.#deps;
    const open = logs.known(path);
    if (open === undefined) return;
    const sizeBytes = this.#watched.look(nowMs, open);
    if (sizeBytes === undefined) {
      logs.drop(path);
    } else if (this.#fileBytes !== undefined && sizeBytes < this.#fileBytes) {
      const recent = this.#deps.recent(this.#next);
      this.#beginSegment(segmentWithin(sizeBytes, this.#standing(open.id), recent), open.id);
    }
  }

  /** Record a gap up to `offset` and stand behind it. */
  #crossGap(offset: number): { readonly record: GapRecord; readonly takeBack: () => void } {
    const { logs, path } = this.#deps;
    const before = { next: this.#next, segment: this.#segment };
    const takeBackNotes = this.index.savepoint();
    const record = this.#gap(this.#next, offset, { why: "log-stalled", known: true });
    this.note(record);
    this.#next = offset;
    this.#segment = undefined;
    // Opened anew for the next byte, which makes a new segment.
    logs.drop(path);
    const takeBack = () => {
      this.#next = before.next;
      this.#segment = before.segment;
      takeBackNotes();
    };
    return { record, takeBack };
  }

  #gap(off: number, to: number, { why, known }: Pick<GapRecord, "why" | "known">): GapRecord {
    return { t: "gap", log: this.log, off, to, known, why, ms: this.#deps.wallTimeMs() };
  }

  #position(end: number, clean: boolean): Position {
    const { path: file } = this.#deps;
    const { off, pos, head }: Segment = this.#segment ?? { off: this.#next, pos: sizeOf(file) };
    const place = { off, pos, head, file, ...this.#file };
    const position = { name: this.name, log: this.log, end, clean, ...place };
    return this.#known?.turn === undefined ? position : { ...position, turn: this.#known.turn };
  }
}

const ROTATE_RETRY_MS = 60_000;
