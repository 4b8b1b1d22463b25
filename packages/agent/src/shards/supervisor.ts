import type { AgentConfig, ConsoleSpec, LoadResult } from "@confed/config";
import { type Cancel, type Clock, ConfedError, type Logger } from "@confed/kernel";
import { type Audit, silentAudit } from "@confed/trust/audit";
import { auditedReload } from "../audit/audited-reload.ts";
import type { ReloadPlan } from "../console/plan-reload.ts";
import { ConfigWatch } from "../reload/config-watch.ts";
import { reportOf } from "../reload/reload-report.ts";
import { Reloader, type ReloadRequest } from "../reload/reloader.ts";
import { HANDED_AT_ONCE, handOver } from "./hand-over.ts";
import { Ownership } from "./ownership.ts";
import { shardOf } from "./rendezvous.ts";
import {
  type HostReport,
  type Owned,
  plainError,
  type ShardAnswer,
  type ShardQuestion,
} from "./shard-messages.ts";
import { shardRow } from "./shard-row.ts";
import { settingsOfShard, shardId } from "./shard-settings.ts";
import { type ShardProcess, SupervisedShard } from "./supervised-shard.ts";

/** What a supervisor needs from the process it lives in. */
export interface SupervisorDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly residentBytes: () => number;
  /** How many shards there are to be; asked again at every reload. */
  readonly countOf: (config: AgentConfig) => number;
  /** Of what concerns the whole host; without it, that is not audited. */
  readonly audit?: Audit | undefined;
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
  /** As the configuration wants it by now. */
  #wantedCount: number;
  #resharding: Promise<void> | undefined;
  /** By name, with the reason. */
  readonly #quarantined = new Map<string, string>();
  /** Being handed over at this moment. */
  #moving: ReadonlySet<string> = new Set();
  #cancelPause: Cancel = () => undefined;
  #stopping = false;
  /** What changes who has what happens one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  /** Throws what the file system says of the state directory. */
  constructor(config: AgentConfig, deps: SupervisorDeps) {
    const { clock, logger, load, managedTable } = deps;
    this.#config = withoutShards(config);
    this.#deps = deps;
    this.#count = deps.countOf(config);
    this.#wantedCount = this.#count;
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
        this.#loadedCount = deps.countOf(loaded.ok);
        return { ...loaded, ok: withoutShards(loaded.ok) };
      },
      running: this.#config,
      fleet: { specs: this.#specs, apply: (plan) => this.#next(() => this.#apply(plan)) },
      clock,
      logger,
      audit: auditedReload(deps.audit ?? silentAudit, config.agent.id),
      onRead: ({ files, directories }) => {
        this.#watch.follow({ files: [...files, managedTable], directories });
      },
    });
  }

  #loadedCount = 0;

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
    this.#stopping = true;
    await Promise.all([this.#watch.stop(), this.#reloader.stop()]);
    this.#cancelPause();
    await Promise.all(this.#shards.map((shard) => shard.stop()));
    await this.#last;
    this.#owners.close();
  }

  async #reload(request: ReloadRequest) {
    const outcome = await this.#reloader.reload(request);
    if (outcome.faults === undefined && outcome.done && this.#quarantined.size > 0)
      await this.#next(() => this.#lift());
    if (outcome.faults !== undefined || this.#loadedCount === this.#wantedCount) return reportOf(outcome);
    const count = this.#loadedCount;
    const report = reportOf(
      outcome,
      [...this.#specs.keys()].filter((name) => this.#owners.shardOf(name) !== shardOf(name, count)),
    );
    if (outcome.done) {
      this.#wantedCount = count;
      this.#resharding ??= this.#reshard().finally(() => {
        this.#resharding = undefined;
      });
    }
    return report;
  }

  // Reloads and restarts go on meanwhile: only a few consoles at a time are on their way.
  async #reshard(): Promise<void> {
    const { clock, logger } = this.#deps;
    while (this.#wantedCount !== this.#count && !this.#stopping) {
      const startedMs = clock.nowMs();
      const before = this.#count;
      if (!(await this.#next(() => this.#grow(this.#wantedCount)))) return;
      const moved = await this.#moveAll();
      if (moved === undefined) return;
      // What was handed over last is told to heads before anybody goes.
      await this.#pause();
      const superfluous = this.#shards.splice(this.#count);
      await Promise.all(superfluous.map((shard) => shard.stop()));
      this.#tellSiblings();
      const durationMs = Math.round(clock.nowMs() - startedMs);
      logger.info("consoles handed over", { from: before, to: this.#count, moved, durationMs });
    }
  }

  /** How many consoles were handed over; undefined: we end before all are. */
  async #moveAll(): Promise<number | undefined> {
    let moved = 0;
    while (!this.#stopping) {
      const page = this.#pageToMove();
      if (page === undefined) return moved;
      const handed = await this.#next(() => this.#handOver(page));
      moved += handed;
      if (handed === 0) await this.#pause();
    }
    return undefined;
  }

  /** False if a shard that is new cannot begin: then all stays as it was. */
  async #grow(count: number): Promise<boolean> {
    const fresh: SupervisedShard[] = [];
    try {
      for (let index = this.#shards.length; index < count; index += 1) fresh.push(this.#shard(index));
      this.#shards.push(...fresh);
      await Promise.all(fresh.map((shard) => shard.start()));
    } catch (reason) {
      this.#shards.splice(this.#shards.length - fresh.length);
      await Promise.all(fresh.map((shard) => shard.stop()));
      this.#wantedCount = this.#count;
      this.#deps.logger.error("a shard cannot begin; there are as many as before", {
        ...{ wanted: count, shards: this.#count, cause: ConfedError.from(reason).message },
      });
      return false;
    }
    this.#count = count;
    return true;
  }

  /** Some consoles of one shard that others shall have. */
  #pageToMove(): { readonly from: SupervisedShard; readonly names: readonly string[] } | undefined {
    const names: string[] = [];
    let from: number | undefined;
    for (const name of this.#specs.keys()) {
      const shard = this.#owners.shardOf(name);
      if (shard === undefined || shard === shardOf(name, this.#count)) continue;
      from ??= shard;
      if (shard === from) names.push(name);
      if (names.length === HANDED_AT_ONCE) break;
    }
    const shard = from === undefined ? undefined : this.#shards[from];
    return shard === undefined ? undefined : { from: shard, names };
  }

  async #handOver({ from, names }: { readonly from: SupervisedShard; readonly names: readonly string[] }) {
    this.#moving = new Set(names);
    // Who has it next tries it again.
    for (const name of names) this.#quarantined.delete(name);
    const wanted = names.flatMap((name) => {
      const to = this.#shards[shardOf(name, this.#count)];
      return to === undefined || to === from || !this.#specs.has(name) ? [] : { name, to };
    });
    const { clock, logger } = this.#deps;
    const owned = (name: string) => {
      const spec = this.#specs.get(name);
      return spec === undefined ? undefined : this.#owned(spec);
    };
    const count = await handOver(from, wanted, { owners: this.#owners, owned, logger, clock });
    this.#moving = new Set();
    return count;
  }

  /** Before what cannot be done now is tried again: a log that is late, a shard that is dead. */
  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#cancelPause = resolve;
      this.#deps.clock.after(HAND_OVER_RETRY_MS, resolve);
    });
  }

  #next<T>(run: () => Promise<T>): Promise<T> {
    const next = this.#last.then(run);
    this.#last = next.catch(() => undefined);
    return next;
  }

  #shard(index: number): SupervisedShard {
    const { clock, logger, spawn, kill, leaveFiles } = this.#deps;
    const { agent, logs, audit } = this.#config;
    const settings = settingsOfShard(agent, index);
    return new SupervisedShard(index, {
      ...{ clock, logger, kill },
      id: shardId(agent.id, index),
      spawn: () => spawn(index),
      beginning: (careful) => ({
        start: { index, agent: settings, logs, audit, leaveFiles, careful },
        owned: [...this.#specs.values()]
          .filter(({ name }) => this.#owners.shardOf(name) === index)
          .map((spec) => this.#owned(spec)),
      }),
      onServing: () => {
        this.#tellSiblings();
      },
      onQuestion: (question) => this.#answer(question),
      onCulprit: (name, deaths) => {
        this.#quarantine(name, deaths);
      },
      onLifted: (name) => {
        if (this.#quarantined.delete(name)) logger.info("console tried again", { console: name });
      },
    });
  }

  #owned(spec: ConsoleSpec): Owned {
    const handed = this.#owners.handed(spec.name);
    const quarantined = this.#quarantined.get(spec.name);
    return {
      spec,
      ...(handed === undefined ? {} : { handed }),
      ...(quarantined === undefined ? {} : { quarantined }),
    };
  }

  #quarantine(name: string, deaths: number): void {
    const reason = `a process of the agent died ${deaths} times in a row over it`;
    this.#quarantined.set(name, reason);
    this.#deps.logger.error("console quarantined", {
      ...{ console: name, reason },
      hint: `rcons reconnect ${name}, or a reload, tries it again`,
    });
  }

  /** Somebody has looked at the configuration: what was not tried any more is tried again. */
  async #lift(): Promise<void> {
    const specs = [...this.#quarantined.keys()].flatMap((name) => this.#specs.get(name) ?? []);
    this.#quarantined.clear();
    await Promise.all(
      this.#shards.map((shard) => {
        const its = specs.filter(({ name }) => this.#owners.shardOf(name) === shard.index);
        return shard.change(
          its.map((spec) => this.#owned(spec)),
          [],
        );
      }),
    );
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
        if (question.names.some((name) => this.#moving.has(name))) await this.#last;
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
    const counts = new Map<number, number>();
    for (const name of this.#specs.keys()) {
      const shard = this.#owners.shardOf(name);
      if (shard !== undefined) counts.set(shard, (counts.get(shard) ?? 0) + 1);
    }
    const { trouble } = this.#reloader;
    const { agent } = this.#config;
    return {
      id: agent.id,
      startedMs: this.#startedMs,
      residentBytes: this.#deps.residentBytes(),
      shards: this.#shards.map((shard) => shardRow(shard, agent, counts.get(shard.index) ?? 0)),
      ...(trouble === undefined ? {} : { trouble: plainError(trouble) }),
    };
  }
}

/** How many there are is changed while we run; whatever else of a shard's settings changes is not. */
function withoutShards(config: AgentConfig): AgentConfig {
  return { ...config, agent: { ...config.agent, shards: undefined } };
}

const HAND_OVER_RETRY_MS = 1_000;
