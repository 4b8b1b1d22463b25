import { type AgentConfig, type Fault, faultsError, type LoadResult } from "@confed/config";
import { type Clock, ConfedError, type Logger } from "@confed/kernel";
import type { AuditedReload } from "../audit/audited-reload.ts";
import type { ConsoleFleet } from "../console/console-fleet.ts";
import { planReload, type ReloadPlan } from "../console/plan-reload.ts";
import type { Watched } from "./config-watch.ts";

/** What came of a reload: nothing at all where there are faults. */
export type ReloadOutcome =
  | {
      readonly faults?: undefined;
      readonly plan: ReloadPlan;
      /** Settings that differ from those the agent runs with, and hold from its next start on. */
      readonly needsRestart: readonly string[];
      /** What heads have assigned and cannot be used here. */
      readonly refused: readonly ConfedError[];
      /** False: only planned. */
      readonly done: boolean;
    }
  | { readonly faults: readonly Fault[]; readonly refused?: undefined };

export interface ReloadRequest {
  /** Who or what asked: "SIGHUP", "root@mgmt1", "a file changed". */
  readonly by: string;
  readonly planOnly?: boolean;
}

export interface ReloaderDeps {
  /** Reads the configuration as it is on disk now. */
  readonly load: () => Promise<LoadResult<AgentConfig>>;
  /** With what the agent was started. */
  readonly running: AgentConfig;
  readonly fleet: Pick<ConsoleFleet, "specs" | "apply">;
  readonly clock: Pick<Clock, "nowMs" | "wallTimeMs">;
  readonly logger: Logger;
  /** Told of everything that a reload did or could not do. */
  readonly audit?: AuditedReload | undefined;
  /** Which files were read or looked for, after each reading. */
  readonly onRead: (read: Watched) => void;
}

/**
 * Reads the configuration again and changes what differs, one reload after the other. A
 * configuration with a fault changes nothing: the old one stays in force, and `trouble` says so
 * until one without is read.
 */
export class Reloader {
  readonly #deps: ReloaderDeps;
  #last: Promise<unknown> = Promise.resolve();
  #stopped = false;
  #read: Watched;
  #trouble: { readonly sinceWallMs: number; readonly text: string; readonly error: ConfedError } | undefined;

  constructor(deps: ReloaderDeps) {
    this.#deps = deps;
    const { files, directories = [] } = deps.running;
    this.#read = { files, directories };
  }

  /** Set while what is on disk is not what runs. */
  get trouble(): ConfedError | undefined {
    return this.#trouble?.error;
  }

  /** Rejects only for what cannot be a fault in a file. */
  reload(request: ReloadRequest): Promise<ReloadOutcome> {
    const next = this.#last.then(() => this.#reload(request));
    this.#last = next.catch(() => undefined);
    return next;
  }

  /** Final. Resolves when no reload is under way; those asked for later reject. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#last;
  }

  async #reload({ by, planOnly = false }: ReloadRequest): Promise<ReloadOutcome> {
    const { load, running, fleet, clock, logger } = this.#deps;
    const startedMs = clock.nowMs();
    const loaded = await load();
    if (this.#stopped) throw new ConfedError("canceled", "the agent stops");
    this.#tellRead(loaded);
    if (loaded.ok === undefined) {
      this.#stale(loaded.faults, by);
      this.#deps.audit?.refused(by, loaded.faults);
      return { faults: loaded.faults };
    }
    const plan = planReload(fleet.specs, new Map(loaded.ok.consoles.map((spec) => [spec.name, spec])));
    const needsRestart = settingsThatDiffer(running, loaded.ok);
    const { refused = [] } = loaded.ok;
    if (planOnly) return { plan, needsRestart, refused, done: false };
    await fleet.apply(plan);
    this.#deps.audit?.done(by, plan, needsRestart);
    if (this.#trouble !== undefined) logger.info("the configuration is good again");
    this.#trouble = undefined;
    const durationMs = Math.round(clock.nowMs() - startedMs);
    const nothing = plan.untouchedCount === fleet.specs.size && plan.stop.length === 0;
    logger.info(nothing ? "configuration read again, nothing changed" : "configuration read again", {
      by,
      ...countsOf(plan),
      durationMs,
    });
    if (needsRestart.length > 0) {
      logger.warn("these settings hold from the next start on", { settings: needsRestart.join(" ") });
    }
    return { plan, needsRestart, refused, done: true };
  }

  #tellRead(loaded: LoadResult<AgentConfig>): void {
    const { files = [], directories = [] } = loaded.ok ?? loaded;
    // With a fault not everything was reached: what the running configuration came from stays watched.
    const { files: before, directories: directoriesBefore } =
      loaded.ok === undefined ? this.#read : NOTHING_READ;
    this.#read = {
      files: [...new Set([...files, ...before])],
      directories: [...new Set([...directories, ...directoriesBefore])],
    };
    this.#deps.onRead(this.#read);
  }

  #stale(faults: readonly Fault[], by: string): void {
    const { clock, logger } = this.#deps;
    const first = faultsError(faults);
    const text = `${first.where ?? ""} ${first.message}`.trim();
    // Said once for each thing that is wrong, however often it is read.
    if (this.#trouble?.text === text) return;
    const sinceWallMs = this.#trouble?.sinceWallMs ?? clock.wallTimeMs();
    const since = new Date(sinceWallMs).toISOString().slice(0, 19);
    const place = first.where === undefined ? "" : `${first.where}: `;
    const error = new ConfedError(
      "invalid_argument",
      `config stale since ${since}Z: ${place}${first.rawMessage}`,
      { subject: first.subject, hint: first.hint },
    );
    this.#trouble = { sinceWallMs, text, error };
    logger.error("the configuration has faults; the old one stays in force", { by, error: text });
  }
}

const NOTHING_READ: Watched = { files: [], directories: [] };

function countsOf({ start, stop, restart, demand, relabel, untouchedCount }: ReloadPlan) {
  return {
    ...{ start: start.length, stop: stop.length, restart: restart.length },
    ...{ demand: demand.length, relabel: relabel.length, untouched: untouchedCount },
  };
}

/** In the words of the file. */
function settingsThatDiffer(running: AgentConfig, desired: AgentConfig): readonly string[] {
  const settings = ({ agent: { stateDir, ...agent }, logs: { pathTemplate, ...logs } }: AgentConfig) => ({
    ...named("agent", { ...agent, state: stateDir }),
    ...named("logs", { path: pathTemplate, ...logs }),
  });
  const now = settings(running);
  const wanted = settings(desired);
  const keys = [...new Set([...Object.keys(now), ...Object.keys(wanted)])];
  return keys.filter((key) => JSON.stringify(now[key]) !== JSON.stringify(wanted[key]));
}

function named(section: string, settings: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [`${section}.${key}`, value]));
}
