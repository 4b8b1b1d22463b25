import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  rmSync,
  writeSync,
} from "node:fs";
import { ConfedError, makeDirectory, neutralise } from "@confed/kernel";
import {
  type AuditEvent,
  CHAIN_START,
  type ChainEnd,
  chained,
  fieldsOf,
  readLine,
} from "@confed/trust/audit";
import { auditFilePath, auditFilesIn, checkAuditDirectory, symbolicLink, tailOf } from "../audit-files.ts";

export interface ChainFileDeps {
  readonly wallTimeMs: () => number;
  /** What the first record of a file says besides from where the chain goes on. */
  readonly begun: Readonly<Record<string, string>>;
}

interface OpenFile {
  readonly path: string;
  readonly fd: number;
  sizeBytes: number;
}

/**
 * The chain of a directory, on disk. What `append` returned from is durable. After anything it throws,
 * the next call begins by looking at what the disk really has.
 */
export class ChainFile {
  readonly #directory: string;
  readonly #deps: ChainFileDeps;
  #file: OpenFile | undefined;
  #end: ChainEnd = CHAIN_START;
  #ids: readonly unknown[] = [];

  /** Nothing is touched before the first call. */
  constructor(directory: string, deps: ChainFileDeps) {
    this.#directory = directory;
    this.#deps = deps;
  }

  get end(): ChainEnd {
    return this.#end;
  }

  get sizeBytes(): number {
    return this.#file?.sizeBytes ?? 0;
  }

  /** Ids of events that were on disk when it was opened last: the newest, and those of a batch before. */
  get idsAtOpen(): readonly unknown[] {
    return this.#ids;
  }

  /** Open the newest file, healed if a crash tore its end, or the first one. Throws what the disk says. */
  open(): void {
    if (this.#file !== undefined && fstatSync(this.#file.fd).nlink > 0) return;
    this.close();
    makeDirectory(this.#directory, 0o700);
    checkAuditDirectory(this.#directory);
    const files = [...auditFilesIn(this.#directory)];
    let file = files.pop();
    for (; file !== undefined; file = files.pop()) {
      if (this.#goOn(file.path)) return;
      // Made, and nothing was written to it any more.
      rmSync(file.path);
    }
    this.#begin();
  }

  /** Append records and sync them. Throws what the disk says; then none of them counts. */
  append(batch: readonly string[]): void {
    this.open();
    const file = this.#file;
    if (file === undefined || batch.length === 0) return;
    let end = this.#end;
    const lines = batch.map((fields) => {
      const next = chained(end, fields);
      end = next.end;
      return `${next.line}\n`;
    });
    this.#write(file, lines.join(""));
    this.#end = end;
  }

  /** Go on in a new file. */
  rotate(): void {
    this.close();
    this.#begin();
  }

  /** Idempotent. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file.fd);
    this.#file = undefined;
  }

  // False: there is no record in it.
  #goOn(path: string): boolean {
    const fd = opened(path, constants.O_RDWR | constants.O_APPEND);
    try {
      const { offset, bytes } = tailOf(fd, TAIL_BYTES);
      if (bytes.byteLength === 0) {
        closeSync(fd);
        return false;
      }
      const { whole, end, ids } = lastRecordIn(bytes, path);
      // What memory knows to be durable is more than what a file from which somebody cut says.
      if (end.seq > this.#end.seq || this.#end.seq === 0) this.#end = end;
      this.#ids = ids;
      const torn = bytes.subarray(whole);
      this.#file = { path, fd, sizeBytes: offset + whole };
      if (torn.byteLength === 0) return true;
      ftruncateSync(fd, offset + whole);
      this.append([this.#fields(healed(torn))]);
      return true;
    } catch (reason) {
      this.#file = undefined;
      closeSync(fd);
      throw reason;
    }
  }

  #begin(): void {
    const path = auditFilePath(this.#directory, this.#end.seq + 1);
    const fd = opened(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL);
    this.#file = { path, fd, sizeBytes: 0 };
    try {
      const details = { previous: this.#end.hash, ...this.#deps.begun };
      const { line, end } = chained(this.#end, this.#fields({ event: "audit.begun", details }));
      this.#write(this.#file, `${line}\n`);
      this.#end = end;
      syncDirectory(this.#directory);
    } catch (reason) {
      this.close();
      rmSync(path, { force: true });
      throw reason;
    }
  }

  // One write and one sync, however many records. A disk may take a part and then no more; and what it
  // could not sync it forgets, so that only a look at the file says what it has.
  #write(file: OpenFile, text: string): void {
    const bytes = Buffer.from(text);
    try {
      for (let written = 0; written < bytes.byteLength; ) written += writeSync(file.fd, bytes, written);
      fdatasyncSync(file.fd);
      file.sizeBytes += bytes.byteLength;
    } catch (reason) {
      try {
        ftruncateSync(file.fd, file.sizeBytes);
      } catch {
        // Read-only by now: what came through is looked at when it is opened again.
      }
      this.close();
      throw reason;
    }
  }

  #fields(event: AuditEvent): string {
    return fieldsOf(event, { wallTimeMs: this.#deps.wallTimeMs() });
  }
}

/** More than any batch that a power loss can tear: the queue in front of it is shorter. */
const TAIL_BYTES = 4 * 1024 * 1024;

/** The last whole record among these bytes, and where it ends. */
function lastRecordIn(
  bytes: Buffer,
  path: string,
): { readonly whole: number; readonly end: ChainEnd; readonly ids: readonly unknown[] } {
  let last: { whole: number; end: ChainEnd } | undefined;
  const ids: unknown[] = [];
  for (let to = bytes.lastIndexOf(LINE_FEED); to >= 0; ) {
    const before = to === 0 ? -1 : bytes.lastIndexOf(LINE_FEED, to - 1);
    const read = readLine(bytes.toString("utf8", before + 1, to));
    if (read !== undefined) {
      last ??= { whole: to + 1, end: { seq: read.seq, hash: read.hash } };
      const { id } = read.record;
      if (id !== undefined) ids.push(id);
      if (ids.length >= IDS_MAX) break;
    }
    to = before;
  }
  if (last !== undefined) return { ...last, ids };
  throw new ConfedError("data_loss", `${path} holds no record of an audit`, {
    subject: path,
    hint: "keep it as evidence elsewhere; the audit goes on when it is gone",
  });
}

/** Events of a run are written in their order: the newest of each run is among these. */
const IDS_MAX = 64;
const LINE_FEED = 0x0a;

function healed(torn: Buffer): AuditEvent {
  return {
    event: "audit.healed",
    text: neutralise(torn.toString("utf8", 0, 200), 300),
    details: { bytes: torn.byteLength },
  };
}

function opened(path: string, flags: number): number {
  try {
    return openSync(path, flags | constants.O_NOFOLLOW, 0o600);
  } catch (reason) {
    throw (reason as NodeJS.ErrnoException).code === "ELOOP" ? symbolicLink(path) : reason;
  }
}

function syncDirectory(directory: string): void {
  const fd = openSync(directory, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
