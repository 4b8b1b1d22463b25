import { type Cancel, type Clock, RECORD_HEADER_BYTES } from "@confed/kernel";
import { LOG_LIMITS } from "./log-limits.ts";

/** One stretch of a console's output. */
export interface Stretch {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface BacklogDeps {
  readonly clock: Clock;
  /** What the log writer was given of a console from `from` on and has not answered, in order. */
  readonly inFlight: (number: number, from: number) => readonly Stretch[];
  /**
   * Give the log writer records of one console again. `final`: with these it has everything, and
   * takes the console's plain batches again.
   */
  readonly again: (number: number, records: Uint8Array, final: boolean) => void;
}

interface Backlog {
  readonly kept: Stretch[];
  keptBytes: number;
  /** Set while the writer has not answered: where what it was asked to take ends. */
  asked: { readonly end: number; readonly final: boolean } | undefined;
  /** The last answer was that it took everything. */
  proven: boolean;
}

/**
 * What the log writer refused, kept a console until the disk takes it: the arenas it came in are
 * free for others meanwhile. A little of each is offered again every 500 ms; as soon as any is taken,
 * everything is offered.
 *
 * Each console keeps 256 KiB at most, all of them a bound together; beyond it a console's newest
 * bytes are dropped, and show as a gap when the log goes on.
 */
export class Backlogs {
  readonly #deps: BacklogDeps;
  readonly #backlogs = new Map<number, Backlog>();
  /** Whom to ask next, in turn. */
  readonly #queue = new Set<number>();
  #askedCount = 0;
  #totalBytes = 0;
  #cancelTick: Cancel | undefined;
  /** Since the last tick something was taken, and all were put in the queue. */
  #healing = false;

  constructor(deps: BacklogDeps) {
    this.#deps = deps;
  }

  has(number: number): boolean {
    return this.#backlogs.has(number);
  }

  numbers(): IterableIterator<number> {
    return this.#backlogs.keys();
  }

  /** What is kept of a console from `from` on, in order. Views: nobody writes into them. */
  kept(number: number, from: number): Stretch[] {
    const backlog = this.#backlogs.get(number);
    return (backlog?.kept ?? []).flatMap((stretch) => behind(stretch, from));
  }

  /** Keep a copy of what was refused; stretches come in order. Returns how many bytes are dropped. */
  refused(number: number, { offset, bytes }: Stretch): number {
    const backlog = this.#ensured(number);
    const { length } = bytes;
    const full =
      backlog.keptBytes + length > LOG_LIMITS.backlogBytesMax ||
      this.#totalBytes + length > LOG_LIMITS.backlogsBytesMax;
    // The writer may be taking just these: they were offered again together with what is kept.
    const offered = backlog.asked !== undefined && offset < backlog.asked.end;
    if (full && !offered) return length;
    backlog.kept.push({ offset, bytes: bytes.slice() });
    this.#count(backlog, length);
    return 0;
  }

  /** The log was opened behind what the console has printed: it waits for a final offer. */
  begin(number: number): void {
    this.#ensured(number);
  }

  /** The writer took what it was offered. */
  taken(number: number): void {
    const backlog = this.#backlogs.get(number);
    if (backlog?.asked === undefined) return;
    const { end, final } = backlog.asked;
    this.#forgetUpTo(backlog, end);
    this.#answered(backlog, true);
    if (final) this.forget(number);
    else this.#queue.add(number);
    // The disk takes something: others need not wait for their turn.
    if (!this.#healing) for (const other of this.#backlogs.keys()) this.#queue.add(other);
    this.#healing = true;
    this.#askNext();
  }

  /** The writer took what it was offered up to `next`, and no more. */
  refusedAgain(number: number, next: number | undefined): void {
    const backlog = this.#backlogs.get(number);
    if (backlog === undefined) return;
    if (next !== undefined) this.#forgetUpTo(backlog, next);
    this.#answered(backlog, false);
    this.#askNext();
  }

  /** Offer everything of a console now: nothing of it comes later. */
  offerAll(number: number): void {
    const backlog = this.#backlogs.get(number);
    if (backlog !== undefined) this.#ask(number, backlog, Number.POSITIVE_INFINITY);
  }

  /** A new writer knows nothing of what the old one was asked. */
  writerIsNew(): void {
    for (const backlog of this.#backlogs.values()) {
      if (backlog.asked !== undefined) this.#answered(backlog, false);
    }
  }

  forget(number: number): void {
    const backlog = this.#backlogs.get(number);
    if (backlog === undefined) return;
    if (backlog.asked !== undefined) this.#answered(backlog, false);
    this.#totalBytes -= backlog.keptBytes;
    this.#backlogs.delete(number);
    this.#queue.delete(number);
  }

  close(): void {
    this.#cancelTick?.();
    for (const number of [...this.#backlogs.keys()]) this.forget(number);
  }

  #ensured(number: number): Backlog {
    const known = this.#backlogs.get(number);
    if (known !== undefined) return known;
    const fresh: Backlog = { kept: [], keptBytes: 0, asked: undefined, proven: false };
    this.#backlogs.set(number, fresh);
    this.#arm();
    return fresh;
  }

  #arm(): void {
    this.#cancelTick ??= this.#deps.clock.after(RETRY_MS, () => {
      this.#cancelTick = undefined;
      this.#healing = false;
      let room = PROBES_MAX;
      for (const [number, backlog] of this.#backlogs) {
        if (room-- === 0) break;
        this.#queue.add(number);
        // Behind all others for the next turn.
        this.#backlogs.delete(number);
        this.#backlogs.set(number, backlog);
      }
      this.#askNext();
      if (this.#backlogs.size > 0) this.#arm();
    });
  }

