import type { AgentConfig, ConsoleSpec, LoadResult } from "@confed/config";
import { type Clock, ConfedError, formatHostPort, type Logger } from "@confed/kernel";
import type { ReloadPlan } from "../console/plan-reload.ts";
import { ConfigWatch } from "../reload/config-watch.ts";
import { reportOf } from "../reload/reload-report.ts";
import { Reloader, type ReloadRequest } from "../reload/reloader.ts";
import { Ownership } from "./ownership.ts";
import {
  type HostReport,
  type Owned,
  plainError,
  type ShardAnswer,
  type ShardQuestion,
  type ShardRow,
} from "./shard-messages.ts";
import { settingsOfShard, shardId } from "./shard-settings.ts";
import { type ShardProcess, SupervisedShard } from "./supervised-shard.ts";

/** What a supervisor needs from the process it lives in. */
export interface SupervisorDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly residentBytes: () => number;
  /** How many shards there are to be; asked again at every reload. */
  readonly countOf: (config: AgentConfig) => number;
  /** Reads the configuration as it is on disk now. */
  readonly load: () => Promise<LoadResult<AgentConfig>>;
  /** The table that the agent's own commands edit. */
  readonly managedTable: string;
  readonly spawn: (index: number) => ShardProcess;
  readonly kill: (pid: number) => void;
  /** A log writer of an earlier life hangs in the disk. */
  readonly leaveFiles: boolean;
}

/**
 * The shards of one host: which console each has, their starts and restarts, and what concerns all of
 * them. It carries no byte of a console, so that it has little to die of; if it dies all the same, its
 * shards end in order.
 */
