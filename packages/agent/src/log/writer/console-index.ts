import { ftruncateSync } from "node:fs";
import {
  type EventRecord,
  encodeIndexRecord,
  type IndexRecord,
  MARK_EVERY_MS,
  MARKS_HELD_MS,
  type TimeRecord,
} from "@confed/codecs";
import { appendWhole } from "./append-whole.ts";
import { clockQuality } from "./clock-quality.ts";
import { firstTurnMs } from "./first-turn.ts";
import type { IndexReserve } from "./index-reserve.ts";
import type { OpenFiles } from "./open-files.ts";
import { sizeOf } from "./where-to-start.ts";

export interface ConsoleIndexDeps {
  /** The console's. */
  readonly name: string;
  readonly indexPath: string;
  readonly indexes: OpenFiles;
  /** Runs evenly whatever the wall clock is set to. */
  readonly monotonicMs: () => number;
  /** Where segments and gaps are noted as well, before the index, which may lose them. */
  readonly journal?: ((record: IndexRecord) => void) | undefined;
  /** For what must not be lost while the disk is full. */
  readonly reserve?: IndexReserve | undefined;
  /** The index could be written, or not: why. */
  readonly onIndex?: ((reason?: unknown) => void) | undefined;
}

/** Where a byte stands in its file, if its segment is stamped. */
export type Place = Partial<Pick<TimeRecord, "pos" | "of">>;

/** One for all: exact logs pay nothing. */
const NO_PLACE: Place = Object.freeze({});

/**
 * One console's index, as its log writer writes it. Time marks are held for up to
 * {@link MARKS_HELD_MS} and written together, never behind a record that came later: a writer that is
 * killed loses some seconds of times, never bytes, segments, gaps or events.
 */
export class ConsoleIndex {
  readonly #deps: ConsoleIndexDeps;
  /** Lines of marks that are not written yet; five or six at most. */
  #heldLines = "";
  // Undefined until the first mark: numbers would have a box each, in ten thousand idle consoles.
  #markedAtMs: number | undefined;
  #marksWrittenAtMs: number | undefined;
  /** How far the wall clock was ahead of the monotonic one at the last mark. */
  #wallLeadMs: number | undefined;
  /** A mark that said that the clock was set could not be written: the next one says so. */
  #stepUntold = false;

  constructor(deps: ConsoleIndexDeps) {
    this.#deps = deps;
  }

  /** Write a record, and what is held before it. Throws what the file system says. */
  note(record: IndexRecord): void {
    const { journal, reserve, name } = this.#deps;
    if (record.t !== "seg" && record.t !== "gap") {
      this.#write(encodeIndexRecord(record));
      return;
    }
    journal?.(record);
    try {
      this.#write(encodeIndexRecord(record), journal !== undefined);
    } catch (reason) {
      if (!isNoSpace(reason) || reserve?.keep(name, record) !== true) throw reason;
    }
  }

  /** As `note`, for a console that may not print for days: its index is not kept open for that. */
  noteEvent(record: EventRecord): void {
    this.note(record);
    if (this.#marksWrittenAtMs === undefined) this.#deps.indexes.drop(this.#deps.indexPath);
  }

  /** It lacks what the reserve has. */
  get behind(): boolean {
    return this.#late !== "";
  }

  /**
   * The byte at `off` comes now; kept in mind at most once a second. The first after a silence is
   * written at once: what is in the index is never older than the newest output by more than what is
   * held. A time that the index cannot take is unknown.
   */
  mark(off: number, nowMs: number, place: Place = NO_PLACE): void {
    if (this.#markedAtMs !== undefined && Math.abs(nowMs - this.#markedAtMs) < MARK_EVERY_MS) return;
    this.#markedAtMs = nowMs;
    const leadMs = nowMs - this.#deps.monotonicMs();
    const known = clockQuality(nowMs, { leadMs, leadBeforeMs: this.#wallLeadMs ?? Number.NaN });
    const q = this.#stepUntold ? (known ?? "stepped") : known;
    this.#stepUntold = false;
    this.#wallLeadMs = leadMs;
    this.#heldLines += encodeIndexRecord({
      t: "at",
      off,
      ms: nowMs,
      ...place,
      ...(q === undefined ? {} : { q }),
    });
    const writtenAtMs = this.#marksWrittenAtMs;
    if (writtenAtMs !== undefined && Math.abs(nowMs - writtenAtMs) < MARKS_HELD_MS) return;
    this.#marksWrittenAtMs = writtenAtMs === undefined ? firstTurnMs(nowMs, MARKS_HELD_MS) : nowMs;
    this.writeMarks();
  }

  /** Another writer has written its marks until now: the next are held, and written in turn. */
  goOn(nowMs: number): void {
    this.#deps.indexes.goOn(this.#deps.indexPath);
    this.#marksWrittenAtMs = firstTurnMs(nowMs, MARKS_HELD_MS);
  }

  /** The next byte is marked, whenever it comes. */
  markNext(): void {
    this.#markedAtMs = undefined;
  }

  /** Hold no marks any longer. Those that the index cannot take are unknown. */
  writeMarks(): void {
    if (this.#heldLines === "" && !this.behind) return;
    try {
      this.#write("");
    } catch {
      // The next is written all the same.
    }
  }

  /** What takes back everything that is noted from here on. Throws what the file system says. */
  savepoint(): () => void {
    const { indexes, indexPath, reserve, name } = this.#deps;
    this.writeMarks();
    const takeBackReserved = reserve?.savepoint(name);
    const sizeBytes = sizeOf(indexPath);
    return () => {
      // A full disk has not even an empty file to give.
      if (sizeOf(indexPath) > sizeBytes) ftruncateSync(indexes.take(indexPath).file.fd, sizeBytes);
      takeBackReserved?.();
    };
  }

  get #late(): string {
    return this.#deps.reserve?.linesOf(this.#deps.name) ?? "";
  }

  #write(line: string, unsynced?: boolean): void {
    const { indexes, indexPath, reserve, name, onIndex } = this.#deps;
    const late = this.#late;
    const held = this.#heldLines;
    this.#heldLines = "";
    try {
      const { file } = indexes.take(indexPath);
      if (unsynced !== undefined) file.unsynced = unsynced;
      // The first line after an unclean stop may follow a torn one: an empty line closes that off.
      const torn = file.untouched && file.sizeBytesAtOpen > 0;
      file.untouched = false;
      appendWhole(file.fd, `${torn ? "\n" : ""}${late}${held}${line}`);
    } catch (reason) {
      // Opened anew: what this may have torn is closed off as well.
      indexes.drop(indexPath);
      this.#stepUntold ||= held.includes('"q":');
      onIndex?.(reason);
      throw reason;
    }
    if (late !== "") reserve?.release(name);
    onIndex?.();
  }
}

function isNoSpace(reason: unknown): boolean {
  const { code } = reason as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}
