import { createHash } from "node:crypto";
import type { WrittenEntry } from "../store/store.ts";

/** How many parts are digested on their own: a change costs the hashes of one part, and of all parts' digests. */
const BUCKETS = 256;

/**
 * One digest of everything in a store, the same for the same contents however they came to be. Holds a hash of 32 bytes for each
 * entry; a change costs one SHA-256 of the entry, and {@link value} those of what has changed since.
 */
export class StoreDigest {
  /** By kind and key: a name made of both would be two more objects for each. */
  readonly #hashes = new Map<string, Map<string, string>>();
  readonly #buckets = Array.from({ length: BUCKETS }, () => new Set<string>());
  readonly #digests = new Array<Buffer | undefined>(BUCKETS);

  /** Returns the hash that was there, to be put back. Undefined: no such entry. */
  put({ kind, key }: Pick<WrittenEntry, "kind" | "key">, hash: string | undefined): string | undefined {
    const hashes = this.#hashes.get(kind) ?? new Map<string, string>();
    this.#hashes.set(kind, hashes);
    const before = hashes.get(key);
    if (before !== undefined) this.#bucketOf(before).delete(before);
    if (hash === undefined) hashes.delete(key);
    else {
      hashes.set(key, hash);
      this.#bucketOf(hash).add(hash);
    }
    return before;
  }

  /** Lower-case hexadecimal digits. */
  value(): string {
    const all = createHash("sha256");
    for (const [at, bucket] of this.#buckets.entries()) {
      const digest = this.#digests[at] ?? sha256([...bucket].sort().join(""));
      this.#digests[at] = digest;
      all.update(digest);
    }
    return all.digest("hex");
  }

  /** By its first byte. Whoever asks changes it. */
  #bucketOf(hash: string): Set<string> {
    const at = hash.charCodeAt(0);
    this.#digests[at] = undefined;
    return this.#buckets[at] as Set<string>;
  }
}

/** One text for each entry there may be. */
export function nameOf({ kind, key }: Pick<WrittenEntry, "kind" | "key">): string {
  return `${kind}\0${key}`;
}

/** An entry as it travels and is hashed: the same text for the same entry, also after it was parsed. */
export function lineOf({ kind, key, revision, value }: WrittenEntry): string {
  return JSON.stringify(value === undefined ? [kind, key, revision] : [kind, key, revision, value]);
}

/** 32 bytes, one a character. */
export function hashOf(line: string): string {
  return sha256(line).toString("latin1");
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
