import type { ConsoleSpec, LogMode } from "@confed/config";
import { type Clock, ConfedError, type DialGate, type Logger, type Selectable } from "@confed/kernel";
import type { Transport } from "@confed/transports";
import type { LogFeed } from "../log/log-feed.ts";
import type { Position } from "../log/writer/positions-file.ts";
import type { InheritedLink } from "../takeover/inheritance.ts";
import { targetOf } from "../transports/assemble.ts";
import type { Cadence } from "./cadence.ts";
import { Console } from "./console.ts";
import type { ConsoleDeps, ConsoleWay } from "./console-deps.ts";
import { assignedElsewhere, goesOn } from "./console-errors.ts";
import { ConsoleSink } from "./console-sink.ts";
import type { ConsoleTable, Listed } from "./console-table.ts";
import type { ReloadPlan } from "./plan-reload.ts";

export interface FleetDeps {
  readonly table: ConsoleTable;
  readonly transportOf: (spec: ConsoleSpec) => Transport;
  readonly clock: Clock;
  readonly timers: Pick<Clock, "after">;
  readonly logger: Logger;
  readonly feed: LogFeed;
  readonly gate: DialGate;
  readonly cadence: Cadence;
  readonly onReconnect?: ((name: string) => void) | undefined;
  /** How a console is logged. */
  readonly logModeOf: (console: Selectable & Pick<ConsoleSpec, "log">) => LogMode;
}

/**
 * The consoles of an agent as its configuration has them, now and after every reload. A console's
 * number is never given again while the agent lives: arenas and tails may still hold the old one's.
 */
export class ConsoleFleet {
  readonly #deps: FleetDeps;
  readonly #consoleDeps: ConsoleDeps;
  readonly #specs = new Map<string, ConsoleSpec>();
  #numberLast = 0;

  constructor(deps: FleetDeps) {
    this.#deps = deps;
    const { table } = deps;
    this.#consoleDeps = {
      ...deps,
      onChange: ({ name, removed }) => {
        if (!removed) table.changed(name);
      },
    };
  }

  /** What runs, by name. */
  get specs(): ReadonlyMap<string, ConsoleSpec> {
    return this.#specs;
  }

  /** A console more, listed and not started. */
  add(spec: ConsoleSpec): Console {
    this.#numberLast += 1;
    const console = new Console(
      {
        name: spec.name,
        number: this.#numberLast,
        onDemand: spec.onDemand,
        logMode: this.#deps.logModeOf(spec),
      },
      this.#wayOf(spec),
      this.#consoleDeps,
    );
    this.#describe(spec, console);
    return console;
  }

  /**
   * Act out a plan. What is stopped is gone before anything is started, because two consoles may
   * lead to one device. Resolves when all of it is done but the connecting.
   */
  async apply({ start, stop, restart, demand, relabel }: ReloadPlan): Promise<void> {
    await Promise.all(stop.map((name) => this.#remove(name)));
    const moved = [...restart, ...demand, ...relabel].flatMap((spec) => this.#change(spec) ?? []);
    if (moved.length > 0) this.#deps.feed.move(moved);
    for (const spec of restart) this.#reroute(spec, true);
    for (const spec of [...demand, ...relabel]) this.#reroute(spec, false);
    for (const spec of start) this.add(spec).start();
  }

  /**
   * Begin a console with the link that the process before this one had. It is read from `thaw` on.
   * False: this configuration leads elsewhere, or the link is none; its descriptor is closed then.
   */
  adopt(listed: Listed, inherited: InheritedLink): boolean {
    const spec = this.#specs.get(listed.name);
    const transport = spec === undefined ? undefined : this.#deps.transportOf(spec);
    const { link, descriptor: fd, snapshot } = inherited;
    const same = listed.transport === link.transport && listed.target === link.target;
    const sink = new ConsoleSink(listed.console);
    try {
      if (!same || transport?.adopt === undefined)
        throw new ConfedError("failed_precondition", "the configuration leads elsewhere now");
      sink.link = transport.adopt({ fd, snapshot, sink });
    } catch (reason) {
      fd.discard();
      const cause = ConfedError.from(reason).message;
      this.#deps.logger.warn("link is not taken over but opened anew", { console: listed.name, cause });
      return false;
    }
    listed.console.adopt(sink.link, inherited);
    return true;
  }

  /** Viewers are told to come back; resolves when every link is closed. */
  async stop(): Promise<void> {
    await Promise.all([...this.#deps.table.all()].map(({ console }) => console.stop()));
  }

  /**
   * Let go of a console that somebody else shall have: link closed, log closed, viewers told to come
   * back. It stays listed, stopped, until `forget`. Resolves with where its next owner goes on.
   */
  async release(name: string): Promise<Position | undefined> {
    const { table, feed } = this.#deps;
    const { console } = table.get(name);
    this.#specs.delete(name);
    await console.stop(goesOn(name));
    return feed.close(console.number);
  }

  /** Somebody else has this console now. */
  forget(name: string): void {
    if (!this.#specs.has(name)) this.#deps.table.remove(name);
  }

  async #remove(name: string): Promise<void> {
    const { table, feed, logger } = this.#deps;
    const { console } = table.get(name);
    const assigned = this.#specs.get(name)?.epoch !== undefined;
    this.#specs.delete(name);
    // Another agent may have it in a moment.
    const ended = console.remove(assigned ? assignedElsewhere(name) : undefined);
    // In the same turn out of the table: nobody new may find it while it ends.
    table.remove(name);
    await ended;
    void feed.close(console.number);
    logger.info("console removed", { console: name });
  }

  /** Returns its number if it is logged elsewhere now. */
  #change(spec: ConsoleSpec): number | undefined {
    const { console } = this.#deps.table.get(spec.name);
    const { path } = console.logMode;
    this.#describe(spec, console);
    return console.logMode.path === path ? undefined : console.number;
  }

  #reroute(spec: ConsoleSpec, reopen: boolean): void {
    const { console } = this.#deps.table.get(spec.name);
    console.reroute(this.#wayOf(spec), { reopen });
    console.setOnDemand(spec.onDemand);
  }

  #describe(spec: ConsoleSpec, console: Console): void {
    const { name, groups, labels, transport, description = "", epoch = 0 } = spec;
    this.#specs.set(name, spec);
    console.logMode = this.#deps.logModeOf(spec);
    const target = targetOf(spec);
    const source = sourceOf(spec);
    this.#deps.table.add({
      ...{ console, name, groups, labels, transport, target, description, source, epoch },
    });
  }

  #wayOf(spec: ConsoleSpec): ConsoleWay {
    const { retry, bringUpAfterMs } = spec;
    return { transport: this.#deps.transportOf(spec), retry, bringUpAfterMs };
  }
}

function sourceOf({ epoch, overrides }: ConsoleSpec): Listed["source"] {
  if (epoch !== undefined) return "HEAD";
  return overrides === true ? "FILE_OVER_HEAD" : "FILE";
}
