import {
  type Cancel,
  type Clock,
  ConfedError,
  formatDuration,
  formatHostPort,
  type HostPort,
  type Logger,
} from "@confed/kernel";
import type { Audit } from "@confed/trust/audit";
import type { FollowedHead, FollowResponseReceived, TlsProvider } from "@confed/wire";
import { toDetail } from "@confed/wire";
import { type LocalStore, openStore } from "../store/process-store.ts";
import type {
  Entry,
  OnChange,
  OnCommit,
  Store,
  StoredKind,
  StoreTrouble,
  WrittenEntry,
} from "../store/store.ts";
import { FollowedLines, type HeardEntry } from "./followed-lines.ts";
import { KeptCopy } from "./kept-copy.ts";
import { Replica } from "./replica.ts";
import type { SignedStatement } from "./statement.ts";
import type { StoredStatement } from "./stored.ts";
import { WritingHead } from "./writing-head.ts";

export interface FollowedStoreDeps {
  /** Of the copy, which is this head's alone. */
  readonly path: string;
  /** Of the authority of machines, PEM: what it has not signed is nothing here. */
  readonly authority: () => string;
  /** Those of the cluster; the one that writes says so itself. */
  readonly heads: readonly HostPort[];
  readonly tls: TlsProvider;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly audit: Pick<Audit, "alarm">;
  readonly resolveHost: (host: string, signal: AbortSignal) => Promise<readonly string[]>;
}

/** A store that another head writes. */
export interface FollowedStore extends Store {
  readonly readOnly: ConfedError;
  /** How old what is known is, and whether it is still told what changes. */
  status(): FollowedHead;
  /** Throws "unavailable" while nothing at all is known. */
  checkKnowing(): void;
}

/**
 * The store of the head that writes, as it is told here: in memory, and on this head's disk for a start while that one is dead.
 * Nothing is believed that the authority has not signed as a whole. Never rejects: a copy that cannot be used is not used.
 */
export async function openFollowedStore(deps: FollowedStoreDeps): Promise<FollowedStore> {
  const { path, clock, logger } = deps;
  try {
    return new Followed(deps, await openStore(path, { clock, logger }));
  } catch (reason) {
    const store = new Followed(deps, undefined);
    store.refuse(`the copy in ${path} cannot be used: ${ConfedError.from(reason).rawMessage}`);
    return store;
  }
}

class Followed implements FollowedStore {
  readonly #deps: FollowedStoreDeps;
  readonly #replica: Replica;
  readonly #disk: LocalStore | undefined;
  readonly #copy: KeptCopy | undefined;
  readonly #writer: WritingHead;
  #address = "";

  constructor(deps: FollowedStoreDeps, disk: LocalStore | undefined) {
    this.#deps = deps;
    this.#replica = new Replica(deps.authority);
    this.#disk = disk;
    this.#copy = disk && new KeptCopy(disk, deps);
    if (disk !== undefined) this.#load(disk);
    this.#writer = new WritingHead({
      ...deps,
      digest: () => this.#replica.statement?.digest ?? "",
      listener: (address) => this.#listener(address),
    });
  }

  get revision(): number {
    return this.#replica.statement?.revision ?? 0;
  }

  get trouble(): StoreTrouble | undefined {
    return this.#disk?.trouble;
  }

  get readOnly(): ConfedError {
    const { id, address } = this.status();
    const who = id === "" ? `the head at ${address}` : `${id} at ${address}`;
    const what = `this head takes no changes: it follows ${who}, which does`;
    return new ConfedError("read_only_head", what, {
      ...{ subject: id === "" ? undefined : id, where: address },
      hint: "name that one with --head, or run the command on its host",
    });
  }

  get<K extends StoredKind>(kind: K, key: string): Entry<K> | undefined {
    return this.#replica.mirror.get(kind, key);
  }

  entries(): Iterable<Entry> {
    return this.#replica.mirror.entries();
  }

  list<K extends StoredKind>(kind: K): readonly Entry<K>[] {
    return this.#replica.mirror.list(kind);
  }

  subscribe<K extends StoredKind>(kind: K, onChange: OnChange<K>): Cancel {
    return this.#replica.mirror.subscribe(kind, onChange);
  }

  follow(onCommit: OnCommit): Cancel {
    return this.#replica.mirror.follow(onCommit);
  }

  commit(): Promise<number> {
    return Promise.reject(this.readOnly);
  }

  async close(): Promise<void> {
    await this.#writer.stop();
    await this.#copy?.close();
  }

  status(): FollowedHead {
    const { cause } = this.#writer;
    return {
      id: this.#replica.statement?.writer ?? "",
      address: this.#address === "" ? this.#deps.heads.map(formatHostPort).join(",") : this.#address,
      connected: cause === undefined,
      asOfMs: this.#replica.statement?.atMs ?? 0,
      cause: cause === undefined ? null : toDetail(cause),
    };
  }

  checkKnowing(): void {
    if (this.#replica.statement !== undefined) return;
    const { address } = this.status();
    throw new ConfedError(
      "unavailable",
      "this head knows nobody yet: it has heard nothing of the head that writes",
      {
        where: address,
        hint: "is that head running, and is it named in head: { heads: [...] } here? `confed status` says more",
      },
    );
  }

  /** Somebody must know; once for each. */
  refuse(text: string): void {
    this.#deps.logger.error("what is not the writing head's is refused", { why: text });
    this.#deps.audit.alarm({ event: "snapshot.refused", text });
  }

  #load(disk: LocalStore): void {
    const { path, clock, logger } = this.#deps;
    const all: WrittenEntry[] = [];
    let kept: StoredStatement | undefined;
    for (const entry of disk.entries()) {
      if (entry.kind === "following") kept = entry.value as StoredStatement;
      else all.push(entry);
    }
    const bytes = (text: string) => Buffer.from(text, "base64");
    try {
      this.#replica.load(all, kept && { body: bytes(kept.body), signature: bytes(kept.signature) });
    } catch (reason) {
      this.refuse(`the copy in ${path}: ${ConfedError.from(reason).rawMessage}`);
    }
    const { statement } = this.#replica;
    if (statement === undefined || kept === undefined) return;
    this.#address = kept.address;
    const age = formatDuration(Math.max(0, clock.wallTimeMs() - statement.atMs));
    logger.info("what the writing head said is known from before", { writer: statement.writer, age });
  }

  #listener(address: string): (message: FollowResponseReceived) => void {
    const lines = new FollowedLines();
    return (message) => {
      if (message.lines) lines.take(message.lines);
      const { statement: signed } = message;
      if (!signed) return;
      try {
        this.#take(lines.end(), signed, address);
      } catch (reason) {
        this.refuse(`from ${address}: ${ConfedError.from(reason).rawMessage}`);
        throw reason;
      }
    };
  }

  #take(
    heard: readonly HeardEntry[],
    signed: SignedStatement & { readonly whole: boolean },
    address: string,
  ): void {
    const changed = this.#replica.take(heard, signed);
    this.#address = address;
    this.#copy?.keep(
      changed,
      {
        ...{ body: Buffer.from(signed.body).toString("base64"), address },
        signature: Buffer.from(signed.signature).toString("base64"),
      },
      this.revision,
    );
  }
}
