import { type Cancel, type Clock, ConfedError, type Logger } from "@confed/kernel";
import type { Call, FollowRequestReceived, FollowResponse, Outlet } from "@confed/wire";
import type { Authorities } from "../enrolment/authorities.ts";
import type { Machines } from "../enrolment/machines.ts";
import { breathe } from "../queries/breathe.ts";
import type { Store, WrittenEntry } from "../store/store.ts";
import { formatStatement } from "./statement.ts";
import { hashOf, lineOf, StoreDigest } from "./store-digest.ts";

export interface PublicationDeps {
  readonly store: Store;
  readonly authorities: Authorities;
  readonly machines: Machines;
  /** How this head calls itself. */
  readonly head: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Bounds of what heads that follow are told, with their reasons. */
const PUBLICATION_LIMITS = {
  /** Three missing ones tell a follower that this head is gone, as agents are told by their heartbeats. */
  statementIntervalMs: 2_000,
  /** Of lines in one message: a page. */
  pageBytes: 48 * 1024,
  /** Waits for one that does not read, or has not the whole yet; beyond it, it begins anew. */
  backlogBytesMax: 8 * 1024 * 1024,
  /** Heads of a cluster that follow; each is sent every change. */
  followersMax: 32,
} as const;

/** Somebody that follows. */
interface Follower {
  readonly head: string;
  readonly outlet: Outlet<FollowResponse>;
  /** What has changed while it is sent the whole; undefined from then on. */
  late: FollowResponse[] | undefined;
  lateBytes: number;
}

/**
 * Tells other heads of the cluster everything that is in this one's store, and what changes, signed. Kept ready from the start: a
 * change costs a hash, and with followers a signature and a message each.
 */
export class Publication {
  readonly #deps: PublicationDeps;
  readonly #digest = new StoreDigest();
  readonly #followers = new Set<Follower>();
  readonly #stopListening: Cancel;
  #cancelBeat: Cancel | undefined;

  constructor(deps: PublicationDeps) {
    this.#deps = deps;
    for (const entry of deps.store.entries()) this.#digest.put(entry, hashOf(lineOf(entry)));
    this.#stopListening = deps.store.follow((written) => {
      this.#written(written);
    });
  }

  /** Serve one head. Throws "permission_denied" for whoever is none, or none any more. */
  accept(request: FollowRequestReceived, outlet: Outlet<FollowResponse>, { peer }: Call): void {
    if (peer.class !== "machine" || peer.kind !== "head")
      throw new ConfedError("permission_denied", "only another head of the cluster may follow this one");
    this.#deps.machines.admit(peer);
    if (this.#followers.size >= PUBLICATION_LIMITS.followersMax) {
      throw new ConfedError(
        "resource_exhausted",
        `${PUBLICATION_LIMITS.followersMax} heads follow this one already (followersMax)`,
      );
    }
    const follower: Follower = { head: peer.id, outlet, late: [], lateBytes: 0 };
    this.#followers.add(follower);
    this.#deps.logger.info("a head follows", { head: peer.id });
    outlet.signal.addEventListener("abort", () => {
      this.#followers.delete(follower);
      this.#deps.logger.info("a head follows no more", { head: peer.id });
    });
    this.#cancelBeat ??= this.#beatLater();
    void this.#begin(follower, request.digest.toString("hex"));
  }

  stop(): void {
    this.#stopListening();
    this.#cancelBeat?.();
    for (const { outlet } of this.#followers) outlet.end();
  }

  /** What is there at this moment; what changes meanwhile comes after it. Never rejects. */
  async #begin(follower: Follower, digest: string): Promise<void> {
    const { outlet } = follower;
    const statement = this.#statement();
    const isThere = digest === this.#digest.value();
    if (!isThere) {
      // Entries are never changed, only replaced: the list is the store as it is now.
      const entries = [...this.#deps.store.entries()];
      for (const lines of pagesOf(entries)) {
        outlet.send({ lines });
        await breathe(outlet);
        if (outlet.signal.aborted) return;
      }
    }
    outlet.send({ statement: { ...statement, whole: !isThere } });
    for (const message of follower.late ?? []) outlet.send(message);
    follower.late = undefined;
  }

  #written(written: readonly WrittenEntry[]): void {
    for (const entry of written)
      this.#digest.put(entry, entry.value === undefined ? undefined : hashOf(lineOf(entry)));
    if (this.#followers.size === 0) return;
    for (const lines of pagesOf(written)) this.#tell({ lines }, lines.byteLength);
    this.#tell({ statement: this.#statement() }, 0);
  }

  #tell(message: FollowResponse, sizeBytes: number): void {
    for (const follower of this.#followers) {
      const { outlet, late } = follower;
      follower.lateBytes += late === undefined ? 0 : sizeBytes;
      if (Math.max(follower.lateBytes, outlet.backlogBytes) > PUBLICATION_LIMITS.backlogBytesMax) {
        this.#followers.delete(follower);
        outlet.end(
          new ConfedError("slow_consumer", "it does not keep up with what changes", {
            subject: follower.head,
          }),
        );
      } else if (late === undefined) outlet.send(message);
      else late.push(message);
    }
  }

  #beatLater(): Cancel {
    return this.#deps.clock.after(PUBLICATION_LIMITS.statementIntervalMs, () => {
      this.#cancelBeat = this.#followers.size === 0 ? undefined : this.#beatLater();
      if (this.#followers.size === 0) return;
      const statement = this.#statement();
      // To one that does not read there is nothing new to say.
      for (const { outlet, late } of this.#followers)
        if (late === undefined && outlet.backlogBytes === 0) outlet.send({ statement });
    });
  }

  #statement() {
    const { authorities, head, store, clock } = this.#deps;
    return formatStatement(authorities.machines, {
      ...{ writer: head, revision: store.revision, digest: this.#digest.value() },
      atMs: clock.wallTimeMs(),
    });
  }
}

/** Lines, cut where a page is full. */
function* pagesOf(entries: Iterable<WrittenEntry>): Generator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const line = Buffer.from(`${lineOf(entry)}\n`);
    for (let at = 0; at < line.byteLength; ) {
      const part = line.subarray(at, at + PUBLICATION_LIMITS.pageBytes - bytes);
      parts.push(part);
      at += part.byteLength;
      bytes += part.byteLength;
      if (bytes < PUBLICATION_LIMITS.pageBytes) continue;
      yield Buffer.concat(parts);
      parts = [];
      bytes = 0;
    }
  }
  if (bytes > 0) yield Buffer.concat(parts);
}
