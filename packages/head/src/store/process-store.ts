import {
  type Cancel,
  type Clock,
  ConfedError,
  createBackoff,
  JsonChannel,
  type Logger,
} from "@confed/kernel";
import { Mirror } from "./mirror.ts";
import {
  type Change,
  type Entry,
  type OnChange,
  type OnCommit,
  STORE_LIMITS,
  type Store,
  type StoredKind,
  type StoreTrouble,
  type WrittenEntry,
} from "./store.ts";
import type { StoreCommand, StoreReply, WrittenChange } from "./store-messages.ts";
import { type StoreProcess, spawnStore } from "./store-process.ts";

export interface StoreDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** For tests: another process than ours. */
  readonly spawn?: (() => StoreProcess) | undefined;
}

/** A store in a file of this host, which may also hold a copy of another one. */
export interface LocalStore extends Store {
  readonly readOnly: undefined;
  /** Write entries with the revisions that another store gave them. Bounds and rejections of `commit`. */
  adopt(written: readonly WrittenEntry[]): Promise<void>;
}

/**
 * Open the store in this file, made if there is none. Rejects with "unavailable" or "deadline_exceeded", subject "store",
 * when it cannot be read; the file is left as it is then.
 */
export async function openStore(path: string, deps: StoreDeps): Promise<LocalStore> {
  const store = new ProcessStore(path, deps);
  try {
    await store.opened;
    return store;
  } catch (reason) {
    await store.close();
    throw reason;
  }
}

/** A commit that was asked for. */
interface Pending {
  readonly id: number;
  readonly changes: readonly WrittenChange[];
  readonly bytes: number;
  /** The store process has it: what becomes of it is not ours to say any more. */
  sent: boolean;
  readonly settle: (outcome: number | ConfedError) => void;
  cancel: Cancel;
}

/** One life of the store process. */
interface Life {
  readonly process: StoreProcess;
  readonly channel: JsonChannel<StoreCommand, StoreReply>;
}

class ProcessStore implements LocalStore {
  readonly readOnly = undefined;
  readonly #path: string;
  readonly #deps: StoreDeps;
  readonly #mirror = new Mirror();
  readonly #pending = new Map<number, Pending>();
  readonly #retryDelayMs = createBackoff({ firstMs: 100, maxMs: 5_000 });
  readonly opened: Promise<void>;
  #opening: { readonly resolve: () => void; readonly reject: (reason: ConfedError) => void } | undefined;
  #cancelOpening: Cancel = () => undefined;
  #cancelRetry: Cancel = () => undefined;
  #life: Life | undefined;
  #loaded = false;
  #pages: WrittenEntry[] = [];
  #attempt = 0;
  #lastId = 0;
  #pendingBytes = 0;
  #trouble: StoreTrouble | undefined;
  #closed = false;