export class Supervisor {
  readonly #config: AgentConfig;
  readonly #deps: SupervisorDeps;
  readonly #owners: Ownership;
  readonly #specs: Map<string, ConsoleSpec>;
  readonly #shards: SupervisedShard[] = [];
  readonly #startedMs: number;
  readonly #reloader: Reloader;
  readonly #watch: ConfigWatch;
  #count: number;
  /** What changes who has what happens one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  /** Throws what the file system says of the state directory. */
  constructor(config: AgentConfig, deps: SupervisorDeps) {
    const { clock, logger, load, managedTable } = deps;
    this.#config = withoutShards(config);
    this.#deps = deps;
    this.#count = deps.countOf(config);
    this.#startedMs = clock.wallTimeMs();
    this.#specs = new Map(config.consoles.map((spec) => [spec.name, spec]));
    this.#owners = new Ownership(config.agent.stateDir);
    this.#owners.settle(this.#specs.keys(), this.#count);
    this.#watch = new ConfigWatch({
      clock,
      logger,
      onChange: async () => {
        await this.reload({ by: "a file that changed" });
      },
    });
    this.#reloader = new Reloader({
      load: async () => {
        const loaded = await load();
        if (loaded.ok === undefined) return loaded;
        return { ...loaded, ok: withoutShards(loaded.ok) };
      },
      running: this.#config,
      fleet: { specs: this.#specs, apply: (plan) => this.#next(() => this.#apply(plan)) },
      clock,
      logger,
      onRead: ({ files, directories }) => {
        this.#watch.follow({ files: [...files, managedTable], directories });
      },
    });
  }

  get count(): number {
    return this.#count;
  }

  /** Where the first shard listens. */
  get port(): number {
    return this.#shards[0]?.port ?? 0;
  }

  /** Resolves when all shards serve. Rejects if one cannot begin: then the others have ended, too. */
  async start(): Promise<void> {
    const { managedTable } = this.#deps;
    const { files, directories = [] } = this.#config;
    for (let index = 0; index < this.#count; index += 1) this.#shards.push(this.#shard(index));
    const started = await Promise.allSettled(this.#shards.map((shard) => shard.start()));
    const failed = started.find((result) => result.status === "rejected");
    if (failed !== undefined) {
      await Promise.all(this.#shards.map((shard) => shard.stop()));
      throw ConfedError.from(failed.reason);
    }
    await this.#watch.start({ files: [...files, managedTable], directories });
  }

  /** logrotate has moved the logs. */
  reopenLogs(): void {
    for (const shard of this.#shards) shard.tell({ do: "reopen" });
  }

  /** Read the configuration again and change what differs, on all shards; what is wrong with it is logged. */
  async reload(request: ReloadRequest): Promise<void> {
    try {
      await this.#reload(request);
    } catch (reason) {
      this.#deps.logger.warn("the configuration was not read again", {
        cause: ConfedError.from(reason).message,
      });
    }
  }

  /** Every shard ends in order. Resolves when nothing is left. */
  async stop(): Promise<void> {
    await Promise.all([this.#watch.stop(), this.#reloader.stop()]);
    await Promise.all(this.#shards.map((shard) => shard.stop()));
    await this.#last;
    this.#owners.close();
  }

  async #reload(request: ReloadRequest) {
    const outcome = await this.#reloader.reload(request);
    return reportOf(outcome);
  }

  #next<T>(run: () => Promise<T>): Promise<T> {
    const next = this.#last.then(run);
    this.#last = next.catch(() => undefined);
    return next;
  }

  #shard(index: number): SupervisedShard {
    const { clock, logger, spawn, kill, leaveFiles } = this.#deps;
    const { agent, logs } = this.#config;
    return new SupervisedShard(index, {
      ...{ clock, logger, kill },
      id: shardId(agent.id, index),
      spawn: () => spawn(index),
      beginning: () => ({
        start: { index, agent: settingsOfShard(agent, index), logs, leaveFiles },
        owned: [...this.#specs.values()]
          .filter(({ name }) => this.#owners.shardOf(name) === index)
          .map((spec) => this.#owned(spec)),
      }),
      onServing: () => {
        this.#tellSiblings();
      },
      onQuestion: (question) => this.#answer(question),
      onDying: () => undefined,
    });
  }

  #owned(spec: ConsoleSpec): Owned {
    const handed = this.#owners.handed(spec.name);
    return handed === undefined ? { spec } : { spec, handed };
  }

  #tellSiblings(): void {
    const addresses = this.#shards.map(({ inner }) => inner);
    for (const shard of this.#shards) shard.tell({ do: "siblings", addresses });
  }

  async #apply({ start, stop, restart, demand, relabel }: ReloadPlan): Promise<void> {
    for (const name of stop) this.#specs.delete(name);
    for (const spec of [...start, ...restart, ...demand, ...relabel]) this.#specs.set(spec.name, spec);
    this.#owners.settle(
      start.map(({ name }) => name),
      this.#count,
    );
    const changed = this.#shards.map((shard) => {
      const isIts = (name: string) => this.#owners.shardOf(name) === shard.index;
      const puts = (specs: readonly ConsoleSpec[]) =>
        specs.filter(({ name }) => isIts(name)).map((spec) => this.#owned(spec));
      return { shard, drop: stop.filter(isIts), put: puts([...start, ...restart, ...demand, ...relabel]) };
    });
    // On all shards what goes is gone before anything comes: two consoles may lead to one device.
    await Promise.all(changed.map(({ shard, drop }) => shard.change([], drop)));
    await Promise.all(changed.map(({ shard, put }) => shard.change(put, [])));
  }

  async #answer(question: ShardQuestion): Promise<ShardAnswer> {
    switch (question.is) {
      case "reload": {
        const { by, planOnly } = question;
        return { is: "reload", report: await this.#reload({ by, planOnly }) };
      }
      case "where":
        return {
          is: "where",
          shards: question.names.map((name) =>
            this.#specs.has(name) ? (this.#owners.shardOf(name) ?? null) : null,
          ),
        };
      case "host":
        return { is: "host", host: this.#report() };
    }
  }

  #report(): HostReport {
    const { agent } = this.#config;
    const counts = new Map<number, number>();
    for (const name of this.#specs.keys()) {
      const shard = this.#owners.shardOf(name);
      if (shard !== undefined) counts.set(shard, (counts.get(shard) ?? 0) + 1);
    }
    const { trouble } = this.#reloader;
    return {
      id: agent.id,
      startedMs: this.#startedMs,
      residentBytes: this.#deps.residentBytes(),
      shards: this.#shards.map((shard): ShardRow => {
        const { index, phase, lastDeath, sinceWallMs, port } = shard;
        return {
          id: shardId(agent.id, index),
          state: phase === "up" ? "up" : phase === "starting" ? "starting" : "down",
          sinceMs: sinceWallMs,
          address: port === 0 ? "" : formatHostPort({ host: agent.listen.host, port }),
          consoles: counts.get(index) ?? 0,
          ...(lastDeath === undefined ? {} : { cause: plainError(lastDeath) }),
        };
      }),
      ...(trouble === undefined ? {} : { trouble: plainError(trouble) }),
    };
  }
}

/** How many there are is changed while we run; whatever else of a shard's settings changes is not. */
function withoutShards(config: AgentConfig): AgentConfig {
  return { ...config, agent: { ...config.agent, shards: undefined } };
}
