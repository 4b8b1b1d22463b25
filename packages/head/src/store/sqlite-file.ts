import { ConfedError } from "@confed/kernel";
import Database from "better-sqlite3";
import type { WrittenEntry } from "./store.ts";
import type { StoreReply, WrittenChange } from "./store-messages.ts";

/** What became of one commit. */
export type CommitOutcome =
  | { readonly is: "committed"; readonly revision: number }
  | { readonly is: "conflict"; readonly kind: string; readonly key: string }
  | { readonly is: "failed"; readonly why: string };

/** The form of the file; a head does not open what a later one has written. */
const FORM = 1;

/** A page of what is in the file: far below a line of the channel. */
const PAGE_BYTES = 256 * 1024;

/**
 * The file of a store. Blocks on the disk, for as long as that takes: for a process that does nothing else. Throws
 * "data_loss" for a file that is damaged, "failed_precondition" for one of a later version.
 */
export class SqliteFile {
  readonly #database: Database;
  readonly #put;
  readonly #remove;
  readonly #revisionOf;
  readonly #setRevision;
  #revision: number;

  constructor(path: string) {
    const database = openedIn(path);
    this.#database = database;
    this.#put = database.prepare(
      "INSERT OR REPLACE INTO entries (kind, key, revision, value) VALUES (?, ?, ?, ?)",
    );
    this.#remove = database.prepare("DELETE FROM entries WHERE kind = ? AND key = ?");
    this.#revisionOf = database.prepare("SELECT revision FROM entries WHERE kind = ? AND key = ?");
    this.#setRevision = database.prepare("UPDATE revision SET number = ?");
    const { number } = database.prepare("SELECT number FROM revision").get() as { readonly number: number };
    this.#revision = number;
  }

  /** Everything, a page at a time. */
  *pages(): Generator<Extract<StoreReply, { readonly is: "page" }>> {
    let entries: WrittenEntry[] = [];
    let bytes = 0;
    const page = (done: boolean) => ({ is: "page", entries, revision: this.#revision, done }) as const;
    for (const row of this.#database.prepare("SELECT kind, key, revision, value FROM entries").iterate()) {
      const { value, ...rest } = row as Omit<WrittenEntry, "value"> & { readonly value: string };
      entries.push({ ...rest, value: JSON.parse(value) as unknown });
      bytes += value.length + 100;
      if (bytes < PAGE_BYTES) continue;
      yield page(false);
      entries = [];
      bytes = 0;
    }
    yield page(true);
  }

  /**
   * Make these commits, each whole or not at all, with one wait for the disk for all of them. Answers in their order; what
   * is answered as committed is on the disk.
   */
  commit(commits: readonly (readonly WrittenChange[])[]): readonly CommitOutcome[] {
    const before = this.#revision;
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      const outcomes = commits.map((changes) => this.#one(changes));
      this.#setRevision.run(this.#revision);
      this.#database.exec("COMMIT");
      return outcomes;
    } catch (reason) {
      this.#revision = before;
      const why = ConfedError.from(reason).rawMessage;
      try {
        this.#database.exec("ROLLBACK");
      } catch {
        // SQLite has rolled back by itself, as it does when a disk is full.
      }
      return commits.map(() => ({ is: "failed", why }));
    }
  }

  close(): void {
    this.#database.close();
  }

  #one(changes: readonly WrittenChange[]): CommitOutcome {
    const stale = changes.find(({ kind, key, ifRevision }) => {
      if (ifRevision === undefined) return false;
      const row = this.#revisionOf.get(kind, key) as { readonly revision: number } | undefined;
      return (row?.revision ?? 0) !== ifRevision;
    });
    if (stale !== undefined) return { is: "conflict", kind: stale.kind, key: stale.key };
    const isCopy = changes.some((change) => change.revision !== undefined);
    const revision = isCopy
      ? changes.reduce((most, change) => Math.max(most, change.revision ?? 0), this.#revision)
      : this.#revision + 1;
    for (const { kind, key, value, revision: given = revision } of changes) {
      if (value === undefined) this.#remove.run(kind, key);
      else this.#put.run(kind, key, given, JSON.stringify(value));
    }
    this.#revision = revision;
    return { is: "committed", revision };
  }
}

/** A writer before this one that hangs still holds the lock; it was killed, and lets go when its disk heals. */
const LOCK_WAIT_MS = 60_000;

function openedIn(path: string): Database {
  const database = new Database(path, { timeout: LOCK_WAIT_MS });
  try {
    return checked(database, path);
  } catch (reason) {
    database.close();
    // SQLITE_NOTADB, SQLITE_CORRUPT and its kin: https://www.sqlite.org/rescode.html
    const { code } = reason as { readonly code?: unknown };
    if (code === "SQLITE_NOTADB" || String(code).startsWith("SQLITE_CORRUPT")) throw damaged(path, reason);
    throw reason;
  }
}

function checked(database: Database, path: string): Database {
  const form = Number(database.pragma("user_version", { simple: true }));
  if (form > FORM) {
    throw new ConfedError("failed_precondition", `${path} was written by a later version of confed`, {
      where: path,
      hint: "start that version, or give this one another state directory",
    });
  }
  // Each commit is on the disk before it is acknowledged: FULL also syncs the write-ahead log at every commit.
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  if (database.pragma("quick_check(1)", { simple: true }) !== "ok") throw damaged(path);
  return database.exec(`
    CREATE TABLE IF NOT EXISTS entries (
      kind TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (kind, key)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS revision (only INTEGER PRIMARY KEY CHECK (only = 1), number INTEGER NOT NULL);
    INSERT OR IGNORE INTO revision VALUES (1, 0);
    PRAGMA user_version = ${FORM};
  `);
}

function damaged(path: string, cause?: unknown): ConfedError {
  return new ConfedError("data_loss", `${path} is damaged`, {
    where: path,
    hint: "stop the head and put back a copy of store.db, without its -wal and -shm files",
    cause,
  });
}
