import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import { type Figures, VoidRun } from "./figures.ts";
import { type LogVerdict, LogWatch, untilLogged, verifyLogs } from "./log-check.ts";
import { emptyFiles } from "./measure/empty-files.ts";
import { cpuSecondsOf, nodeProcesses, sizeOf, treeLike } from "./measure/process-tree.ts";
import type { Programs } from "./programs.ts";
import { LINE_BYTES, Rack } from "./rack.ts";
import { startSystem } from "./systems/index.ts";
import type { RunningSystem, SystemName } from "./systems/system.ts";

/** How a benchmark was asked to run. */
export interface BenchSettings {
  readonly quick: boolean;
  /** Where racks' logs and states go while they run. */
  readonly dir: string;
  readonly programs: Programs;
  readonly profileDir?: string | undefined;
  /** How long the soak is to last. */
  readonly soakMinutes: number;
}

/** What `Fleet.measure` is to do. */
export interface Load {
  /** Begin printing; may take its time: `flood` resolves when all was taken. */
  readonly begin: (rack: Rack) => Promise<unknown>;
  /** How long to let it print after that. */
  readonly seconds: number;
  /** Printed before anything is measured, so that caches, buffers and just-in-time code are warm. */
  readonly warmUpSeconds?: number;
  /** Printed before that instead, where the load itself would be too much of it. */
  readonly warmUp?: (rack: Rack) => Promise<unknown>;
  /** Confed's own event loops, too: `loopP99Ms`. Costs them a hundred wake-ups a second. */
  readonly loops?: boolean;
  /** Done while it prints, with its figures. */
  readonly meanwhile?: () => Promise<Figures>;
}

/** A rack and one system that has a link to every console of it. */
export class Fleet {
  readonly rack: Rack;
  readonly system: RunningSystem;
  /** Its own, emptied at its end; the benchmark removes it at its own. */
  readonly dir: string;
  readonly settings: BenchSettings;
  /** From the exec of the system until the rack had a link on every console. 0 before that. */
  connectedMs = 0;
  #watch: LogWatch | undefined;

  constructor(rack: Rack, system: RunningSystem, dir: string, settings: BenchSettings) {
    this.rack = rack;
    this.system = system;
    this.dir = dir;
    this.settings = settings;
  }

  /** Resolves when the system was started; `connect` waits for its links. */
  static async start(name: SystemName, consoles: number, settings: BenchSettings): Promise<Fleet> {
    const dir = mkdtempSync(join(settings.dir, `${name}-`));
    const rack = await Rack.start(settings.programs.rack, consoles);
    try {
      const system = await startSystem(name, { consoles: rack.consoles, dir }, settings.profileDir);
      return new Fleet(rack, system, dir, settings);
    } catch (reason) {
      await rack.end();
      rmSync(dir, { recursive: true, force: true });
      throw reason;
    }
  }

  /** Resolves when all consoles have their link and the system has come to rest. */
  async connect(): Promise<void> {
    const atMostMs = systemClock.nowMs() + CONNECT_TIMEOUT_MS;
    // conserver drops links that wait 10 s for their turn, and dials them again.
    for (let connected = 0; connected < this.rack.consoles.length; ) {
      const what = () => `${this.system.name}: not all consoles connected`;
      const connectedAtMs = await within(atMostMs - systemClock.nowMs(), this.rack.connected(), what);
      this.connectedMs = connectedAtMs - this.system.startedMs;
      await this.untilIdle();
      ({ connected } = await this.rack.report());
    }
  }

