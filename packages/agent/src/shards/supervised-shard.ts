import type { Duplex } from "node:stream";
import { type Cancel, type Clock, ConfedError, JsonChannel, type Logger } from "@confed/kernel";
import { pagesOfOwned } from "./owned-pages.ts";
import { FIRST_STATE, type ShardEvent, type ShardState, stepShard } from "./shard-life.ts";
import {
  errorOf,
  type Owned,
  plainError,
  type Released,
  type ShardAnswer,
  type ShardCommand,
  type ShardQuestion,
  type ShardReport,
  type ShardStart,
} from "./shard-messages.ts";
import { PULSE_BOUND, type PulseBound, ShardPulse } from "./shard-pulse.ts";
import { culpritOf, type Suspicion, suspect } from "./suspicion.ts";

/** A process that was started to be a shard. */
export interface ShardProcess {
  readonly pid: number | undefined;
  /** The control channel: its end is the end of the shard, whichever process is it by then. */
  readonly socket: Duplex;
  /** How the process ended, for people. Never rejects. */
  readonly exited: Promise<string>;
}

export interface SupervisedShardDeps {
  readonly id: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly spawn: () => ShardProcess;
  readonly kill: (pid: number) => void;
  /** What it is to be and to have, asked at every start. */
  readonly beginning: (careful: boolean) => { readonly start: ShardStart; readonly owned: readonly Owned[] };
  /** It serves from now on, or does not any more. */
  readonly onServing: () => void;
  readonly onQuestion: (question: ShardQuestion) => Promise<ShardAnswer>;
  /** It died over and over, busy with this one console. */
  readonly onCulprit: (console: string, deaths: number) => void;
  readonly onLifted: (console: string) => void;
  readonly pulse?: PulseBound | undefined;
}

/** One life of the process. */
interface Life {
  readonly channel: JsonChannel<ShardCommand, ShardReport>;
  /** Everything that it begins with was sent: what comes later follows. */
  begun: Promise<void>;
  pid: number | undefined;
  port: number;
  inner: string | undefined;
  readonly replies: Map<number, (reply: ShardReport | undefined) => void>;
  failure: ConfedError | undefined;
  pulse: ShardPulse | undefined;
  /** What it was busy with when it was heard last; only a careful one says it. */
  readonly dialing: Set<string>;
  handling: string;
}

/** One shard of a host: its process is started, started again when it dies, and told what to do. */
export class SupervisedShard {
  readonly index: number;
  readonly #deps: SupervisedShardDeps;
  #state: ShardState = FIRST_STATE.state;
  #stateSinceWallMs: number;
  #life: Life | undefined;
  #cancelStart: Cancel = () => undefined;
  #lastDeath: ConfedError | undefined;
  #suspicion: Suspicion | undefined;
  #idLast = 0;
  #first: { readonly resolve: () => void; readonly reject: (reason: ConfedError) => void } | undefined;
  #ended: () => void = () => undefined;
  readonly #gone: Promise<void>;

