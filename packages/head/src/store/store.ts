import type { Cancel, ConfedError } from "@confed/kernel";
import type { StoredKinds } from "./stored-kinds.ts";

export type StoredKind = keyof StoredKinds;

/** One thing that somebody told this head. Frozen as it is: never change a value that was given out. */
export interface Entry<K extends StoredKind = StoredKind> {
  readonly kind: K;
  readonly key: string;
  readonly value: StoredKinds[K];
  /** Of the whole store, when this was written: grows with every commit, is never given twice. */
  readonly revision: number;
}

/** One line of a commit. */
export type Change = {
  readonly [K in StoredKind]: {
    readonly kind: K;
    readonly key: string;
    /** Undefined: away with it. */
    readonly value: StoredKinds[K] | undefined;
    /** Only if it still is of this revision; 0: only if there is none. Without it, whatever there is. */
    readonly ifRevision?: number | undefined;
  };
}[StoredKind];

/** An entry as it travels. */
export interface WrittenEntry {
  readonly kind: string;
  readonly key: string;
  /** Undefined: removed by this revision. */
  readonly value?: unknown;
  readonly revision: number;
}

/** What changed: the entry as it is now, or undefined in place of one that is gone. */
export type OnChange<K extends StoredKind> = (key: string, entry: Entry<K> | undefined) => void;

/** What one commit wrote, and the revision of the store that it made. */
export type OnCommit = (written: readonly WrittenEntry[], revision: number) => void;

/**
 * What people told a head, and what must outlive it. Read from memory, at once, whatever the disk does; written through
 * one writer, which orders all commits. A second implementation keeps the same promises over a network.
 */
export interface Store {
  /** Of the last commit that is known here. */
  readonly revision: number;
  /** Why nothing can be written now; undefined while it can. */
  readonly trouble: StoreTrouble | undefined;
  get<K extends StoredKind>(kind: K, key: string): Entry<K> | undefined;
  /**
   * Why nothing is ever written here: another head writes, which this names. Undefined where commits are taken; what
   * {@link commit} rejects with otherwise, for whoever wants to know before.
   */
  readonly readOnly: ConfedError | undefined;
  /** Everything, of every kind, in no order. */
  entries(): Iterable<Entry>;
  /** In the order of their keys. Costs a copy of the kind's list. */
  list<K extends StoredKind>(kind: K): readonly Entry<K>[];
  /**
   * All changes or none; resolves with the new revision when they are on the disk and read here. Rejects with "conflict"
   * when one is not of the revision asked for; with {@link readOnly} where that is; with "unavailable" or "deadline_exceeded", subject "store", when
   * nobody knows: it may have been written, and shows here then.
   */
  commit(changes: readonly Change[]): Promise<number>;
  /** Told of what changes from now on, after it can be read. */
  subscribe<K extends StoredKind>(kind: K, onChange: OnChange<K>): Cancel;
  /** Told of every commit as a whole, whatever kinds it changes, after it can be read. */
  follow(onCommit: OnCommit): Cancel;
  /** What was committed is on the disk. Resolves when nothing is left; never rejects. */
  close(): Promise<void>;
}

export interface StoreTrouble {
  readonly sinceMs: number;
  readonly why: string;
}

/** Bounds of a store, with their reasons. */
export const STORE_LIMITS = {
  /** One entry: the consoles that one agent was assigned, thousands of them, are several entries. */
  valueBytesMax: 256 * 1024,
  /** One commit, a line of the pipe with all that is around it. */
  commitBytesMax: 768 * 1024,
  /** Given to the writer and not answered: what a hanging disk may cost in memory. */
  pendingBytesMax: 8 * 1024 * 1024,
  pendingMax: 4_096,
  /** A commit takes milliseconds; whoever asked is told after this. */
  commitMsMax: 5_000,
  /** The same for reading everything when a head starts. */
  openMsMax: 15_000,
  /** A writer silent for this long is killed: if it is the disk that hangs it ends when that heals. */
  stuckMsMax: 30_000,
} as const;
