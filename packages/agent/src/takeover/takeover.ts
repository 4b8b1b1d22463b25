import { type Clock, ConfedError, type DialGate, type Logger } from "@confed/kernel";
import type { Audit } from "@confed/trust/audit";
import type { Console } from "../console/console.ts";
import type { ConsoleTable } from "../console/console-table.ts";
import type { InheritedConsole, InheritedOutage } from "../console/inherited-console.ts";
import { portable } from "../console/portable.ts";
import type { AgentGateway } from "../gateway/agent-gateway.ts";
import type { LogFeed } from "../log/log-feed.ts";
import { LOG_LIMITS } from "../log/log-limits.ts";
import { seatsToHand } from "../viewers/held-seats.ts";
import { atMost } from "./at-most.ts";
import { type LinkPlan, planLinks } from "./link-plan.ts";
import { type SuccessorProcess, SuccessorTalk } from "./successor-talk.ts";
import {
  type HandedConsole,
  type HandedLog,
  type HandedOutage,
  pagesOf,
  SUCCESSOR_FDS,
} from "./takeover-messages.ts";

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
  readonly audit: Pick<Audit, "event">;
  /** How this agent calls itself to heads; its successor goes on under that name. */
  readonly instance: string;
  /** Of the listener that viewers and heads come to. */
  readonly listener: () => number | undefined;
  /** What conserver's clients come to; undefined: nothing. */
  readonly gateway: () => Pick<AgentGateway, "listeners" | "close"> | undefined;
  /** It is done: viewers and heads go to the successor. Never rejects. */
  readonly onHanded: (handed: Handed) => Promise<void>;
}

/** What a successor has now. */
export interface Handed {
  readonly pid: number;
  /** Their links go on. */
  readonly consoles: ReadonlySet<Console>;
  /** Resolves when it has caught up with what gathered while nobody read, or is late with that. */
  readonly settled: Promise<unknown>;
  /** Resolves when whoever asked for it has the answer, or is gone. */
  readonly answered: Promise<void>;
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
//              -> links: which is which
//              <- prepared: all is done that could be, down to a log writer that waits
//   frozen     links are read no more; logs are closed at their ends; the state directory is free
//              -> consoles, outages, told: what no file says; go
//              <- ready: its logs are open; it has read nothing and answers nobody
//   gone       -> seats, begin: viewers and heads go there
//              <- settled, and this process closes its own descriptors and ends
//
// Nothing is read while frozen, which is what people would notice; so whatever can be done before or
// after is, and this process makes no use of the processor until the new one has caught up.
//
// Until `begin` only this process may read, and nothing is undone that cannot be redone: whatever
// happens to the new one, it is killed and we go on. Messages over Node's own channel lose bytes of
// the sockets they carry; descriptors inherited at spawn do not. Both processes hold the sockets for a
// while: closing ours ends nothing for the far end.

/** Gives this agent's consoles to a successor. */
export class Takeover {
  readonly #deps: TakeoverDeps;
  #running = false;
  #isOver = false;

  constructor(deps: TakeoverDeps) {
    this.#deps = deps;
  }

