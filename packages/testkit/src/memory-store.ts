import type { Change, Entry, OnChange, OnCommit, Store, StoredKind, WrittenEntry } from "@confed/head";
import { ConfedError } from "@confed/kernel";

/** A head's store that forgets everything with the test. */
export class MemoryStore implements Store {
  readonly trouble = undefined;
  readonly readOnly = undefined;
  /** Why commits are refused, while they are. */
  failing: ConfedError | undefined;
  readonly #entries = new Map<string, Entry>();
  readonly #subscribers = new Map<StoredKind, Set<OnChange<StoredKind>>>();
  readonly #followers = new Set<OnCommit>();
  revision = 0;

  get<K extends StoredKind>(kind: K, key: string): Entry<K> | undefined {
    return this.#entries.get(`${kind} ${key}`) as Entry<K> | undefined;
  }

  list<K extends StoredKind>(kind: K): readonly Entry<K>[] {
    const entries = [...this.#entries.values()].filter((entry) => entry.kind === kind) as Entry<K>[];
    return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  async commit(changes: readonly Change[]): Promise<number> {
    await Promise.resolve();
    if (this.failing !== undefined) throw this.failing;
    for (const { kind, key, ifRevision } of changes) {
      if (ifRevision !== undefined && (this.get(kind, key)?.revision ?? 0) !== ifRevision)
        throw new ConfedError("conflict", `${kind} ${key} was changed by somebody else`, { subject: key });
    }
    this.revision += 1;
    for (const { kind, key, value } of changes) {
      if (value === undefined) this.#entries.delete(`${kind} ${key}`);
      else this.#entries.set(`${kind} ${key}`, { kind, key, value, revision: this.revision });
    }
    for (const { kind, key } of changes)
      for (const tell of this.#subscribers.get(kind) ?? []) tell(key, this.get(kind, key));
    const { revision } = this;
    const written = changes.map(({ kind, key, value }): WrittenEntry => ({ kind, key, value, revision }));
    for (const follower of this.#followers) follower(written, revision);
    return revision;
  }

  follow(onCommit: OnCommit): () => void {
    this.#followers.add(onCommit);
    return () => this.#followers.delete(onCommit);
  }

  subscribe<K extends StoredKind>(kind: K, onChange: OnChange<K>): () => void {
    const subscribers = this.#subscribers.get(kind) ?? new Set();
    this.#subscribers.set(kind, subscribers);
    const subscriber = onChange as unknown as OnChange<StoredKind>;
    subscribers.add(subscriber);
    return () => subscribers.delete(subscriber);
  }

  async close(): Promise<void> {
    this.#subscribers.clear();
    this.#followers.clear();
  }
}
