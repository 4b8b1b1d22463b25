import type { KeyObject } from "node:crypto";
import { CHAIN_START, type ChainEnd, linkHash, type ReadLine, readLine } from "./chain.ts";
import { isSigned, keyIdOf } from "./checkpoint.ts";
import { LINE_BYTES_MAX } from "./record.ts";

/** A file of an audit directory, in the order in which they were written. */
export interface AuditFile {
  readonly name: string;
  /** Without line feeds; the last may be torn. */
  readonly lines: Iterable<string>;
}

/** Something that is not as it was written, at a line counted from 1. */
export interface AuditFault {
  readonly file: string;
  readonly line: number;
  readonly what: string;
}

/** What can be said of a chain. Without faults, it is what was written. */
export interface AuditVerdict {
  readonly records: number;
  readonly first: number;
  readonly end: ChainEnd;
  readonly checkpoints: number;
  /** Records behind the last checkpoint: chained, but signed by nobody yet. */
  readonly unsigned: number;
  /** Ids of the keys that signed. */
  readonly keys: readonly string[];
  /** At most {@link FAULTS_MAX}. */
  readonly faults: readonly AuditFault[];
  readonly faultCount: number;
  /** The chain does not begin with record 1: older files were taken away, as `audit.keep` says. */
  readonly olderFilesGone: boolean;
}

/** Whoever damaged a file in more places than this damaged the file. */
export const FAULTS_MAX = 100;

/**
 * Hold a chain against itself. Every record must be the next, its hash that of what stands there,
 * every checkpoint signed by one of `keys`. After a fault the line's own word is taken, so that one
 * change is one fault and what follows is still looked at.
 */
export function verifyAudit(files: Iterable<AuditFile>, keys: readonly KeyObject[]): AuditVerdict {
  const verifier = new Verifier(keys);
  for (const { name, lines } of files) verifier.file(name, lines);
  return verifier.verdict();
}

class Verifier {
  readonly #keys: ReadonlyMap<string, KeyObject>;
  readonly #faults: AuditFault[] = [];
  readonly #signedBy = new Set<string>();
  #faultCount = 0;
  #records = 0;
  #first = 0;
  #end: ChainEnd | undefined;
  #checkpoints = 0;
  #unsigned = 0;
  #place = { file: "", line: 0 };

  constructor(keys: readonly KeyObject[]) {
    this.#keys = new Map(keys.map((key) => [keyIdOf(key), key]));
  }

  file(name: string, lines: Iterable<string>): void {
    this.#place = { file: name, line: 0 };
    for (const line of lines) {
      this.#place.line += 1;
      this.#take(line);
    }
    if (this.#place.line === 0) this.#fault("the file is empty");
  }

  verdict(): AuditVerdict {
    return {
      records: this.#records,
      first: this.#first,
      end: this.#end ?? CHAIN_START,
      checkpoints: this.#checkpoints,
      unsigned: this.#unsigned,
      keys: [...this.#signedBy],
      faults: this.#faults,
      faultCount: this.#faultCount,
      olderFilesGone: this.#first > 1,
    };
  }

  #take(line: string): void {
    const read = line.length > LINE_BYTES_MAX ? undefined : readLine(line);
    if (read === undefined) {
      this.#fault("this is no record of an audit");
      return;
    }
    const before = this.#before(read);
    if (read.seq !== before.seq + 1) this.#fault(misplaced(read.seq, before.seq));
    else if (linkHash(before.hash, read.body) !== read.hash)
      this.#fault(`record ${read.seq} does not follow from the one before it: one of them was changed`);
    this.#records += 1;
    this.#unsigned += 1;
    if (read.record["event"] === "audit.checkpoint") this.#checkpoint(read, before);
    this.#end = { seq: read.seq, hash: read.hash };
  }

  // A file says from where it goes on; of the first one there is, that is all there is to know.
  #before({ seq, record }: ReadLine): ChainEnd {
    if (this.#end !== undefined) return this.#end;
    this.#first = seq;
    const { previous } = (record["details"] ?? {}) as { readonly previous?: unknown };
    if (record["event"] === "audit.begun" && typeof previous === "string")
      return { seq: seq - 1, hash: previous };
    this.#fault("the first record of the first file is gone: it would say from where the chain goes on");
    return CHAIN_START;
  }

  #checkpoint({ seq, record }: ReadLine, before: ChainEnd): void {
    const { key, signature } = (record["details"] ?? {}) as Readonly<Record<string, unknown>>;
    const publicKey = this.#keys.get(String(key));
    if (publicKey === undefined)
      this.#fault(`checkpoint ${seq} is signed by a key that is not known: ${String(key)}`);
    else if (!isSigned(before, signature, publicKey))
      this.#fault(
        `checkpoint ${seq} is not signed for what stands before it: of the ${this.#unsigned - 1} records since the last one, some were changed`,
      );
    else {
      this.#checkpoints += 1;
      this.#signedBy.add(String(key));
      this.#unsigned = 0;
    }
  }

  #fault(what: string): void {
    this.#faultCount += 1;
    if (this.#faults.length < FAULTS_MAX) this.#faults.push({ ...this.#place, what });
  }
}

function misplaced(seq: number, before: number): string {
  if (seq <= before) return `record ${seq} stands behind record ${before}`;
  const missing = seq - before - 1;
  return missing === 1
    ? `record ${seq - 1} is missing before this line`
    : `records ${before + 1} to ${seq - 1} are missing before this line`;
}
