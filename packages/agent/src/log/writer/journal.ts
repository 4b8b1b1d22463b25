import { closeSync, fdatasyncSync, ftruncateSync, openSync, rmSync, writevSync } from "node:fs";
import { join } from "node:path";
import type { IndexRecord } from "@confed/codecs";
import type { Cancel, Clock } from "@confed/kernel";
import { namesIn } from "../log-files.ts";
import { LOG_LIMITS } from "../log-limits.ts";
import { bytesHead, type Journaled, namedRecord, notedRecord } from "./journal-records.ts";
import { syncDirectory } from "./positions-file.ts";

/** A console whose bytes go through the journal. */
export interface JournaledConsole extends Omit<Journaled, "end"> {
  /** The offset that the next byte written to its log has. */
  readonly next: number;
  /** Its log and index are on the disk when it returns; what cannot be is marked by itself. */
  sync(): void;
}

export interface JournalDeps {
  readonly clock: Pick<Clock, "after" | "nowMs">;
  /** The journal is damaged by what the disk says; it goes on in a new file. */
  readonly onTrouble: (reason: unknown) => void;
}

interface JournalFile {
  readonly path: string;
  readonly fd: number;
  readonly begunMs: number;
  sizeBytes: number;
  /** Who wrote into it: their logs are synced before it goes. */
  readonly writers: Set<number>;
}

/**
 * What is printed on consoles with `sync: journal`, of a whole shard in one file: written before it
 * goes to the logs, synced at once for all, {@link SYNC_AFTER_MS} after the first byte. A file that
 * is full or old is followed by another; when the logs of all who wrote into it are synced, a few at
 * a time, it is removed. Nothing happens while nothing is printed.
 */
export class Journal {
  readonly #directory: string;
  readonly #deps: JournalDeps;
  readonly #consoles = new Map<number, JournaledConsole>();
  /** Up to where each is in the journal: what the disk refuses a log comes again. */
  readonly #ends = new Map<number, number>();
  #number: number;
  #file: JournalFile | undefined;
  #retired: JournalFile | undefined;
  #unsynced = false;
  #cancelTick: Cancel | undefined;

  /** Nothing is touched before the first byte. */
  constructor(directory: string, deps: JournalDeps) {
    this.#directory = directory;
    this.#deps = deps;
    this.#number = Math.max(0, ...journalsIn(directory).map(({ number }) => number)) + 1;
  }

  has(number: number): boolean {
    return this.#consoles.has(number);
  }

