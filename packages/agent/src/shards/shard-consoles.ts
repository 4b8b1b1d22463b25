import type { ConsoleFleet } from "../console/console-fleet.ts";
import type { ConsoleTable } from "../console/console-table.ts";
import { planReload } from "../console/plan-reload.ts";
import type { LogFeed } from "../log/log-feed.ts";
import type { Owned, Released } from "./shard-messages.ts";

export interface ShardConsolesDeps {
  readonly fleet: Pick<ConsoleFleet, "specs" | "apply" | "release" | "forget">;
  readonly table: Pick<ConsoleTable, "find">;
  readonly feed: Pick<LogFeed, "hand" | "late">;
  /** A console may be dialed, if it might not so far. */
  readonly lift: (name: string) => boolean;
}

/** The consoles of a shard, as its supervisor gives and takes them. One call at a time. */
export class ShardConsoles {
  readonly #deps: ShardConsolesDeps;

  constructor(deps: ShardConsolesDeps) {
    this.#deps = deps;
  }

  /** Have these, new or described anew, and those no more. Costs one walk over all that there are. */
  async change(put: readonly Owned[], drop: readonly string[]): Promise<void> {
    const { fleet, feed, table } = this.#deps;
    const desired = new Map(fleet.specs);
    for (const name of drop) desired.delete(name);
    for (const { spec, handed, quarantined } of put) {
      if (quarantined === undefined && this.#deps.lift(spec.name)) table.find(spec.name)?.console.reconnect();
      desired.set(spec.name, spec);
      if (fleet.specs.has(spec.name)) continue;
      // Handed away a moment ago, and back before we were told to forget it.
      fleet.forget(spec.name);
      if (handed !== undefined) feed.hand(handed);
    }
    await fleet.apply(planReload(fleet.specs, desired));
  }

  /** Let go of these. What its log is behind with is kept: nobody could go on from there. */
  release(names: readonly string[]): Promise<readonly Released[]> {
    return Promise.all(names.map((name) => this.#release(name)));
  }

  forget(names: readonly string[]): void {
    for (const name of names) this.#deps.fleet.forget(name);
  }

  async #release(name: string): Promise<Released> {
    const { fleet, table, feed } = this.#deps;
    const console = table.find(name)?.console;
    if (console === undefined || !fleet.specs.has(name)) return { name, gone: true };
    await console.output.numbered;
    if (feed.late(console.number)) return { name, gone: false };
    const position = await fleet.release(name);
    return position === undefined ? { name, gone: true } : { name, gone: true, position };
  }
}