  plan(): TakeoverReport {
    return { plan: planLinks(this.#deps.table) };
  }

  /**
   * Resolves when the successor has everything; `answered` is to resolve when whoever asked knows. Rejects when it does not come that far; this agent
   * goes on then. Throws "conflict" while another one is under way, or after one.
   */
  async run(answered: Promise<void>): Promise<TakeoverReport> {
    if (this.#isOver)
      throw new ConfedError("conflict", "another process has taken over", { hint: "ask that one" });
    if (this.#running)
      throw new ConfedError("conflict", "an upgrade is under way already", { hint: "wait for its end" });
    this.#running = true;
    try {
      return await this.#run(answered);
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

  async #run(answered: Promise<void>): Promise<TakeoverReport> {
    const { host, table, feed, clock, logger, listener, gateway, instance, onHanded } = this.#deps;
    const plan = planLinks(this.#deps.table);
    const listening = listener();
    if (listening === undefined) throw new ConfedError("failed_precondition", "the agent is ending");
    const links = plan.kept.map(({ link }) => link.descriptor ?? listening);
    const gates = gateway()?.listeners() ?? [];
    const successor = host.spawn([listening, ...links, ...gates.map(({ descriptor }) => descriptor)]);
    const talk = new SuccessorTalk(successor, clock);
    const pid = successor.pid ?? 0;
    try {
      const announced = plan.kept.map(({ listed: { name, transport, target } }, index) => ({
        ...{ name, transport, target },
        fd: SUCCESSOR_FDS.firstLink + index,
      }));
      for (const page of pagesOf(announced)) talk.say({ say: "links", page });
      const firstGate = SUCCESSOR_FDS.firstLink + links.length;
      const numbered = gates.map(({ address }, index) => ({ address, descriptor: firstGate + index }));
      talk.say({ say: "prepare", instance, gateway: numbered });
      const { version, goesOn = false } = await talk.hear("prepared", PREPARE_MS_MAX);
      // A disk that is behind catches up while links are read, not while they are frozen.
      await feed.settled(LOGGED_MS_MAX);
      const frozenAtMs = clock.nowMs();
      const consoles = await this.#handOver(plan, successor, { talk, leave: goesOn });
      // Its clients know no way back: they are told, and no keyboard is kept for them.
      void gateway()?.close();
      const seats = seatsToHand([...table.all()].map(({ console }) => console));
      for (const page of pagesOf(seats)) talk.say({ say: "seats", page });
      // From here on nothing is undone.
      talk.say({ say: "begin" });
      this.#isOver = true;
      const pauseMs = Math.round(clock.nowMs() - frozenAtMs);
      const fields = { successor: pid, version, links: consoles.size, pauseMs };
      logger.info("another process has taken over", fields);
      this.#deps.audit.event({ event: "process.takeover", details: fields });
      const settled = talk.hear("settled", SETTLED_MS_MAX).catch(() => undefined);
      void onHanded({ pid, consoles, settled, answered }).finally(() => {
        talk.close();
      });
      return { plan, done: { version, pid, pauseMs } };
    } catch (reason) {
      successor.kill();
      talk.close();
      throw reason;
    }
  }

  /** Resolves with whose links go on. All of it is undone when it rejects. */
  async #handOver(
    plan: LinkPlan,
    successor: SuccessorProcess,
    { talk, leave }: { readonly talk: SuccessorTalk; readonly leave: boolean },
  ): Promise<ReadonlySet<Console>> {
    const { table, feed, gate, host, clock } = this.#deps;
    const consoles = [...table.all()].map(({ console }) => console);
    const kept = new Set(plan.kept.map(({ listed }) => listed.console));
    const outages = new Map(consoles.map((console) => [console, console.outage]));
    let closed = false;
    gate.hold();
    try {
      // Before anything is frozen: closing an ssh link or ending a program takes its time.
      const others = consoles.filter((console) => !kept.has(console));
      await atMost(SUSPEND_MS_MAX, Promise.all(others.map((console) => console.suspend())), clock);
      const wills = new Map([...kept].map((console) => [console, console.freeze()]));
      const settling = plan.kept.map(({ link }) => link.settled());
      await atMost(SETTLE_MS_MAX, Promise.all(settling), clock);
      await feed.settled(LOGGED_MS_MAX);
      refuseUnlogged(consoles);
      closed = true;
      const closing = feed.stop({ leave });
      // While the logs are closed, which another process does.
      const handed = this.#tell(plan, wills, talk);
      for (const page of pagesOf(outagesIn(outages))) talk.say({ say: "outages", page });
      if (leave) for (const page of pagesOf(endsOf(consoles))) talk.say({ say: "logs", page });
      talk.say({ say: "told" });
      const { late } = await closing;
      if (leave && late) throw new ConfedError("unavailable", "the logs were not let go of in time");
      host.passState(successor.pid ?? 0);
      talk.say({ say: "go" });
      await talk.hear("ready", READY_MS_MAX);
      return handed;
    } catch (reason) {
      successor.kill();
      await successor.exited;
      if (closed) {
        host.passState(process.pid);
        feed.restart(consoles);
      }
      gate.letGo();
      for (const console of consoles) console.thaw(outages.get(console));
      throw reason;
    }
  }

  #tell(
    { kept }: LinkPlan,
    wills: ReadonlyMap<Console, InheritedConsole>,
    talk: SuccessorTalk,
  ): ReadonlySet<Console> {
    const handed = kept.flatMap(({ listed: { name, console }, link }) => {
      const will = wills.get(console);
      const snapshot = link.snapshot();
      // Lost, or opened anew, since the successor got its descriptor; or something is on its way still.
      if (will === undefined || snapshot === undefined || portable(console.link) !== link) return [];
      return [{ console, told: { ...will, name, snapshot } satisfies HandedConsole }];
    });
    for (const page of pagesOf(handed)) talk.say({ say: "consoles", page: page.map(({ told }) => told) });
    return new Set(handed.map(({ console }) => console));
  }
}

/** Whose log never opened has no end there. */
function endsOf(consoles: readonly Console[]): HandedLog[] {
  return consoles.flatMap(({ name, end }) => (end.logId === "" ? [] : [{ name, ...end }]));
}

function outagesIn(outages: ReadonlyMap<Console, InheritedOutage | undefined>): HandedOutage[] {
  return [...outages].flatMap(([{ name }, outage]) => (outage === undefined ? [] : [{ name, ...outage }]));
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
/** As long as a stop waits for the logs: a disk or a processor that is busy is no reason to refuse, one that hangs is. */
const LOGGED_MS_MAX = LOG_LIMITS.stopTimeoutMs;
/** While nobody reads: long enough for a slow disk, short enough for what the kernel's buffers hold. */
const READY_MS_MAX = 10_000;
/** Of the successor's peace and quiet, which this process would disturb by ending. */
const SETTLED_MS_MAX = 5_000;
