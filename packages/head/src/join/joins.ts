import { type Cancel, type Clock, ConfedError, type Logger } from "@confed/kernel";
import { type Audit, silentAudit } from "@confed/trust/audit";
import type { Call, Duplex, JoinReply, JoinReportReceived } from "@confed/wire";
import type { HeadAccess } from "../access/head-access.ts";
import type { AgentIdentity, AgentRecord } from "../directory/agent-record.ts";
import type { Directory } from "../directory/directory.ts";
import type { Admission } from "./admission.ts";
import { HEARTBEAT_INTERVAL_MS, SWEEP_INTERVAL_MS } from "./heartbeats.ts";
import { JoinSession, type JoinSessionDeps } from "./join-session.ts";

export interface JoinsDeps {
  readonly clock: Clock;
  readonly directory: Directory;
  readonly logger: Logger;
  readonly audit?: Pick<Audit, "event"> | undefined;
  /** How this head calls itself. */
  readonly head: string;
  readonly version: string;
  readonly access: HeadAccess;
  readonly onAdmitted: (agent: AgentRecord, anew: boolean) => void;
  readonly admission: Admission;
  readonly assignments?: JoinSessionDeps["assignments"];
}

/**
 * Agents that tell what they have at the same time. The others of hundreds that come at once, after a head has started, say, wait for
 * their welcome and are shown as joined meanwhile: what is under way costs memory, and keeps who asks something else waiting.
 */
const TELLING_MAX = 32;
/** One that takes longer keeps nobody else waiting. */
const TELLING_TICKS = 20;

/**
 * The join streams of all agents. One sweep looks at each every half second, and counts silence in
 * sweeps, not in time: while this process stood still nobody could be heard, and one sweep passed.
 */
export class Joins {
  readonly #deps: JoinsDeps;
  /** Each with the sweep, of those between two heartbeats, in which it gets its own: a thousand at once take 50 ms. */
  readonly #sessions = new Map<JoinSession, number>();
  readonly #sessionOfAgent = new Map<string, JoinSession>();
  /** Whose turn it is to tell, each with the sweep in which that began; then who waits for it, in order. */
  readonly #telling = new Map<JoinSession, number>();
  readonly #waiting = new Set<JoinSession>();
  readonly #sessionDeps: JoinSessionDeps;
  #ticks = 0;
  #accepted = 0;
  #cancelSweep: Cancel = () => undefined;

  constructor(deps: JoinsDeps) {
    this.#deps = deps;
    const { clock, access, directory, logger, head, version, onAdmitted, admission, assignments } = deps;
    const { audit = silentAudit } = deps;
    this.#sessionDeps = {
      ...{ clock, access, directory, logger, audit, admission, assignments },
      onHello: (session) => {
        this.#waiting.add(session);
        this.#welcomeNext();
      },
      onTold: (session) => {
        this.#telling.delete(session);
        this.#welcomeNext();
      },
      onAdmitted: (session, agent, anew) => {
        this.#sessionOfAgent.set(agent.id, session);
        onAdmitted(agent, anew);
      },
      welcome: { welcome: { head, version, heartbeatMs: HEARTBEAT_INTERVAL_MS } },
      takeOver: (identity) => {
        this.#takeOver(identity);
      },
      onOver: (session) => {
        this.#sessions.delete(session);
        this.#waiting.delete(session);
        this.#telling.delete(session);
        this.#welcomeNext();
        const id = session.agentId;
        if (id !== undefined && this.#sessionOfAgent.get(id) === session) this.#sessionOfAgent.delete(id);
      },
    };
    this.#arm();
  }

  /** Serve one join. */
  accept(stream: Duplex<JoinReportReceived, JoinReply>, call: Call): void {
    const session = new JoinSession(stream, call, this.#sessionDeps);
    this.#sessions.set(session, this.#accepted % SWEEPS_PER_HEARTBEAT);
    this.#accepted += 1;
  }

  /** Who may do what has changed: every agent is told. */
  tellTrust(): void {
    const pages = this.#deps.access.trustPages();
    for (const session of this.#sessions.keys()) session.tellTrust(pages);
  }

  /** Who may join has changed: whoever may not any more is told why, and let go. */
  recheck(): void {
    for (const session of this.#sessions.keys()) session.recheck();
  }

  /** Sweep no more. The streams end with the server. */
  stop(): void {
    this.#cancelSweep();
  }

  /**
   * The same process that joins again replaces its old stream. Another process in the same name is
   * a restart if the old one is silent, and a clone if it is not: two would write the same logs.
   */
  #takeOver({ id, instance }: AgentIdentity): void {
    const current = this.#sessionOfAgent.get(id);
    if (current !== undefined && current.heard && current.instance !== instance) {
      throw new ConfedError("conflict", `another process is agent ${id} already, at ${current.peer}`, {
        subject: id,
        hint: "give one of them another `agent: { id }`, or stop it",
      });
    }
    current?.replace();
  }

  #welcomeNext(): void {
    for (const session of this.#waiting) {
      if (this.#telling.size >= TELLING_MAX) return;
      this.#waiting.delete(session);
      this.#telling.set(session, this.#ticks);
      session.welcome();
    }
  }

  #arm(): void {
    this.#cancelSweep = this.#deps.clock.after(SWEEP_INTERVAL_MS, () => {
      this.#arm();
      this.#sweep();
    });
  }

  #sweep(): void {
    this.#ticks += 1;
    const due = this.#ticks % SWEEPS_PER_HEARTBEAT;
    const wallTimeMs = this.#deps.clock.wallTimeMs();
    for (const [session, turn] of this.#sessions) {
      session.tick();
      if (turn === due) session.sendHeartbeat(this.#ticks, wallTimeMs);
    }
    for (const [session, sinceTick] of this.#telling)
      if (this.#ticks - sinceTick >= TELLING_TICKS) this.#telling.delete(session);
    this.#welcomeNext();
  }
}

const SWEEPS_PER_HEARTBEAT = HEARTBEAT_INTERVAL_MS / SWEEP_INTERVAL_MS;
