import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import {
  decodeIndex,
  encodeIndexRecord,
  type GapRecord,
  type IndexRecord,
  type LogMap,
  logMapOf,
  type SegmentRecord,
  type Stretch,
  timeOf,
} from "@confed/codecs";
import { makeDirectory } from "@confed/kernel";
import { fileIdOf, locate } from "../log-files.ts";
import { readPlain } from "../read-file.ts";
import { type Place, type ReadFile, STAMP_BYTES, stampedText, stampOf, walkStamped } from "../stamps.ts";
import { journalsIn } from "./journal.ts";
import { visitJournal } from "./journal-records.ts";
import { type Position, syncDirectory } from "./positions-file.ts";

export interface ReplayDeps {
  /** Where the journal is. */
  readonly directory: string;
  readonly known: (name: string) => Position | undefined;
  readonly indexPathOf: (name: string) => string;
  readonly mode: number;
  /** A console's journal cannot be replayed: what its log lacks shows as a gap. */
  readonly onTrouble: (name: string, reason: unknown) => void;
}

/** Up to where the journal vouches for a console's log; what a file has beyond is not believed. */
export interface Vouched {
  readonly log: string;
  readonly end: number;
}

interface Told {
  log: string;
  end: number;
  readonly runs: { readonly offset: number; readonly bytes: Uint8Array }[];
  readonly notes: (SegmentRecord | GapRecord)[];
}

/**
 * Write into the logs what the journals of an unclean stop have and the logs may lack, make it
 * durable, and remove the journals. Idempotent: an unclean stop in the middle of it is followed by
 * the same again. Blocks; reads at most two journals into memory.
 */
export function replayJournals(deps: ReplayDeps): ReadonlyMap<string, Vouched> {
  const journals = journalsIn(deps.directory);
  if (journals.length === 0) return new Map();
  const told = new Map<string, Told>();
  for (const { path } of journals) read(path, told);
  const vouched = new Map<string, Vouched>();
  for (const [name, each] of told) {
    const known = deps.known(name);
    // Closed as it should be since, or begun anew: its files are as they shall be.
    if (known === undefined || known.log !== each.log || (known.clean && known.end >= each.end)) continue;
    try {
      replay(known, each, deps);
      vouched.set(name, { log: each.log, end: each.end });
    } catch (reason) {
      deps.onTrouble(name, reason);
    }
  }
  for (const { path } of journals) rmSync(path, { force: true });
  syncDirectory(deps.directory);
  return vouched;
}

function read(path: string, told: Map<string, Told>): void {
  const names = new Map<number, string>();
  const of = (number: number) => told.get(names.get(number) ?? "");
  visitJournal(readFileSync(path), {
    named: (number, { name, log, end }) => {
      names.set(number, name);
      const before = told.get(name);
      if (before?.log === log) before.end = Math.max(before.end, end);
      else told.set(name, { log, end, runs: [], notes: [] });
    },
    bytes: (number, offset, bytes) => {
      const console = of(number);
      if (console === undefined) return;
      console.runs.push({ offset, bytes });
      console.end = Math.max(console.end, offset + bytes.byteLength);
    },
    noted: (number, record) => {
      const console = of(number);
      if (console === undefined || (record.t !== "seg" && record.t !== "gap")) return;
      console.notes.push(record);
      if (record.t === "gap") console.end = Math.max(console.end, record.to);
    },
  });
}

function replay(known: Position, { log, runs, notes }: Told, deps: ReplayDeps): void {
  const { name } = known;
  const index = new IndexToMend(deps.indexPathOf(name), log);
  // Before the bytes: a stop in between finds them at the same place.
  index.add([...segmentOf(known), ...notes]);
  index.write();
  let { map } = index;
  const touched = new Map<string, number>();
  try {
    for (const run of joined(runs)) {
      for (const { stretch, offset, bytes } of partsOf(run, map)) {
        const found = stretch === undefined ? undefined : locate({ ...stretch, logId: log });
        const isLast = stretch === undefined || stretch.to === Number.POSITIVE_INFINITY;
        // Packed: it was synced before its original went.
        if (found?.packing === "none" && stretch !== undefined) {
          if (stretch.stamped === undefined) put(found.path, stretch.pos + offset - stretch.from, bytes);
          else putStamped(found.path, { stretch, offset, bytes });
        } else if (found === undefined && isLast) {
          // The file did not outlive the stop: what is at the path takes its place.
          const record = beginAt(known.file, { log, off: offset, mode: deps.mode });
          index.add([record]);
          index.write();
          ({ map } = index);
          put(record.file, record.pos, bytes);
        }
      }
    }
    for (const fd of touched.values()) fdatasyncSync(fd);
  } finally {
    for (const fd of touched.values()) closeSync(fd);
  }

  // Line feeds make stamps: it is as long as it was, whatever their times. Those are of the last mark.
  function putStamped(path: string, { stretch, offset, bytes }: Part & { readonly stretch: Stretch }): void {
    const mark = stretch.stamped?.marks.findLast(({ off }) => off <= offset);
    const from = { off: stretch.from, pos: stretch.pos, ...mark, skip: 0 };
    const read = (pos: number, sizeBytes: number) => readPlain(path, pos, sizeBytes);
    const there = placeOf(read, from, offset);
    if (there === undefined) return;
    const stamp = stampOf(timeOf(map, offset) ?? 0);
    const text = stampedText(bytes, { first: there.skip > 0 ? stamp : "", stamp });
    put(path, there.skip > 0 ? there.pos - (STAMP_BYTES - there.skip) : there.pos, text.bytes);
  }

  function put(path: string, pos: number, bytes: Uint8Array): void {
    const fd = touched.get(path) ?? openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW);
    touched.set(path, fd);
    // What is before it is lost as well, and older than the journal: a hole would read as bytes.
    if (fstatSync(fd).size < pos) return;
    for (let done = 0; done < bytes.byteLength; )
      done += writeSync(fd, bytes, done, bytes.byteLength - done, pos + done);
  }
}

