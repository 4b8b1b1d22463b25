import { ConfedError } from "@confed/kernel";
import { STORE_LIMITS, type WrittenEntry } from "../store/store.ts";
import { hashOf } from "./store-digest.ts";

/** An entry that was heard, with what is needed of its line. */
export interface HeardEntry {
  readonly entry: WrittenEntry;
  readonly hash: string;
  readonly sizeBytes: number;
}

/** All that one statement may be about: far above a site's store, far below a host's memory. */
const HEARD_BYTES_MAX = 256 * 1024 * 1024;
/** A value in JSON, and what stands around it. */
const LINE_BYTES_MAX = STORE_LIMITS.valueBytesMax + 4_096;

/** Puts lines together that come in pieces. Throws "protocol_error" for what is no entry, "resource_exhausted" for too much. */
export class FollowedLines {
  #entries: HeardEntry[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #sizeBytes = 0;

  take(bytes: Buffer): void {
    this.#sizeBytes += bytes.byteLength;
    const all = this.#rest.byteLength === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let from = 0;
    for (let at = all.indexOf(NEWLINE); at >= 0; at = all.indexOf(NEWLINE, from)) {
      this.#entries.push(heard(all.subarray(from, at).toString()));
      from = at + 1;
    }
    this.#rest = all.subarray(from);
    if (this.#rest.byteLength > LINE_BYTES_MAX || this.#sizeBytes > HEARD_BYTES_MAX)
      throw new ConfedError("resource_exhausted", "the writing head says more than a store can be");
  }

  /** What came since the last statement. Throws "protocol_error" in the middle of a line. */
  end(): readonly HeardEntry[] {
    if (this.#rest.byteLength > 0) throw unreadable();
    const entries = this.#entries;
    this.#entries = [];
    this.#sizeBytes = 0;
    return entries;
  }
}

const NEWLINE = 0x0a;

function heard(line: string): HeardEntry {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw unreadable();
  }
  const [kind, key, revision, value] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
  if (typeof kind !== "string" || typeof key !== "string" || !Number.isSafeInteger(revision))
    throw unreadable();
  const entry = { kind, key, revision: revision as number, value };
  return { entry, hash: hashOf(line), sizeBytes: line.length + 100 };
}

function unreadable(): ConfedError {
  return new ConfedError("protocol_error", "what the writing head says of its store cannot be read", {
    hint: "is it of a later version?",
  });
}