  /** Its bytes go through the journal from now on. Throws what the file system says. */
  add(number: number, console: JournaledConsole): void {
    this.#consoles.set(number, console);
    this.#ends.set(number, console.next);
    if (this.#file === undefined) return;
    // Before its first byte: what a log has is believed where no journal speaks of it.
    fdatasyncSync(this.#write([namedRecord(number, journaledAs(console))]).fd);
  }

  /** It is closed, and its log synced. Without any, the journal goes. */
  delete(number: number): void {
    this.#consoles.delete(number);
    this.#ends.delete(number);
    if (this.#consoles.size === 0) this.#removeAll();
  }

  /** Write what was printed, of all consoles at once. Throws what the file system says: then nothing is. */
  bytes(printed: Iterable<readonly [number, readonly { offset: number; bytes: Uint8Array }[]]>): void {
    const chunks: Uint8Array[] = [];
    const ends = new Map<number, number>();
    for (const [number, pieces] of printed) {
      let end = this.#ends.get(number);
      if (end === undefined) continue;
      for (const { offset, bytes } of pieces) {
        const fresh = offset >= end ? bytes : bytes.subarray(end - offset);
        if (fresh.byteLength === 0) continue;
        end = offset + bytes.byteLength;
        chunks.push(bytesHead(number, end - fresh.byteLength, fresh), fresh);
      }
      ends.set(number, end);
    }
    if (chunks.length === 0) return;
    const file = this.#write(chunks);
    for (const [number, end] of ends) {
      this.#ends.set(number, end);
      file.writers.add(number);
    }
  }

  /** A segment or a gap, which its index may lose. Throws what the file system says. */
  note(number: number, record: IndexRecord): void {
    if (this.#consoles.has(number)) this.#write([notedRecord(number, record)]).writers.add(number);
  }

  /** Sync what is there and leave it to the next start. */
  close(): void {
    this.#cancelTick?.();
    for (const file of [this.#retired, this.#file]) {
      if (file === undefined) continue;
      try {
        fdatasyncSync(file.fd);
      } catch (reason) {
        this.#deps.onTrouble(reason);
      }
      closeSync(file.fd);
    }
  }

  #write(chunks: readonly Uint8Array[]): JournalFile {
    this.#followIfFull();
    const file = (this.#file ??= this.#begin());
    this.#append(file, chunks);
    this.#unsynced = true;
    this.#arm();
    return file;
  }

  #append(file: JournalFile, chunks: readonly Uint8Array[]): void {
    const sizeBytes = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
    try {
      let left = chunks;
      for (let leftBytes = sizeBytes; leftBytes > 0; ) {
        const written = writevSync(file.fd, left);
        leftBytes -= written;
        if (leftBytes > 0) left = [Buffer.concat(left).subarray(written)];
      }
    } catch (reason) {
      // A torn record in the middle would end the journal there.
      ftruncateSync(file.fd, file.sizeBytes);
      throw reason;
    }
    file.sizeBytes += sizeBytes;
  }

  #begin(): JournalFile {
    const path = join(this.#directory, `journal-${this.#number}`);
    const fd = openSync(path, "ax", 0o600);
    this.#number += 1;
    const file = { path, fd, begunMs: this.#deps.clock.nowMs(), sizeBytes: 0, writers: new Set<number>() };
    try {
      const names = [...this.#consoles].map(([number, console]) => namedRecord(number, journaledAs(console)));
      this.#append(file, names);
      fdatasyncSync(fd);
      syncDirectory(this.#directory);
    } catch (reason) {
      closeSync(fd);
      rmSync(path, { force: true });
      throw reason;
    }
    return file;
  }

  #arm(): void {
    this.#cancelTick ??= this.#deps.clock.after(SYNC_AFTER_MS, () => {
      this.#cancelTick = undefined;
      this.#tick();
    });
  }

  #tick(): void {
    this.#finishRetired(RETIRE_SLICE_MS);
    const file = this.#file;
    if (file !== undefined) {
      const isOld = this.#deps.clock.nowMs() - file.begunMs >= FILE_AGE_MS;
      if (isOld && this.#retired === undefined) this.#retire(file);
      else if (!this.#sync(file)) this.#distrust(file);
    }
    if (this.#retired !== undefined || this.#file !== undefined) this.#arm();
  }

  #followIfFull(): void {
    const file = this.#file;
    if (file === undefined || file.sizeBytes < LOG_LIMITS.journalFileBytes) return;
    // Both are full: whoever prints so much waits for the disk.
    this.#finishRetired(Number.POSITIVE_INFINITY);
    if (this.#file === file) this.#retire(file);
  }

  #retire(file: JournalFile): void {
    if (this.#sync(file)) {
      this.#retired = file;
      this.#file = undefined;
    } else this.#distrust(file);
  }

  #sync({ fd }: JournalFile): boolean {
    if (!this.#unsynced) return true;
    this.#unsynced = false;
    try {
      fdatasyncSync(fd);
      return true;
    } catch (reason) {
      this.#deps.onTrouble(reason);
      return false;
    }
  }

  // The kernel says it once and forgets what it could not write: nothing in the file is believed, and
  // the logs themselves are synced now.
  #distrust(file: JournalFile): void {
    this.#finishRetired(Number.POSITIVE_INFINITY);
    this.#retired = file;
    this.#file = undefined;
    this.#finishRetired(Number.POSITIVE_INFINITY);
  }

  #finishRetired(forMs: number): void {
    const file = this.#retired;
    if (file === undefined) return;
    const { clock } = this.#deps;
    const endMs = clock.nowMs() + forMs;
    for (const number of file.writers) {
      if (clock.nowMs() >= endMs) return;
      this.#consoles.get(number)?.sync();
      file.writers.delete(number);
    }
    this.#removeRetired(file);
  }

  // A sync that fails is noted in the journal, and by that this may have been done meanwhile.
  #removeRetired(file: JournalFile): void {
    if (this.#retired !== file) return;
    this.#remove(file);
    this.#retired = undefined;
  }

  #removeAll(): void {
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    for (const file of [this.#retired, this.#file]) if (file !== undefined) this.#remove(file);
    this.#retired = undefined;
    this.#file = undefined;
    this.#unsynced = false;
  }

  #remove({ fd, path }: JournalFile): void {
    closeSync(fd);
    rmSync(path, { force: true });
  }
}

/** With what a byte waits before (reading 250 ms, the arena 100 ms) less than a second in all. */
const SYNC_AFTER_MS = 600;
/** A journal that is replayed is young, whatever was done to the logs meanwhile. */
const FILE_AGE_MS = 30_000;
/** Of every tick, for syncing logs: the writer's other work waits no longer. */
const RETIRE_SLICE_MS = 50;

/** The journals of a directory, oldest first. */
export function journalsIn(directory: string): readonly { readonly path: string; readonly number: number }[] {
  return namesIn(directory)
    .flatMap((name) => /^journal-(\d{1,15})$/.exec(name)?.[1] ?? [])
    .map((digits) => ({ path: join(directory, `journal-${digits}`), number: Number(digits) }))
    .sort((a, b) => a.number - b.number);
}

/** What a file of the journal begins with: how far this console is known to it. */
function journaledAs({ name, log, next }: JournaledConsole): Journaled {
  return { name, log, end: next };
}