  /** Resolves when the system uses less than a twentieth of a core: what it did at its start is over. */
  async untilIdle(): Promise<void> {
    for (let turn = 0; turn < IDLE_TURNS_MAX; turn += 1) {
      const before = cpuSecondsOf(this.#allPids());
      await sleep(IDLE_LOOK_MS);
      if (cpuSecondsOf(this.#allPids()) - before < (IDLE_LOOK_MS / 1000) * 0.05) return;
    }
  }

  /**
   * What a load costs: from its beginning until every byte of it is in its log. Throws `VoidRun` when the rack
   * itself was late. The logs are not looked into here; see `verify`.
   */
  async measure(load: Load): Promise<Figures> {
    const { rack, system } = this;
    const { begin, warmUp, warmUpSeconds } = load;
    if (warmUp !== undefined || warmUpSeconds !== undefined) {
      await (warmUp ?? begin)(rack);
      await sleep((warmUpSeconds ?? 0) * 1000);
      await this.#untilLogged();
    }
    this.#watch ??= new LogWatch(this.settings.programs.logcheck, rack.consoles.length, system.logTemplate);
    await rack.forgetLateness();
    await this.#watch.forget();
    const nodes = system.insides === undefined ? [] : nodeProcesses(system.pids());
    if (load.loops === true) await system.insides?.watchLoops(this.#loops());
    if (this.settings.profileDir !== undefined) await system.insides?.startProfiles(nodes);
    const before = { cpu: cpuSecondsOf(system.pids()), apart: cpuSecondsOf(system.pidsApart()) };
    const sentBefore = await rack.report();
    const beganMs = systemClock.wallTimeMs();
    await begin(rack);
    const [more] = await Promise.all([load.meanwhile?.() ?? {}, sleep(load.seconds * 1000)]);
    const size = sizeOf(system.pids());
    const loggedMs = await this.#untilLogged();
    const cpu = cpuSecondsOf(system.pids()) - before.cpu;
    const apart = cpuSecondsOf(system.pidsApart()) - before.apart;
    const loops = load.loops === true ? await system.insides?.loopDelay(this.#loops()) : undefined;
    if (this.settings.profileDir !== undefined) await system.insides?.endProfiles(nodes);
    const delay = await this.#watch.report();
    const sent = await rack.report();
    if (sent.lateP99Ms > LATENESS_P99_MS_MAX) {
      throw new VoidRun(`the rack was ${sent.lateP99Ms.toFixed(0)} ms late`);
    }
    const bytes = sent.bytes - sentBefore.bytes;
    const wallSeconds = (loggedMs - beganMs) / 1000;
    return {
      cpuSecondsPerGb: cpu / (bytes / 1e9),
      cpuSecondsPerMillionLines: cpu / (bytes / LINE_BYTES / 1e6),
      cpuPercent: (100 * cpu) / wallSeconds,
      ...(system.pidsApart().length > 0 ? { headCpuSecondsPerGb: apart / (bytes / 1e9) } : {}),
      logP50Ms: delay.p50Ms,
      logP99Ms: delay.p99Ms,
      wallSeconds,
      linesPerSecond: bytes / LINE_BYTES / wallSeconds,
      blockedLines: sent.blockedLines - sentBefore.blockedLines,
      reopened: sent.reopened - sentBefore.reopened,
      ...(loops === undefined
        ? {}
        : { loopP50Ms: loops.p50Ms, loopP99Ms: loops.p99Ms, loopMaxMs: loops.maxMs }),
      ...size,
      rackLateP99Ms: sent.lateP99Ms,
      rackCpuPercent: (100 * (sent.cpuSeconds - sentBefore.cpuSeconds)) / wallSeconds,
      ...more,
    };
  }

  /** Holds every log against what was sent so far. */
  async verify(): Promise<LogVerdict> {
    const sentPath = join(this.dir, "sent");
    await this.rack.writeSent(sentPath);
    await untilLogged(sentPath, this.system.logTemplate, LOGGED_TIMEOUT_MS);
    return verifyLogs(this.settings.programs.logcheck, sentPath, this.system.logTemplate);
  }

  /** Ends everything and empties the logs. */
  async stop(): Promise<void> {
    await this.#watch?.end();
    await this.system.stop();
    await this.rack.end();
    emptyFiles(this.dir);
  }

  /** Stops printing; resolves with the wall clock when all of it is logged. */
  async #untilLogged(): Promise<number> {
    await this.rack.quiet();
    const sentPath = join(this.dir, "sent");
    await this.rack.writeSent(sentPath);
    const loggedMs = await untilLogged(sentPath, this.system.logTemplate, LOGGED_TIMEOUT_MS);
    if (loggedMs !== undefined) return loggedMs;
    // What is missing is found by `verify`, and named there.
    return systemClock.wallTimeMs();
  }

  /** The processes that serve links and viewers. */
  #loops(): readonly number[] {
    return treeLike(this.system.pids(), "confed.mjs agent");
  }

  #allPids(): readonly number[] {
    return [...this.system.pids(), ...this.system.pidsApart()];
  }
}

/** Later than that, and it is not what was asked for that was measured. */
const LATENESS_P99_MS_MAX = 50;
/** conserver takes 48 s for a thousand. */
const CONNECT_TIMEOUT_MS = 180_000;
const LOGGED_TIMEOUT_MS = 30_000;
const IDLE_LOOK_MS = 500;
const IDLE_TURNS_MAX = 10;

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    systemClock.after(ms, resolve);
  });
}

/** Rejects with `what` if it takes longer. */
export async function within<T>(timeoutMs: number, promise: Promise<T>, what: () => string): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = systemClock.after(timeoutMs, () => {
      reject(new Error(`${what()} within ${(timeoutMs / 1000).toFixed(0)} s`));
    });
    promise.then(resolve, reject).finally(cancel);
  });
}