  constructor(path: string, deps: StoreDeps) {
    this.#path = path;
    this.#deps = deps;
    this.opened = new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
    });
    this.#cancelOpening = deps.clock.after(STORE_LIMITS.openMsMax, () => {
      this.#notOpened(tooSlow(`it could not be read within ${STORE_LIMITS.openMsMax} ms`, path));
    });
    this.#start();
  }

  get revision(): number {
    return this.#mirror.revision;
  }

  get trouble(): StoreTrouble | undefined {
    return this.#trouble;
  }

  get<K extends StoredKind>(kind: K, key: string): Entry<K> | undefined {
    return this.#mirror.get(kind, key);
  }

  list<K extends StoredKind>(kind: K): readonly Entry<K>[] {
    return this.#mirror.list(kind);
  }

  entries(): Iterable<Entry> {
    return this.#mirror.entries();
  }

  subscribe<K extends StoredKind>(kind: K, onChange: OnChange<K>): Cancel {
    return this.#mirror.subscribe(kind, onChange);
  }

  follow(onCommit: OnCommit): Cancel {
    return this.#mirror.follow(onCommit);
  }

  commit(changes: readonly Change[]): Promise<number> {
    return this.#commit(changes);
  }

  async adopt(written: readonly WrittenEntry[]): Promise<void> {
    await this.#commit(written);
  }

  async #commit(changes: readonly WrittenChange[]): Promise<number> {
    if (this.#closed) throw unavailable("the head is ending", this.#path);
    const bytes = sizeOf(changes);
    if (
      this.#pending.size >= STORE_LIMITS.pendingMax ||
      this.#pendingBytes + bytes > STORE_LIMITS.pendingBytesMax
    ) {
      throw new ConfedError("resource_exhausted", "too much waits for the head's store (pendingBytesMax)", {
        subject: "store",
        where: this.#path,
        hint: "is its disk slow, or does it hang? `confed status` says since when",
      });
    }
    return new Promise((resolve, reject) => {
      this.#lastId += 1;
      this.#pendingBytes += bytes;
      const settle = (outcome: number | ConfedError) => {
        if (typeof outcome === "number") resolve(outcome);
        else reject(outcome);
      };
      const pending: Pending = {
        id: this.#lastId,
        changes,
        bytes,
        sent: false,
        settle,
        cancel: () => undefined,
      };
      this.#pending.set(pending.id, pending);
      pending.cancel = this.#deps.clock.after(STORE_LIMITS.commitMsMax, () => {
        this.#late(pending);
      });
      if (this.#loaded) this.#send(pending);
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelOpening();
    this.#cancelRetry();
    const life = this.#life;
    this.#life = undefined;
    await life?.channel.drained();
    life?.channel.close();
    await life?.process.end();
    this.#giveUp(() => true);
  }

  #start(): void {
    const process = (this.#deps.spawn ?? (() => spawnStore(this.#deps.logger)))();
    const channel = new JsonChannel<StoreCommand, StoreReply>(process.socket, {
      onMessage: (reply) => {
        if (this.#life?.process === process) this.#hear(reply);
      },
      // Its death is told by `gone`; one that talks nonsense is made to die.
      onEnd: () => {
        process.kill();
      },
    });
    this.#life = { process, channel };
    this.#pages = [];
    channel.send({ do: "open", path: this.#path });
    void process.gone.then((how) => {
      if (this.#life?.process === process) this.#died(how);
    });
  }

  #hear(reply: StoreReply): void {
    switch (reply.is) {
      case "page":
        this.#pages.push(...reply.entries);
        if (reply.done) this.#load(reply.revision);
        return;
      case "unusable":
        this.#setTrouble(reply.why);
        this.#notOpened(unavailable(reply.why, this.#path));
        this.#life?.process.kill();
        return;
      case "committed":
      case "conflict":
      case "failed":
        this.#answered(reply);
    }
  }

  #load(revision: number): void {
    this.#mirror.replace(this.#pages, revision);
    this.#pages = [];
    this.#loaded = true;
    this.#attempt = 0;
    this.#setTrouble(undefined);
    this.#cancelOpening();
    this.#opening?.resolve();
    this.#opening = undefined;
    for (const pending of this.#pending.values()) this.#send(pending);
  }

  #send(pending: Pending): void {
    pending.sent = true;
    this.#life?.channel.send({ do: "commit", id: pending.id, changes: pending.changes });
  }

  #answered(reply: Extract<StoreReply, { readonly id: number }>): void {
    const pending = this.#take(reply.id);
    this.#setTrouble(reply.is === "failed" ? reply.why : undefined);
    if (pending === undefined) return;
    if (reply.is === "committed") {
      const { revision } = reply;
      const written = pending.changes.map(({ kind, key, value, revision: given = revision }) => ({
        kind,
        key,
        value: ownCopy(value),
        revision: given,
      }));
      this.#mirror.apply(written, revision);
      pending.settle(revision);
    } else if (reply.is === "conflict") {
      pending.settle(
        new ConfedError("conflict", `somebody else has changed ${reply.key} meanwhile`, {
          subject: reply.key,
          hint: "look at it again, and repeat",
        }),
      );
    } else pending.settle(unavailable(`nothing was written: ${reply.why}`, this.#path));
  }

  /** Whoever waits is told; what was sent may still be written, and the answer is waited for. */
  #late(pending: Pending): void {
    const why = `the disk has not answered for ${STORE_LIMITS.commitMsMax / 1_000} s`;
    this.#setTrouble(why);
    if (!pending.sent) this.#take(pending.id);
    pending.settle(tooSlow(pending.sent ? `${why}; it may still be written` : why, this.#path));
    if (!pending.sent) return;
    const life = this.#life;
    pending.cancel = this.#deps.clock.after(STORE_LIMITS.stuckMsMax - STORE_LIMITS.commitMsMax, () => {
      if (this.#life !== life) return;
      this.#deps.logger.error("the store process is stuck; killed", { path: this.#path });
      life?.process.kill();
    });
  }

  #died(how: string): void {
    this.#life?.channel.close();
    this.#life = undefined;
    this.#loaded = false;
    this.#setTrouble(this.#trouble?.why ?? `its process ended: ${how}`);
    this.#deps.logger.error("the store process ended; it is started again", { path: this.#path, how });
    this.#giveUp(({ sent }) => sent);
    this.#cancelRetry = this.#deps.clock.after(this.#retryDelayMs(this.#attempt), () => {
      this.#start();
    });
    this.#attempt += 1;
  }

  #giveUp(which: (pending: Pending) => boolean): void {
    for (const pending of [...this.#pending.values()].filter(which)) {
      this.#take(pending.id);
      const why = pending.sent ? "its process ended meanwhile; it may have been written" : "it is closed";
      pending.settle(unavailable(why, this.#path));
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    pending.cancel();
    this.#pending.delete(id);
    this.#pendingBytes -= pending.bytes;
    return pending;
  }

  #notOpened(reason: ConfedError): void {
    this.#opening?.reject(reason);
    this.#opening = undefined;
  }

  #setTrouble(why: string | undefined): void {
    if (why === undefined && this.#trouble !== undefined)
      this.#deps.logger.info("the store can be written again");
    if (why === undefined) this.#trouble = undefined;
    else this.#trouble ??= { sinceMs: this.#deps.clock.wallTimeMs(), why };
  }
}

/** Throws "resource_exhausted" for what is too large to be told. */
function sizeOf(changes: readonly WrittenChange[]): number {
  let sum = 0;
  for (const { kind, key, value } of changes) {
    const bytes =
      Buffer.byteLength(JSON.stringify(value ?? null)) + Buffer.byteLength(key) + kind.length + 100;
    if (bytes > STORE_LIMITS.valueBytesMax) throw tooLarge(key, bytes, "valueBytesMax");
    sum += bytes;
  }
  if (sum > STORE_LIMITS.commitBytesMax) throw tooLarge(changes[0]?.key ?? "", sum, "commitBytesMax");
  return sum;
}

function tooLarge(key: string, bytes: number, limit: "valueBytesMax" | "commitBytesMax"): ConfedError {
  return new ConfedError(
    "resource_exhausted",
    `${key} with its ${bytes} bytes is more than the head's store takes at once: ${STORE_LIMITS[limit]} (${limit})`,
    { subject: key },
  );
}

/** Whoever asked may go on changing theirs. */
function ownCopy<T>(value: T): T {
  return value === undefined ? value : structuredClone(value);
}

function unavailable(why: string, where: string): ConfedError {
  return new ConfedError("unavailable", `the head's store cannot be written: ${why}`, {
    subject: "store",
    where,
    hint: "what is known is still answered; look at the disk of the head's state directory",
  });
}

function tooSlow(why: string, where: string): ConfedError {
  return new ConfedError("deadline_exceeded", `the head's store is too slow: ${why}`, {
    subject: "store",
    where,
    hint: "what is known is still answered; look at the disk of the head's state directory",
  });
}
