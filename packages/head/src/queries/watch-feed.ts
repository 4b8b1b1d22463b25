import { type Cancel, type Clock, ConfedError } from "@confed/kernel";
import type { ConsoleStatusReceived, Outlet, WatchRequestReceived, WatchResponse } from "@confed/wire";
import type { Caller } from "../access/head-access.ts";
import type { AgentRecord } from "../directory/agent-record.ts";
import type { Directory } from "../directory/directory.ts";
import { peerStatusOf } from "./peer-status.ts";
import type { QuietStreams } from "./quiet-streams.ts";
import { deltaPages } from "./status-pages.ts";
import { type Delta, encodeWatch, Watcher } from "./watcher.ts";

/** Ten updates a second and more look like one to a person. */
const TICK_MS = 75;
/** An agent with 10,000 consoles that goes down is told in five ticks, between which others run. */
const CHANGES_PER_TICK_MAX = 2_000;
/** Dashboards and `rcons ls --watch`; each may hold 1 MiB. */
const WATCHERS_MAX = 1_000;

export interface WatchFeedDeps {
  readonly clock: Clock;
  readonly directory: Directory;
  readonly quietStreams: QuietStreams;
}

/**
 * What changes in the directory, gathered, and once a tick told to all watchers. Costs nothing
 * while nobody watches.
 */
export class WatchFeed {
  readonly #deps: WatchFeedDeps;
  readonly #watchers = new Set<Watcher>();
  readonly #dirtyNames = new Set<string>();
  readonly #dirtyAgents = new Set<AgentRecord>();
  #cancelTick: Cancel | undefined;
  #stopListening: (() => void) | undefined;

  constructor(deps: WatchFeedDeps) {
    this.#deps = deps;
  }

  /** Serve one watch until it is over. Throws "resource_exhausted", and what the selection is at fault for. */
  watch({ selection }: WatchRequestReceived, outlet: Outlet<WatchResponse>, caller: Caller): Promise<void> {
    if (this.#watchers.size >= WATCHERS_MAX) {
      throw new ConfedError("resource_exhausted", `${WATCHERS_MAX} watch this head already (watchersMax)`);
    }
    const { directory, quietStreams } = this.#deps;
    const watcher = new Watcher(selection, outlet, {
      ...{ directory, caller, quiet: quietStreams.add(outlet) },
    });
    outlet.signal.addEventListener(
      "abort",
      () => {
        this.#watchers.delete(watcher);
        if (this.#watchers.size === 0) this.stop();
      },
      { once: true },
    );
    // Before its snapshot: what changes meanwhile must not be missed.
    this.#watchers.add(watcher);
    this.#stopListening ??= directory.listen({
      consoleChanged: (name) => {
        this.#dirtyNames.add(name);
        this.#arm();
      },
      agentChanged: (agent, consolesToo) => {
        this.#dirtyAgents.add(agent);
        if (consolesToo) for (const name of agent.claims.keys()) this.#dirtyNames.add(name);
        this.#arm();
      },
    });
    return watcher.snapshot();
  }

  /** Who may see what has changed: whoever watches is shown anew what he may see. */
  refresh(): void {
    for (const watcher of this.#watchers) watcher.refresh();
  }

  stop(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    this.#dirtyNames.clear();
    this.#dirtyAgents.clear();
  }

  #arm(): void {
    this.#cancelTick ??= this.#deps.clock.after(TICK_MS, () => {
      this.#cancelTick = undefined;
      const delta = this.#takeDelta();
      for (const watcher of this.#watchers) watcher.deliver(delta);
      if (this.#dirtyNames.size > 0) this.#arm();
    });
  }

  #takeDelta(): Delta {
    const agents = Array.from(this.#dirtyAgents, (agent) => encodeWatch({ agent: peerStatusOf(agent) }));
    this.#dirtyAgents.clear();
    const changed: Readonly<ConsoleStatusReceived>[] = [];
    const removed: string[] = [];
    for (const name of this.#dirtyNames) {
      if (changed.length + removed.length >= CHANGES_PER_TICK_MAX) break;
      this.#dirtyNames.delete(name);
      const status = this.#deps.directory.statusOf(name);
      if (status === undefined) removed.push(name);
      else changed.push(status);
    }
    const pages = Array.from(deltaPages(changed, removed), (statuses) => encodeWatch({ statuses }));
    return { agents, changed, removed, pages };
  }
}
