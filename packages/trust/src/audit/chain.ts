import { createHash } from "node:crypto";

/** Where a chain stands: the number and the hash of its last record. */
export interface ChainEnd {
  readonly seq: number;
  /** SHA-256, in hex. */
  readonly hash: string;
}

/** Before the first record of all. */
export const CHAIN_START: ChainEnd = { seq: 0, hash: "0".repeat(64) };

/** A record as it stands in the file, without its line feed, and where the chain is then. */
export interface Chained {
  readonly line: string;
  readonly end: ChainEnd;
}

/**
 * Append a record to a chain. `fields` are its own, as {@link fieldsOf} writes them. The hash is that
 * of the hash before it and of the line's own bytes up to its hash, so that whoever verifies needs no
 * canonical form: what stands there is what was hashed.
 */
export function chained(before: ChainEnd, fields: string): Chained {
  const seq = before.seq + 1;
  const body = `{"seq":${seq},${fields}`;
  const hash = linkHash(before.hash, body);
  return { line: `${body},"hash":"${hash}"}`, end: { seq, hash } };
}

/** What a line of a file says of itself; undefined: it is no record. */
export interface ReadLine {
  readonly seq: number;
  readonly hash: string;
  /** What was hashed. */
  readonly body: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** Take a line apart. Believes nothing of it. */
export function readLine(line: string): ReadLine | undefined {
  const [, body, hash] = LINE.exec(line) ?? [];
  if (body === undefined || hash === undefined) return undefined;
  try {
    const record = JSON.parse(line) as Readonly<Record<string, unknown>>;
    const { seq } = record;
    if (typeof seq !== "number" || !Number.isSafeInteger(seq)) return undefined;
    return { seq, hash, body, record };
  } catch {
    return undefined;
  }
}

const LINE = /^(\{"seq":.*),"hash":"([0-9a-f]{64})"\}$/;

/** The hash of a record that follows one with the hash `before`. */
export function linkHash(before: string, body: string): string {
  return createHash("sha256").update(before).update("\n").update(body).digest("hex");
}
