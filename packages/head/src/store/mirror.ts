import type { Cancel } from "@confed/kernel";
import type { Entry, OnChange, OnCommit, StoredKind, WrittenEntry } from "./store.ts";

/**
 * Everything in a store, in memory, and who wants to hear of changes. About 200 bytes an entry beside its value; a
 * change costs one look-up and a call for each subscriber of its kind.
 */
export class Mirror {
  readonly #kinds = new Map<string, Map<string, Entry>>();
  readonly #subscribers = new Map<string, Set<OnChange<StoredKind>>>();
  readonly #followers = new Set<OnCommit>();
  revision = 0;

  get<K extends StoredKind>(kind: K, key: string): Entry<K> | undefined {
    return this.#kinds.get(kind)?.get(key) as Entry<K> | undefined;
  }

  list<K extends StoredKind>(kind: K): readonly Entry<K>[] {
    const entries = [...(this.#kinds.get(kind)?.values() ?? [])] as Entry<K>[];
    return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  *entries(): Generator<Entry> {
    for (const entries of this.#kinds.values()) yield* entries.values();
  }

  subscribe<K extends StoredKind>(kind: K, onChange: OnChange<K>): Cancel {
    const subscribers = this.#subscribers.get(kind) ?? new Set();
    this.#subscribers.set(kind, subscribers);
    // Each is told of its own kind only: the map sees to what the type cannot say.
    const subscriber = onChange as unknown as OnChange<StoredKind>;
    subscribers.add(subscriber);
    return () => subscribers.delete(subscriber);
  }

  follow(onCommit: OnCommit): Cancel {
    this.#followers.add(onCommit);
    return () => this.#followers.delete(onCommit);
  }

  /** A commit was made: all of it is there before the first is told. */
  apply(written: readonly WrittenEntry[], revision: number): void {
    const changed = written.filter((entry) => this.#put(entry));
    this.revision = Math.max(this.revision, revision);
    for (const { kind, key } of changed) this.#tell(kind, key);
    if (changed.length > 0) for (const follower of this.#followers) follower(changed, revision);
  }

  /** This, and nothing else, is in the store. */
  replace(all: readonly WrittenEntry[], revision: number): void {
    const there = new Set(all.map(({ kind, key }) => `${kind}\0${key}`));
    const gone = [...this.#kinds].flatMap(([kind, entries]) =>
      [...entries.keys()]
        .filter((key) => !there.has(`${kind}\0${key}`))
        .map((key): WrittenEntry => ({ kind, key, revision })),
    );
    this.apply([...all, ...gone], revision);
  }

  #put({ kind, key, value, revision }: WrittenEntry): boolean {
    const entries = this.#kinds.get(kind) ?? new Map<string, Entry>();
    this.#kinds.set(kind, entries);
    if (value === undefined) return entries.delete(key);
    if (entries.get(key)?.revision === revision) return false;
    entries.set(key, { kind, key, value, revision } as Entry);
    return true;
  }

  #tell(kind: string, key: string): void {
    const entry = this.#kinds.get(kind)?.get(key);
    for (const subscriber of this.#subscribers.get(kind) ?? []) subscriber(key, entry);
  }
}
