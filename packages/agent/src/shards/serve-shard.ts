import type { Duplex } from "node:stream";
import type { AgentConfig, AgentSettings } from "@confed/config";
import { ConfedError, formatHostPort, JsonChannel, type Logger, unreachable } from "@confed/kernel";
import type { OpenAudit } from "@confed/trust/audit";
import { type AgentDeps, type AgentGuard, startAgent } from "../assemble.ts";
import type { RunningAgent } from "../running-agent.ts";
import { Crumbs } from "./crumbs.ts";
import { serveHost } from "./serve-host.ts";
import { shardDirectory } from "./shard-directory.ts";
import {
  errorOf,
  type Owned,
  plainError,
  type ShardAnswer,
  type ShardCommand,
  type ShardQuestion,
  type ShardReport,
  type ShardStart,
} from "./shard-messages.ts";
import { hostOf } from "./shard-settings.ts";
import { Siblings } from "./siblings.ts";

/** What a shard needs from the process it lives in. */
export interface ShardDeps extends Omit<AgentDeps, "load" | "shard" | "guard" | "openAudit"> {
  /** Who the host is, when its settings are known. Throws where it cannot be a machine of its cluster. */
  readonly guardOf: (settings: AgentSettings) => AgentGuard | undefined;
  readonly openAudit?: ((config: AgentConfig, logger: Logger, index: number) => OpenAudit) | undefined;
  readonly pid: number;
  /** Called before anything is opened: two processes must not be one shard. Throws "conflict". */
  readonly lock: (directory: string) => void;
  /** How many consoles it begins with. */
  readonly onBegin: (start: ShardStart, consoleCount: number) => void;
}

export interface ServedShard {
  /**
   * Resolves with the reason when it is to end: its supervisor says so, or is gone. Without a supervisor
   * a shard ends in order, so that nobody ever finds a console with two owners.
   */
  readonly over: Promise<string>;
  /** Viewers are told, links closed, logs written to their end. */
  stop(): Promise<void>;
}

/** Be a shard: do what comes from the supervisor over `socket`, one thing after the other. */
export function serveShard(socket: Duplex, deps: ShardDeps): ServedShard {
  const shard = new Shard(socket, deps);
  return { over: shard.over, stop: () => shard.stop() };
}

class Shard {
  readonly over: Promise<string>;
  readonly #deps: ShardDeps;
  readonly #logger: Logger;
  readonly #channel: JsonChannel<ShardReport, ShardCommand>;
  readonly #siblings: Siblings;
  readonly #asked = new Map<number, (answer: ShardAnswer) => void>();
  #end: (cause: string) => void = () => undefined;
  #askedLast = 0;
  #start: ShardStart | undefined;
  #owned: Owned[] = [];
  #put: Owned[] = [];
  #drop: string[] = [];
  #agent: RunningAgent | undefined;
  /** What changes consoles happens in the order in which it was asked for. */
  #last: Promise<unknown> = Promise.resolve();
  #stopping = false;