  constructor(index: number, deps: SupervisedShardDeps) {
    this.index = index;
    this.#deps = deps;
    this.#stateSinceWallMs = deps.clock.wallTimeMs();
    this.#gone = new Promise((resolve) => {
      this.#ended = resolve;
    });
  }

  get phase(): ShardState["phase"] {
    return this.#state.phase;
  }

  get sinceWallMs(): number {
    return this.#stateSinceWallMs;
  }

  /** Where it listens; 0 while it does not. */
  get port(): number {
    return this.#life?.port ?? 0;
  }

  /** Where the other shards ask it; null while it does not serve. */
  get inner(): string | null {
    return this.#state.phase === "up" ? (this.#life?.inner ?? null) : null;
  }

  /** Why it died last; undefined once it has been well for a while. */
  get lastDeath(): ConfedError | undefined {
    const state = this.#state;
    const well = state.phase === "up" && this.#deps.clock.nowMs() - state.sinceMs > WELL_AFTER_MS;
    return well ? undefined : this.#lastDeath;
  }

  /** Resolves when it serves. Rejects when its first process ends before that, with what it said. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#first = { resolve, reject };
      this.#spawn();
    });
  }

  tell(command: ShardCommand): void {
    this.#life?.channel.send(command);
  }

  /** Resolves when it has taken them up; also when it dies: whoever comes after begins with what is recorded. */
  async change(put: readonly Owned[], drop: readonly string[]): Promise<void> {
    const id = this.#newId();
    const life = this.#life;
    if (life === undefined || put.length + drop.length === 0) return;
    const done = this.#reply(life, id);
    await life.begun;
    for (const page of pagesOfOwned(put)) {
      life.channel.send({ do: "change", id, put: page, drop: [], last: false });
      await life.channel.drained();
    }
    for (let at = 0; at < drop.length; at += NAMES_PER_PAGE) {
      life.channel.send({
        do: "change",
        id,
        put: [],
        drop: drop.slice(at, at + NAMES_PER_PAGE),
        last: false,
      });
    }
    life.channel.send({ do: "change", id, put: [], drop: [], last: true });
    await done;
  }

  /** Undefined: it died over it. */
  async release(names: readonly string[]): Promise<readonly Released[] | undefined> {
    const life = this.#life;
    if (life === undefined || this.#state.phase !== "up") return undefined;
    const id = this.#newId();
    const done = this.#reply(life, id);
    life.channel.send({ do: "release", id, names });
    const reply = await done;
    return reply?.tell === "released" ? reply.released : undefined;
  }

  /** Final. Resolves when nothing is left of it. */
  stop(): Promise<void> {
    this.#dispatch({ type: "stop" });
    return this.#gone;
  }

  #newId(): number {
    this.#idLast += 1;
    return this.#idLast;
  }

  #reply(life: Life, id: number): Promise<ShardReport | undefined> {
    return new Promise((resolve) => life.replies.set(id, resolve));
  }

  #dispatch(event: ShardEvent): void {
    const next = stepShard(this.#state, event);
    if (next === undefined) return;
    const { clock, logger, id, onServing } = this.#deps;
    const before = this.#state.phase;
    this.#state = next.state;
    this.#stateSinceWallMs = clock.wallTimeMs();
    for (const effect of next.effects) {
      switch (effect.type) {
        case "spawn":
          this.#spawn();
          break;
        case "arm_start":
          this.#cancelStart = clock.after(effect.delayMs, () => {
            this.#dispatch({ type: "start_due" });
          });
          break;
        case "disarm_start":
          this.#cancelStart();
          break;
        case "ask_to_end":
          this.#askToEnd();
          break;
        case "say_slow":
          logger.error("a shard dies again and again; it is tried rarely from now on", {
            ...{ shard: id, everyMs: effect.delayMs, cause: this.#lastDeath?.message },
          });
      }
    }
    if (before === "up" || next.state.phase === "up") onServing();
    if (next.state.phase === "ended") this.#ended();
  }

  #spawn(): void {
    const { spawn, beginning } = this.#deps;
    const started = spawn();
    const life: Life = {
      channel: new JsonChannel<ShardCommand, ShardReport>(started.socket, {
        onMessage: (report) => {
          this.#hear(life, report);
        },
        onEnd: (cause) => {
          void this.#died(life, started, cause);
        },
      }),
      begun: Promise.resolve(),
      pid: started.pid,
      port: 0,
      inner: undefined,
      replies: new Map(),
      failure: undefined,
      pulse: undefined,
      dialing: new Set(),
      handling: "",
    };
    this.#life = life;
    const { start, owned } = beginning(this.#state.phase === "starting" && this.#state.deaths.length > 0);
    life.begun = this.#begin(life, start, owned);
  }

  async #begin({ channel }: Life, start: ShardStart, owned: readonly Owned[]): Promise<void> {
    channel.send({ do: "start", ...start });
    for (const consoles of pagesOfOwned(owned)) {
      channel.send({ do: "own", consoles });
      await channel.drained();
    }
    channel.send({ do: "begin" });
  }

  #hear(life: Life, report: ShardReport): void {
    const { clock, onQuestion, onLifted, onServing } = this.#deps;
    switch (report.tell) {
      case "ready":
        life.pid = report.pid;
        life.port = report.port;
        life.inner = report.inner;
        life.pulse?.stop();
        life.pulse = report.answersPulses === true ? this.#pulse(life) : undefined;
        this.#first?.resolve();
        this.#first = undefined;
        this.#dispatch({ type: "ready", nowMs: clock.nowMs() });
        // Somebody took over: it is asked elsewhere from now on.
        onServing();
        return;
      case "pulse":
        life.pulse?.answered();
        return;
      case "failed":
        life.failure = errorOf(report.error);
        return;
      case "changed":
      case "released":
        life.replies.get(report.id)?.(report);
        life.replies.delete(report.id);
        return;
      case "ask":
        onQuestion(report.question)
          .catch((reason: unknown): ShardAnswer => ({ is: "error", error: plainError(reason) }))
          .then((answer) => {
            life.channel.send({ do: "answer", id: report.id, answer });
          })
          .catch(() => undefined); // What cannot be told is not asked for any more.
        return;
      case "dialing":
        life.dialing.add(report.console);
        return;
      case "dialed":
        life.dialing.delete(report.console);
        return;
      case "handling":
        life.handling = report.console;
        return;
      case "lifted":
        onLifted(report.console);
    }
  }

  // Whatever holds it up, only its end lets others do its work; one that goes on late was killed meanwhile.
  #pulse(life: Life): ShardPulse {
    const { clock, logger, kill, id, pulse: bound = PULSE_BOUND } = this.#deps;
    return new ShardPulse({
      ...{ clock, bound },
      ask: () => {
        life.channel.send({ do: "pulse" });
      },
      onSilent: (silentMs) => {
        const { pid } = life;
        const what = `shard ${id} did not answer for ${silentMs / 1_000} s and was killed`;
        life.failure = new ConfedError("deadline_exceeded", what, { subject: id });
        logger.error("shard does not answer; killed", { shard: id, pid, silentMs });
        if (pid !== undefined) kill(pid);
      },
    });
  }

  // The end of the channel is what counts: at a takeover the process ends and the shard does not.
  async #died(life: Life, { exited }: ShardProcess, cause: ConfedError): Promise<void> {
    const { clock, logger, kill, id } = this.#deps;
    life.pulse?.stop();
    if (life.pid !== undefined && cause.code !== "hung_up") kill(life.pid);
    const how = await Promise.race([
      exited,
      new Promise<string>((resolve) => {
        clock.after(EXIT_WAIT_MS, () => {
          resolve(cause.rawMessage);
        });
      }),
    ]);
    const error =
      life.failure ?? new ConfedError("process_exited", `shard ${id} ended: ${how}`, { subject: id });
    for (const settle of life.replies.values()) settle(undefined);
    this.#life = undefined;
    this.#lastDeath = error;
    this.#blame(life, how);
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) {
      this.#state = { phase: "ended" };
      this.#ended();
      first.reject(error);
      return;
    }
    const ending = this.#state.phase === "ending";
    if (!ending)
      logger.error("shard died; only its own consoles are touched", { shard: id, cause: error.message });
    this.#dispatch({ type: "died", nowMs: clock.nowMs(), how });
  }

  /** Whom a death is owed to, if to any console. Who was killed by somebody owes it to none. */
  #blame({ handling, dialing }: Life, how: string): void {
    const busy = how === "SIGKILL" ? [] : handling === "" ? dialing : [handling];
    this.#suspicion = suspect(this.#suspicion, new Set(busy));
    const culprit = culpritOf(this.#suspicion);
    if (culprit === undefined) return;
    this.#deps.onCulprit(culprit, this.#suspicion?.deaths ?? 0);
    this.#suspicion = undefined;
    // What it died of is found: those deaths are no reason to wait.
    if (this.#state.phase === "up" || this.#state.phase === "starting")
      this.#state = { ...this.#state, deaths: [] };
  }

  #askToEnd(): void {
    const { clock, logger, kill, id } = this.#deps;
    const life = this.#life;
    life?.channel.send({ do: "stop" });
    const cancel = clock.after(KILL_AFTER_MS, () => {
      logger.error("shard does not end; killed", { shard: id, pid: life?.pid });
      if (life?.pid !== undefined) kill(life.pid);
    });
    void this.#gone.then(cancel);
  }
}

/** Names have at most 128 bytes: far below what a line may have. */
const NAMES_PER_PAGE = 1_000;

/** From then on an old death is for the log, and not for the status. */
const WELL_AFTER_MS = 10 * 60_000;

/** A shard waits for its log writer, whose own time is shorter. */
const KILL_AFTER_MS = 15_000;

/** The end of the channel and the end of the process are told one after the other. */
const EXIT_WAIT_MS = 1_000;
