import { type Clock, ConfedError, type Logger, once } from "@confed/kernel";
import type { Console } from "../console/console.ts";
import type { ConsoleTable } from "../console/console-table.ts";
import type { DialGate } from "../console/dial-gate.ts";
import type { InheritedConsole } from "../console/inherited-console.ts";
import type { LogFeed } from "../log/log-feed.ts";
import { type LinkPlan, planLinks } from "./link-plan.ts";
import { type SuccessorProcess, SuccessorTalk } from "./successor-talk.ts";
import { CONSOLES_PER_PAGE, type HandedConsole, SUCCESSOR_FDS } from "./takeover-messages.ts";

/** What only the process knows: how it is started again, and its hold on the state directory. */
export interface TakeoverHost {
  /** Start the program as it is installed now, with these descriptors behind its channel's. */
  spawn(descriptors: readonly number[]): SuccessorProcess;
  /** The state directory is this process's from now on, and nobody else's in between. */
  passState(pid: number): void;
}

export interface TakeoverDeps {
  readonly host: TakeoverHost;
  readonly table: ConsoleTable;
  readonly feed: Pick<LogFeed, "settled" | "stop" | "restart">;
  readonly gate: Pick<DialGate, "hold" | "letGo">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How this agent calls itself to heads; its successor goes on under that name. */
  readonly instance: string;
  /** Of the listener that viewers and heads come to. */
  readonly listener: () => number | undefined;
  /** It is done: heads hear of the consoles from the successor. */
  readonly onHanded: (pid: number) => Promise<void>;
}

/** What was done, or would be. */
export interface TakeoverReport {
  readonly plan: LinkPlan;
  readonly done?: { readonly version: string; readonly pid: number; readonly pauseMs: number };
}

// HOW AND WHY
//
// An agent is replaced by a newer one without a link being opened anew. The old process does it:
//
//   reads on   spawn the new one, with every link and the listener among its descriptors
//              <- prepared: its code is loaded, its configuration is sound
//   frozen     links are read no more; logs are closed at their ends; the state directory is free
//              -> consoles, go: what no file says
//              <- ready: it listens, its logs are open; it has read nothing
//   gone       -> begin, and this process closes its own descriptors and ends
//
// Until `begin` only this process may read, and nothing is undone that cannot be redone: whatever
// happens to the new one, it is killed and we go on. Messages over Node's own channel lose bytes of
// the sockets they carry; descriptors inherited at spawn do not. Both processes hold the sockets for a
// while: closing ours ends nothing for the far end.

/** Gives this agent's consoles to a successor. */
export class Takeover {
  readonly #deps: TakeoverDeps;
  #running = false;

  constructor(deps: TakeoverDeps) {
    this.#deps = deps;
  }

