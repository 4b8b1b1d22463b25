import { verbSet } from "@confed/trust";
import {
  type ConsoleStatusReceived,
  Encoded,
  messageCodec,
  type Outlet,
  type WatchResponse,
} from "@confed/wire";
import { allows, type Caller } from "../access/head-access.ts";
import type { Directory } from "../directory/directory.ts";
import { breathe } from "./breathe.ts";
import { openQuery, type Query } from "./open-query.ts";
import { peerStatusOf } from "./peer-status.ts";
import type { QuietStream } from "./quiet-streams.ts";
import { deltaPages, statusPages } from "./status-pages.ts";

/** What has changed within one tick; encoded once for all watchers without a selection. */
export interface Delta {
  readonly agents: readonly Encoded[];
  readonly changed: readonly Readonly<ConsoleStatusReceived>[];
  readonly removed: readonly string[];
  /** Both of the above. */
  readonly pages: readonly Encoded[];
}

/**
 * What waits for a watcher, in bytes. Of one that lets more than this wait all that is not on its way is
 * dropped, nothing more is queued, and it is given a fresh snapshot once it reads.
 */
const BACKLOG_BYTES_MAX = 1024 * 1024;

const LIST = verbSet(["list"]);

const codec = messageCodec("WatchResponse");

/** Make a message that may be sent to many. */
export function encodeWatch(message: WatchResponse): Encoded {
  return new Encoded(codec.encode(message));
}

/**
 * One watch stream. Deltas are sent while a snapshot is still on its way: each message says how
 * things are when it is made, and they arrive in that order, so the last word is always right.
 */
export class Watcher {
  readonly #directory: Directory;
  readonly #selection: string;
  readonly #outlet: Outlet<WatchResponse>;
  readonly #quiet: QuietStream;
  readonly #caller: Caller;
  #fits: Query["fits"] | undefined;
  /** What it was shown, where a selection may stop finding a console. */
  readonly #shown = new Set<string>();
  #lagging = false;
  #snapshots = 0;

  /** Throws "invalid_argument" for a selection that is none. */
  constructor(
    selection: string,
    outlet: Outlet<WatchResponse>,
    deps: { readonly directory: Directory; readonly quiet: QuietStream; readonly caller: Caller },
  ) {
    this.#directory = deps.directory;
    this.#quiet = deps.quiet;
    this.#selection = selection;
    this.#outlet = outlet;
    this.#caller = deps.caller;
    this.#look();
  }

  /** What the caller may see may have changed: everything is shown anew, unless that is everything. */
  refresh(): void {
    const sawAll = this.#fits === undefined;
    this.#look();
    if ((sawAll && this.#fits === undefined) || this.#lagging) return;
    this.#lagging = true;
    void this.#resync();
  }

  #query(): Query {
    return openQuery(this.#directory, this.#selection, allows(this.#caller, "list"));
  }

  #look(): void {
    const seesAll = this.#selection === "" && this.#caller.mayAlways(LIST);
    this.#fits = seesAll ? undefined : this.#query().fits;
  }

  /** Send everything, then `synced`. */
  async snapshot(): Promise<void> {
    this.#snapshots += 1;
    const snapshot = this.#snapshots;
    for (const agent of this.#directory.agents()) this.#send({ agent: peerStatusOf(agent) });
    const query = this.#query();
    for (const consoles of statusPages(this.#directory, query)) {
      if (this.#fits !== undefined) for (const { name } of consoles) this.#shown.add(name);
      if (consoles.length > 0) this.#send({ statuses: { consoles } });
      await breathe(this.#outlet);
      // Another one may have begun meanwhile: then this one is stale.
      if (this.#lagging || snapshot !== this.#snapshots || this.#outlet.signal.aborted) return;
    }
    this.#send({ synced: { version: this.#directory.version } });
  }

  deliver({ agents, changed, removed, pages }: Delta): void {
    if (this.#lagging) return;
    for (const agent of agents) this.#send(agent);
    if (this.#fits === undefined) for (const page of pages) this.#send(page);
    else this.#deliverFitting(this.#fits, changed, removed);
    if (this.#outlet.backlogBytes <= BACKLOG_BYTES_MAX) return;
    this.#lagging = true;
    // The snapshot that follows says all of it: of one that never reads again, next to nothing is kept.
    this.#outlet.discard();
    void this.#resync();
  }

  #deliverFitting(
    fits: Query["fits"],
    changed: readonly Readonly<ConsoleStatusReceived>[],
    removed: readonly string[],
  ): void {
    const found: Readonly<ConsoleStatusReceived>[] = [];
    const lost: string[] = [];
    for (const status of changed) {
      if (fits(status)) {
        this.#shown.add(status.name);
        found.push(status);
      } else if (this.#shown.delete(status.name)) lost.push(status.name);
    }
    for (const name of removed) if (this.#shown.delete(name)) lost.push(name);
    for (const statuses of deltaPages(found, lost)) this.#send({ statuses });
  }

  async #resync(): Promise<void> {
    await this.#outlet.drained();
    if (this.#outlet.signal.aborted) return;
    this.#lagging = false;
    this.#shown.clear();
    this.#send({ reset: {} });
    await this.snapshot();
  }

  #send(message: WatchResponse | Encoded): void {
    this.#quiet.touch();
    this.#outlet.send(message);
  }
}