  constructor(socket: Duplex, deps: ShardDeps) {
    this.#deps = deps;
    this.#logger = deps.logger;
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#siblings = new Siblings(async (names) => {
      const answer = await this.#ask({ is: "where", names });
      return answer.is === "where" ? answer.shards : names.map(() => null);
    });
    this.#channel = new JsonChannel<ShardReport, ShardCommand>(socket, {
      onMessage: (command) => {
        this.#obey(command);
      },
      onEnd: ({ rawMessage }) => {
        this.#abandon();
        this.#end(`the supervisor is gone: ${rawMessage}`);
      },
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    // A disk that hangs over a console that is being handed over keeps nobody from ending.
    await Promise.race([this.#last, this.#pause(STOP_WAIT_MS)]);
    this.#siblings.close();
    await this.#agent?.stop();
    // The channel ends with the process: its end tells the supervisor that nothing is left of it.
  }

  #obey(command: ShardCommand): void {
    switch (command.do) {
      case "start":
        this.#start = command;
        return;
      case "own":
        this.#owned.push(...command.consoles);
        return;
      case "begin":
        this.#next(() => this.#begin());
        return;
      case "change": {
        this.#put.push(...command.put);
        this.#drop.push(...command.drop);
        if (!command.last) return;
        const [put, drop] = [this.#put, this.#drop];
        [this.#put, this.#drop] = [[], []];
        this.#next(async () => {
          await this.#agent?.consoles.change(put, drop);
          this.#channel.send({ tell: "changed", id: command.id });
        });
        return;
      }
      case "release":
        this.#next(async () => {
          const released = (await this.#agent?.consoles.release(command.names)) ?? [];
          this.#channel.send({ tell: "released", id: command.id, released });
        });
        return;
      case "forget":
        this.#next(() => {
          this.#agent?.consoles.forget(command.names);
        });
        return;
      case "siblings":
        this.#siblings.are(command.addresses, this.#start?.index ?? 0);
        return;
      case "answer":
        this.#asked.get(command.id)?.(command.answer);
        this.#asked.delete(command.id);
        return;
      case "reopen":
        this.#agent?.reopenLogs();
        return;
      case "pulse":
        this.#channel.send({ tell: "pulse" });
        return;
      case "stop":
        this.#end("the supervisor says so");
        return;
      default:
        unreachable(command);
    }
  }

  #next(run: () => void | Promise<void>): void {
    this.#last = this.#last
      .then(() => (this.#stopping ? undefined : run()))
      .catch((reason: unknown) => {
        // Half done is worse than not there: begun anew, it has what it should have.
        this.#channel.send({ tell: "failed", error: plainError(reason) });
        this.#end(ConfedError.from(reason).message);
      });
  }

  async #begin(): Promise<void> {
    const { pid, lock, onBegin, openAudit, ...deps } = this.#deps;
    const start = this.#start;
    if (start === undefined)
      throw new ConfedError("protocol_error", "a shard is told to begin before it is told what");
    const owned = this.#owned;
    this.#owned = [];
    const { agent, logs, audit, index, leaveFiles, careful } = start;
    const directory = shardDirectory(agent.stateDir, index);
    lock(directory);
    onBegin(start, owned.length);
    const crumbs = new Crumbs({
      clock: deps.clock,
      careful,
      send: (report) => {
        this.#channel.send(report);
      },
      quarantined: new Map(
        owned.flatMap(({ spec, quarantined }) =>
          quarantined === undefined ? [] : [[spec.name, quarantined]],
        ),
      ),
    });
    const config = { agent, logs, audit, consoles: owned.map(({ spec }) => spec), files: [] };
    const guard = deps.guardOf(agent);
    this.#siblings.know(guard);
    this.#agent = await startAgent(config, {
      ...deps,
      guard,
      openAudit: openAudit && ((own, logger) => openAudit(own, logger, index)),
      shard: {
        index,
        host: hostOf(agent.id, index),
        log: { positionsDir: directory, leaveFiles },
        around: (name, transport) => crumbs.around(name, transport),
        lift: (name) => crumbs.lift(name),
        handed: owned.flatMap(({ handed }) => handed ?? []),
        reload: async (asked) => {
          const answer = await this.#ask({ is: "reload", ...asked });
          if (answer.is !== "reload") throw wrongAnswer(answer);
          return answer.report;
        },
        front: (own, table, timers) =>
          serveHost(own, {
            ...{ table, timers },
            siblings: this.#siblings,
            host: async () => {
              const answer = await this.#ask({ is: "host" });
              if (answer.is !== "host") throw wrongAnswer(answer);
              return answer.host;
            },
          }),
      },
    });
    const { port, innerAddress: inner } = this.#agent;
    this.#channel.send({ tell: "ready", pid, port, inner, answersPulses: true });
    const address = formatHostPort({ host: agent.listen.host, port });
    this.#logger.info("shard ready", { address, consoles: owned.length, pid });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#deps.clock.after(ms, resolve);
    });
  }

  #ask(question: ShardQuestion): Promise<ShardAnswer> {
    if (this.#askedLast === Number.POSITIVE_INFINITY) return Promise.reject(noSupervisor());
    this.#askedLast += 1;
    const id = this.#askedLast;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, (answer) => {
        if (answer.is === "error") reject(errorOf(answer.error));
        else resolve(answer);
      });
      this.#channel.send({ tell: "ask", id, question });
    });
  }

  #abandon(): void {
    this.#askedLast = Number.POSITIVE_INFINITY;
    for (const settle of this.#asked.values()) settle({ is: "error", error: plainError(noSupervisor()) });
    this.#asked.clear();
  }
}

/** Handing over a few consoles takes milliseconds, a beginning with many of them a second. */
const STOP_WAIT_MS = 5_000;

function noSupervisor(): ConfedError {
  return new ConfedError("agent_unreachable", "the agent is ending: its supervisor is gone");
}

function wrongAnswer({ is }: ShardAnswer): ConfedError {
  return new ConfedError("protocol_error", `the supervisor answered something else: ${is}`);
}