  plan(): TakeoverReport {
    return { plan: planLinks(this.#deps.table) };
  }

  /**
   * Resolves when the successor has everything. Rejects when it does not come that far; this agent
   * goes on then. Throws "conflict" while another one is under way.
   */
  async run(): Promise<TakeoverReport> {
    if (this.#running)
      throw new ConfedError("conflict", "an upgrade is under way already", { hint: "wait for its end" });
    this.#running = true;
    try {
      return await this.#run();
    } catch (reason) {
      const error = ConfedError.from(reason);
      this.#deps.logger.error("the new process did not take over; this one goes on", {
        cause: error.message,
      });
      throw error;
    } finally {
      this.#running = false;
    }
  }

  async #run(): Promise<TakeoverReport> {
    const { host, clock, logger, listener, onHanded } = this.#deps;
    const plan = planLinks(this.#deps.table);
    const listening = listener();
    if (listening === undefined) throw new ConfedError("failed_precondition", "the agent is ending");
    const links = plan.kept.map(({ link }) => link.descriptor ?? listening);
    const successor = host.spawn([listening, ...links]);
    const talk = new SuccessorTalk(successor, clock);
    try {
      const { version } = await talk.hear("prepared", PREPARE_MS_MAX);
      const frozenAtMs = clock.nowMs();
      await this.#handOver(plan, successor, talk);
      talk.say({ say: "begin" });
      await talk.said();
      const pauseMs = Math.round(clock.nowMs() - frozenAtMs);
      const pid = successor.pid ?? 0;
      const fields = { successor: pid, version, links: plan.kept.length, pauseMs };
      logger.info("another process has taken over", fields);
      await onHanded(pid);
      return { plan, done: { version, pid, pauseMs } };
    } catch (reason) {
      successor.kill();
      throw reason;
    } finally {
      talk.close();
    }
  }

  /** All of it is undone when it rejects. */
  async #handOver(plan: LinkPlan, successor: SuccessorProcess, talk: SuccessorTalk): Promise<void> {
    const { table, feed, gate, host } = this.#deps;
    const consoles = [...table.all()].map(({ console }) => console);
    const kept = new Set(plan.kept.map(({ listed }) => listed.console));
    let closed = false;
    gate.hold();
    try {
      // Before anything is frozen: closing an ssh link or ending a program takes its time.
      const others = consoles.filter((console) => !kept.has(console));
      await this.#atMost(SUSPEND_MS_MAX, Promise.all(others.map((console) => console.suspend())));
      const wills = new Map([...kept].map((console) => [console, console.freeze()]));
      const settling = plan.kept.map(({ link }) => link.settled());
      await this.#atMost(SETTLE_MS_MAX, Promise.all(settling));
      await feed.settled(SETTLE_MS_MAX);
      refuseUnlogged(consoles);
      closed = true;
      await feed.stop();
      host.passState(successor.pid ?? 0);
      await this.#tell(plan, wills, talk);
    } catch (reason) {
      successor.kill();
      await successor.exited;
      if (closed) {
        host.passState(process.pid);
        feed.restart(consoles);
      }
      gate.letGo();
      for (const console of consoles) console.thaw();
      throw reason;
    }
  }

  async #tell(
    { kept }: LinkPlan,
    wills: ReadonlyMap<Console, InheritedConsole>,
    talk: SuccessorTalk,
  ): Promise<void> {
    const handed = kept.flatMap(({ listed, link }, index): readonly HandedConsole[] => {
      const { name, transport, target, console } = listed;
      const will = wills.get(console);
      const snapshot = link.snapshot();
      // Lost, or opened anew, since the successor got its descriptor; or something is on its way still.
      if (will === undefined || snapshot === undefined || console.portableLink !== link) return [];
      return [{ ...will, name, transport, target, snapshot, fd: SUCCESSOR_FDS.firstLink + index }];
    });
    for (let at = 0; at < handed.length; at += CONSOLES_PER_PAGE) {
      talk.say({ say: "consoles", page: handed.slice(at, at + CONSOLES_PER_PAGE) });
    }
    talk.say({ say: "go", instance: this.#deps.instance, fdCount: kept.length });
    await talk.hear("ready", READY_MS_MAX);
  }

  async #atMost(timeoutMs: number, work: Promise<unknown>): Promise<void> {
    const late = once();
    // An armed timer would keep this process from ending when its successor has everything.
    const cancel = this.#deps.clock.after(timeoutMs, late.resolve);
    try {
      await Promise.race([work, late.promise]);
    } finally {
      cancel();
    }
  }
}

/** What only memory has would be lost with this process. */
function refuseUnlogged(consoles: readonly Console[]): void {
  const behind = consoles.filter(({ output }) => output.loggedEnd < output.end.offset);
  if (behind.length === 0) return;
  throw new ConfedError(
    "failed_precondition",
    `the logs of ${behind.length} consoles are behind, ${behind[0]?.name ?? ""} among them`,
    { hint: "`rcons ls` shows why; upgrade when they are written again" },
  );
}

/** A program that is told to end gets some seconds; what is not gone then is connected anew all the same. */
const SUSPEND_MS_MAX = 5_000;
/** Loading code and 10,000 consoles takes a second or two; on a busy host ten times that. */
const PREPARE_MS_MAX = 30_000;
/** Unsent input and held breaks: whoever does not take it by then is connected anew. */
const SETTLE_MS_MAX = 1_000;
/** While nobody reads: long enough for a slow disk, short enough for what the kernel's buffers hold. */
const READY_MS_MAX = 10_000;