/** Where in a stamped file the byte at `offset` stands or would stand next; undefined: the file ends before. */
function placeOf(read: ReadFile, from: Place, offset: number): Place | undefined {
  if (from.off === offset) return from;
  let beyondBytes = 0;
  const end = walkStamped(read, from, {
    visit: (bytes, off) => {
      beyondBytes = Math.max(0, off + bytes.byteLength - offset);
      return off + bytes.byteLength < offset;
    },
  });
  if (end.off < offset) return undefined;
  // In the middle of a line no stamp is between.
  return beyondBytes === 0 ? end : { off: offset, pos: end.pos - beyondBytes, skip: 0 };
}

/** In order, what follows on each other as one. */
function joined(runs: Told["runs"]): Told["runs"] {
  const all: { readonly offset: number; end: number; readonly chunks: Uint8Array[] }[] = [];
  for (const { offset, bytes } of runs.toSorted((a, b) => a.offset - b.offset)) {
    const last = all.at(-1);
    if (last?.end === offset) {
      last.chunks.push(bytes);
      last.end += bytes.byteLength;
    } else all.push({ offset, end: offset + bytes.byteLength, chunks: [bytes] });
  }
  return all.map(({ offset, chunks }) => ({ offset, bytes: Buffer.concat(chunks) }));
}

/** What the positions say: it is synced, the index may not be. */
function segmentOf({ log, off, pos, file, id, base, head }: Position): SegmentRecord[] {
  return id === undefined || base === undefined ? [] : [{ t: "seg", log, off, file, pos, id, base, head }];
}

interface Part {
  readonly stretch: Stretch | undefined;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Where each part of a run belongs; undefined: where a segment would have begun. */
function partsOf({ offset, bytes }: Omit<Part, "stretch">, { stretches, gaps }: LogMap): Part[] {
  const knownEnd = Math.max(0, ...stretches.map(({ to }) => to), ...gaps.map(({ to }) => to));
  const places = [
    ...stretches.map((stretch) => ({ stretch, from: stretch.from, to: stretch.to })),
    { stretch: undefined, from: knownEnd, to: Number.POSITIVE_INFINITY },
  ];
  return places.flatMap((place) => {
    const from = Math.max(offset, place.from);
    const to = Math.min(offset + bytes.byteLength, place.to);
    if (from >= to) return [];
    const part = bytes.subarray(from - offset, to - offset);
    return [{ stretch: place.stretch, offset: from, bytes: part }];
  });
}

function beginAt(
  path: string,
  { log, off, mode }: { readonly log: string; readonly off: number; readonly mode: number },
): SegmentRecord {
  makeDirectory(dirname(path));
  const { O_WRONLY, O_CREAT, O_NOFOLLOW } = constants;
  const fd = openSync(path, O_WRONLY | O_CREAT | O_NOFOLLOW, mode);
  try {
    const stat = fstatSync(fd);
    return { t: "seg", log, off, file: path, pos: stat.size, id: fileIdOf(stat), base: off };
  } finally {
    closeSync(fd);
  }
}

/** An index of which an unclean stop may have lost any lines that were not synced. */
class IndexToMend {
  readonly #path: string;
  readonly #log: string;
  /** Of older logs; not ours to order. */
  readonly #before: readonly IndexRecord[];
  #records: readonly IndexRecord[];
  #changed: boolean;

  constructor(path: string, log: string) {
    this.#path = path;
    this.#log = log;
    const text = statSync(path, { throwIfNoEntry: false }) === undefined ? "" : readFileSync(path, "utf8");
    const { records, damagedCount } = decodeIndex(text);
    const first = records.findIndex((record) => "log" in record && record.log === log);
    this.#before = first === -1 ? records : records.slice(0, first);
    this.#records = first === -1 ? [] : records.slice(first);
    this.#changed = damagedCount > 0;
  }

  get map(): LogMap {
    return logMapOf(this.#records, this.#log);
  }

  add(records: readonly IndexRecord[]): void {
    const there = new Set(this.#records.map(sameness));
    const missing = records.filter((record) => !there.has(sameness(record)));
    if (missing.length === 0) return;
    this.#changed = true;
    // Stable: what was noted at the same offset stays in the order in which it was.
    this.#records = [...this.#records, ...missing].sort((a, b) => a.off - b.off);
  }

  write(): void {
    if (!this.#changed) return;
    makeDirectory(dirname(this.#path));
    const temporary = `${this.#path}.new`;
    const text = [...this.#before, ...this.#records].map(encodeIndexRecord).join("");
    writeFileSync(temporary, text, { mode: 0o640, flush: true });
    renameSync(temporary, this.#path);
    this.#changed = false;
    syncDirectory(dirname(this.#path));
  }
}

// A segment that the positions know as well is the same, in whatever order it was written down.
function sameness(record: IndexRecord): string {
  if (record.t !== "seg") return JSON.stringify(record);
  const { off, file, pos, id } = record;
  return JSON.stringify([off, file, pos, id]);
}