  #askNext(): void {
    for (const number of this.#queue) {
      if (this.#askedCount >= ASKED_MAX) return;
      this.#queue.delete(number);
      const backlog = this.#backlogs.get(number);
      if (backlog !== undefined && backlog.asked === undefined) {
        this.#ask(number, backlog, backlog.proven ? CHUNK_BYTES : PROBE_BYTES);
      }
    }
  }

  #ask(number: number, backlog: Backlog, bytesMax: number): void {
    const last = backlog.kept.at(-1);
    const flightFrom = last === undefined ? 0 : last.offset + last.bytes.byteLength;
    const wanted = [...backlog.kept, ...this.#deps.inFlight(number, flightFrom)];
    const parts: Stretch[] = [];
    let leftBytes = bytesMax;
    for (const { offset, bytes } of wanted) {
      if (leftBytes === 0) break;
      const part = bytes.subarray(0, leftBytes);
      parts.push({ offset, bytes: part });
      leftBytes -= part.byteLength;
    }
    const end = endOf(parts.at(-1));
    const final = end === endOf(wanted.at(-1));
    if (backlog.asked === undefined) this.#askedCount += 1;
    backlog.asked = { end, final };
    this.#deps.again(number, recordsOf(number, parts), final);
  }

  #answered(backlog: Backlog, proven: boolean): void {
    if (backlog.asked !== undefined) this.#askedCount -= 1;
    backlog.asked = undefined;
    backlog.proven = proven;
  }

  #forgetUpTo(backlog: Backlog, end: number): void {
    const left = backlog.kept.flatMap((stretch) => behind(stretch, end));
    const leftBytes = left.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
    this.#count(backlog, leftBytes - backlog.keptBytes);
    backlog.kept.splice(0, backlog.kept.length, ...left);
  }

  #count(backlog: Backlog, bytes: number): void {
    backlog.keptBytes += bytes;
    this.#totalBytes += bytes;
  }
}

/** Heals are noticed this soon: well within the 2 s that a heal may take. */
const RETRY_MS = 500;
/** Consoles asked each time, and what each is asked to take: a full disk costs 2 MiB/s of a pipe. */
const PROBES_MAX = 256;
const PROBE_BYTES = 4 * 1024;
/** Once the disk takes something: what is in the pipe at a time. */
const CHUNK_BYTES = 256 * 1024;
const ASKED_MAX = 256;

function behind({ offset, bytes }: Stretch, from: number): Stretch[] {
  if (offset + bytes.byteLength <= from) return [];
  return offset >= from ? [{ offset, bytes }] : [{ offset: from, bytes: bytes.subarray(from - offset) }];
}

function endOf(stretch: Stretch | undefined): number {
  return stretch === undefined ? 0 : stretch.offset + stretch.bytes.byteLength;
}

/** Stretches of one console as the records of an arena. */
export function recordsOf(number: number, stretches: readonly Stretch[]): Uint8Array {
  const sizeBytes = stretches.reduce((sum, { bytes }) => sum + RECORD_HEADER_BYTES + bytes.byteLength, 0);
  const records = new Uint8Array(sizeBytes);
  const view = new DataView(records.buffer);
  let at = 0;
  for (const { offset, bytes } of stretches) {
    view.setUint32(at, number, true);
    view.setUint32(at + 4, bytes.byteLength, true);
    view.setFloat64(at + 8, offset, true);
    records.set(bytes, at + RECORD_HEADER_BYTES);
    at += RECORD_HEADER_BYTES + bytes.byteLength;
  }
  return records;
}
