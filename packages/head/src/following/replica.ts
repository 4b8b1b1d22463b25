import { ConfedError } from "@confed/kernel";
import { Mirror } from "../store/mirror.ts";
import type { StoredKind, WrittenEntry } from "../store/store.ts";
import type { HeardEntry } from "./followed-lines.ts";
import { readStatement, type SignedStatement, type Statement } from "./statement.ts";
import { hashOf, lineOf, nameOf, StoreDigest } from "./store-digest.ts";

/**
 * What the writing head has said of its store, as far as that is proven: entries are believed together with the signed statement that
 * follows them, or not at all. Whatever is refused throws "unauthenticated" and changes nothing.
 */
export class Replica {
  readonly mirror = new Mirror();
  /** Of the authority of machines, PEM. */
  readonly #authority: () => string;
  #digest = new StoreDigest();
  #statement: Statement | undefined;
  /** On the disk, and not believed: overwritten or removed by the first that is. */
  #unproven: readonly WrittenEntry[] = [];

  constructor(authority: () => string) {
    this.#authority = authority;
  }

  /** The last that was believed; undefined while nothing is. */
  get statement(): Statement | undefined {
    return this.#statement;
  }

  /** What was kept from before. Without a statement, it was not written to its end, and is nothing. */
  load(all: readonly WrittenEntry[], signed: SignedStatement | undefined): void {
    this.#unproven = all;
    if (signed === undefined) return;
    const digest = new StoreDigest();
    for (const entry of all) digest.put(entry, hashOf(lineOf(entry)));
    const statement = readStatement(signed, this.#authority());
    if (digest.value() !== statement.digest) throw notWhatWasSigned();
    this.#unproven = [];
    this.#digest = digest;
    this.#statement = statement;
    this.mirror.replace(all, statement.revision);
  }

  /** All that there is (`whole`), or what changed. Returns what a copy has to be changed by. */
  take(
    heard: readonly HeardEntry[],
    signed: SignedStatement & { readonly whole: boolean },
  ): readonly HeardEntry[] {
    const statement = readStatement(signed, this.#authority());
    const known = this.#statement;
    // A head that was put back from a backup says less than before, but says so later; who repeats what it once said does not.
    const isOlder = known !== undefined && statement.revision < known.revision;
    if (isOlder && statement.atMs <= known.atMs)
      throw new ConfedError("unauthenticated", "it is older than what is known, and said as if it were new");
    if (heard.some(({ entry }) => entry.kind === "following")) throw notWhatWasSigned();
    return signed.whole ? this.#replace(heard, statement, isOlder) : this.#change(heard, statement);
  }

  #replace(heard: readonly HeardEntry[], statement: Statement, isOlder: boolean): readonly HeardEntry[] {
    const digest = new StoreDigest();
    const there = new Set<string>();
    for (const { entry, hash } of heard) {
      there.add(nameOf(entry));
      digest.put(entry, entry.value === undefined ? undefined : hash);
    }
    if (digest.value() !== statement.digest) throw notWhatWasSigned();
    const { revision } = statement;
    const gone = [...this.mirror.entries(), ...this.#unproven]
      .filter((entry) => !there.has(nameOf(entry)))
      .map(({ kind, key }): HeardEntry => ({ entry: { kind, key, revision }, hash: "", sizeBytes: 200 }));
    const changed = heard.filter(
      ({ entry }) =>
        isOlder || this.mirror.get(entry.kind as StoredKind, entry.key)?.revision !== entry.revision,
    );
    this.#unproven = [];
    this.#digest = digest;
    this.#statement = statement;
    // The same revision may be another entry's then.
    if (isOlder) this.mirror.replace([], revision);
    this.mirror.apply(
      [...heard, ...gone].map(({ entry }) => entry),
      revision,
    );
    return [...changed, ...gone];
  }

  #change(heard: readonly HeardEntry[], statement: Statement): readonly HeardEntry[] {
    const before = heard.map(({ entry, hash }) => ({
      entry,
      hash: this.#digest.put(entry, entry.value === undefined ? undefined : hash),
    }));
    if (this.#digest.value() !== statement.digest) {
      for (const { entry, hash } of before.reverse()) this.#digest.put(entry, hash);
      throw notWhatWasSigned();
    }
    this.#statement = statement;
    this.mirror.apply(
      heard.map(({ entry }) => entry),
      statement.revision,
    );
    return heard;
  }
}

function notWhatWasSigned(): ConfedError {
  return new ConfedError("unauthenticated", "it is not what the writing head signed");
}
