import { type Clock, ConfedError, type Logger, matches, neutralise, type Selection } from "@confed/kernel";
import type { Audit } from "@confed/trust/audit";
import {
  type Call,
  type Duplex,
  type JoinReply,
  type JoinReportReceived,
  type StatusPageReceived,
  toDetail,
} from "@confed/wire";
import type { HeadAccess, TrustPage } from "../access/head-access.ts";
import type { AssignedJoin, Assignments } from "../assignments/assignments.ts";
import { type AgentIdentity, type AgentRecord, unreachableError } from "../directory/agent-record.ts";
import type { Directory } from "../directory/directory.ts";
import { type Admission, outsideError } from "./admission.ts";
import { checkHello, hostOf } from "./check-hello.ts";
import { DEAF_TICKS, DOWN_TICKS, HELLO_TICKS, STALLED_TICKS, SWEEP_INTERVAL_MS } from "./heartbeats.ts";

/** A UUID, and room for what a later agent makes of it. */
const EPOCH_LENGTH_MAX = 64;

/** Four pages of what is assigned: an agent that does not read costs no more. */
const ASSIGN_BACKLOG_BYTES_MAX = 256 * 1024;

/** What a session needs of the whole. */
export interface JoinSessionDeps {
  readonly clock: Pick<Clock, "nowMs">;
  readonly access: HeadAccess;
  readonly directory: Directory;
  readonly logger: Logger;
  readonly audit: Pick<Audit, "event">;
  readonly welcome: JoinReply;
  /** Whoever speaks for this agent now gives way, or this throws "conflict". */
  readonly takeOver: (identity: AgentIdentity) => void;
  /** It waits for its {@link JoinSession.welcome}. */
  readonly onHello: (session: JoinSession) => void;
  /** It has told what its agent has. */
  readonly onTold: (session: JoinSession) => void;
  /** It may be dialled from now on. `anew`: it was started again, or was down. */
  readonly onAdmitted: (session: JoinSession, agent: AgentRecord, anew: boolean) => void;
  readonly onOver: (session: JoinSession) => void;
  readonly admission: Admission;
  /** At a head that assigns consoles. */
  readonly assignments?: Pick<Assignments, "join"> | undefined;
}

/** One join stream: from its hello to its end it speaks for one agent, and for no other. */
export class JoinSession {
  readonly #stream: Duplex<JoinReportReceived, JoinReply>;
  readonly #call: Call;
  readonly #deps: JoinSessionDeps;
  #agent: AgentRecord | undefined;
  /** The consoles that it may claim; undefined: any. */
  #allowed: Selection | undefined;
  #assigned: AssignedJoin | undefined;
  #isWelcomed = false;
  #takesAssignments = false;
  #silentTicks = 0;
  /** Our last heartbeat; 0 before the first. */
  #lastCount = 0;
  /** Of those that it has not answered, the one that {@link #unheardTicks} are counted from; 0: none, or it never answers. */
  #unheardCount = 0;
  #unheardTicks = 0;
  #answers = false;
  #over = false;

  constructor(stream: Duplex<JoinReportReceived, JoinReply>, call: Call, deps: JoinSessionDeps) {
    this.#stream = stream;
    this.#call = call;
    this.#deps = deps;
    stream.receive(
      (message) => {
        this.#receive(message);
      },
      (error) => {
        this.#ended(error);
      },
    );
  }

  get peer(): string {
    return this.#stream.peer;
  }

  get instance(): string | undefined {
    return this.#agent?.identity.instance;
  }

  /** The agent it speaks for, once it has said so. */
  get agentId(): string | undefined {
    return this.#agent?.id;
  }

  /** False when three heartbeats are missing: whoever else comes in its name is believed. */
  get heard(): boolean {
    return this.#silentTicks < DOWN_TICKS;
  }

  /** Numbered by `count`, which grows. Costs an agent and a head one short message each every 2 s, the answer included. */
  sendHeartbeat(count: number, wallTimeMs: number): void {
    // To one that does not read there is nothing to say: it would only pile up.
    if (this.#agent === undefined || this.#stream.backlogBytes > 0) return;
    this.#stream.send({ heartbeat: { wallTimeMs, count } });
    this.#lastCount = count;
    if (this.#answers && this.#unheardCount === 0) this.#await(count);
  }

  /** Its turn: it may tell what its agent has, and is told what is said to agents. */
  welcome(): void {
    const { access, welcome } = this.#deps;
    if (this.#agent === undefined || this.#over) return;
    this.#isWelcomed = true;
    this.#stream.send(welcome);
    this.tellTrust(access.trustPages());
    if (this.#takesAssignments) this.#assign(this.#agent);
  }

  /** Who may do what, as the agent is to hold everybody to it. */
  tellTrust(pages: readonly TrustPage[]): void {
    if (this.#isWelcomed) for (const trust of pages) this.#stream.send({ trust: { ...trust } });
  }

  /** Time has passed, one sweep of it. A stream that is silent is kept: it may only have slept. */
  tick(): void {
    this.#silentTicks += 1;
    if (this.#unheardCount > 0) this.#unheardTicks += 1;
    const { directory } = this.#deps;
    const agent = this.#agent;
    if (agent === undefined) {
      if (this.#silentTicks >= HELLO_TICKS)
        this.refuse(new ConfedError("deadline_exceeded", "a join began without hello"));
      return;
    }
    if (this.#silentTicks === STALLED_TICKS && agent.presence.state === "up")
      directory.setPresence(agent, "stalled");
    const seconds = (DOWN_TICKS * SWEEP_INTERVAL_MS) / 1_000;
    if (this.#silentTicks === DOWN_TICKS) this.#down(agent, `said nothing for ${seconds} s`);
    else if (this.#unheardTicks === DEAF_TICKS)
      this.#down(agent, `has heard nothing of this head for ${seconds} s`);
  }

  #down(agent: AgentRecord, what: string): void {
    // By the other of its two reasons already.
    if (agent.presence.state === "down") return;
    const cause = unreachableError(agent.identity, what);
    this.#deps.logger.warn("agent is down", { agent: agent.id, peer: this.peer, cause: cause.rawMessage });
    this.#deps.audit.event({ event: "agent.left", agent: agent.id, peer: this.peer, text: cause.message });
    this.#deps.directory.setPresence(agent, "down", cause);
  }

  /** Say why, and end it. Its agent, if this session still speaks for it, is down. */
  refuse(error: ConfedError): void {
    if (this.#over) return;
    const subject = error.subject === undefined ? undefined : neutralise(error.subject);
    this.#deps.logger.warn("join refused", {
      peer: this.peer,
      agent: this.agentId,
      subject,
      cause: error.rawMessage,
    });
    this.#deps.audit.event({
      event: "agent.refused",
      ...{ agent: this.agentId ?? error.subject, peer: this.peer, text: error.message },
    });
    // Another try may find the other gone, or room; a malformed report stays what it is.
    const reattach = error.code !== "invalid_argument";
    this.#stream.send({ refused: { error: toDetail(error), reattach } });
    this.#finish(error);
    this.#stream.end();
  }

  /** Whether it may still speak for its agent. */
  recheck(): void {
    const machine = this.#agent?.machine;
    if (machine === undefined) return;
    try {
      this.#deps.admission.recheck(machine);
    } catch (reason) {
      this.refuse(ConfedError.from(reason));
    }
  }

  /** Another session speaks for the agent from now on: this one ends and says nothing about it. */
  replace(): void {
    const agent = this.#agent;
    this.#agent = undefined;
    if (agent !== undefined) {
      this.refuse(
        new ConfedError("conflict", `agent ${agent.id} has joined again`, {
          subject: agent.id,
          hint: "this stream is superseded",
        }),
      );
    }
  }

  #receive(message: JoinReportReceived): void {
    if (this.#over) return;
    try {
      if (this.#agent === undefined) this.#hello(message);
      else this.#report(this.#agent, message);
      if (message.heartbeat) this.#answered(message.heartbeat.count);
      this.#heard();
    } catch (reason) {
      this.refuse(ConfedError.from(reason));
    }
  }

  #hello({ hello }: JoinReportReceived): void {
    if (!hello) throw new ConfedError("invalid_argument", "the first message of a join must be hello");
    const { access, admission, directory, logger, takeOver, onAdmitted, onHello } = this.#deps;
    const identity = checkHello(hello);
    // By its certificate, before anybody else gives way to it.
    access.checkAgent(this.#call, identity.id);
    const { peer } = this.#call;
    admission.admit(peer);
    this.#allowed = peer.class === "machine" ? admission.consolesOf(peer.id) : undefined;
    takeOver(identity);
    const known = directory.agent(identity.id);
    const restarted = known !== undefined && known.identity.instance !== identity.instance;
    const anew = restarted || known?.presence.state === "down";
    this.#agent = directory.admit(identity);
    this.#agent.machine = peer.class === "machine" ? peer.id : undefined;
    this.#agent.host = hostOf(identity.id, hello.host, this.#agent.machine);
    this.#clock(this.#agent, hello.ticketEpoch, hello.clockMs);
    this.#takesAssignments = hello.takesAssignments;
    this.#answers = hello.answersHeartbeats;
    onHello(this);
    logger.info("agent joined", {
      agent: identity.id,
      peer: this.peer,
      version: identity.version,
      restarted,
    });
    const { version } = identity;
    this.#deps.audit.event({
      event: "agent.joined",
      ...{ agent: identity.id, peer: this.peer, details: { restarted, version } },
    });
    onAdmitted(this, this.#agent, anew);
  }

  #assign({ host }: AgentRecord): void {
    const stream = this.#stream;
    this.#assigned = this.#deps.assignments?.join(host, {
      send: (assign) => {
        stream.send({ assign });
      },
      drained: () => stream.drained(ASSIGN_BACKLOG_BYTES_MAX),
      get isOver() {
        return stream.signal.aborted;
      },
    });
  }

  #report(agent: AgentRecord, { hello, statuses, synced, heartbeat, assigned }: JoinReportReceived): void {
    const { directory, logger } = this.#deps;
    if (directory.agent(agent.id) !== agent)
      throw new ConfedError("conflict", `agent ${agent.id} was silent, and others have its consoles`, {
        subject: agent.id,
        hint: "it joins again by itself",
      });
    if (hello)
      throw new ConfedError("invalid_argument", `agent ${agent.id} said hello twice`, { subject: agent.id });
    if (statuses) directory.report(agent, this.#within(agent, statuses));
    else if (synced) {
      directory.synced(agent);
      logger.info("agent synced", { agent: agent.id, consoles: agent.claims.size });
      this.#deps.onTold(this);
    }
    if (assigned) this.#assigned?.done(assigned);
    if (heartbeat && agent.ticketClock !== undefined)
      this.#clock(agent, agent.ticketClock.epoch, heartbeat.clockMs);
    // A heartbeat, or a kind of message that a newer agent knows: it lives.
  }

  #clock(agent: AgentRecord, epoch: string, clockMs: number): void {
    if (epoch === "" || epoch.length > EPOCH_LENGTH_MAX || !Number.isSafeInteger(clockMs)) return;
    agent.ticketClock = { agent: agent.id, epoch, clockMs, heardAtMs: this.#deps.clock.nowMs() };
  }

  /** Without the consoles that its token does not allow: they stay with whom they belong to. */
  #within(agent: AgentRecord, page: StatusPageReceived): StatusPageReceived {
    const allowed = this.#allowed;
    if (allowed === undefined) return page;
    const consoles = page.consoles.filter(({ name }) => matches(allowed, { name, groups: [], labels: {} }));
    const refused = page.consoles.find((status) => !consoles.includes(status));
    if (refused !== undefined && agent.refusedClaim === undefined) {
      const error = outsideError(agent.id, refused.name, allowed.text);
      this.#deps.logger.warn("claims refused", { agent: agent.id, cause: error.rawMessage });
      this.#deps.directory.setRefusedClaim(agent, error);
    }
    return { ...page, consoles };
  }

  #await(count: number): void {
    this.#unheardCount = count;
    this.#unheardTicks = 0;
  }

  // Each answer is time for the next: on a line that is slow both ways they lag, and none is missing.
  #answered(count: number): void {
    if (count === 0 || count > this.#lastCount || count < this.#unheardCount) return;
    this.#await(count === this.#lastCount ? 0 : this.#lastCount);
  }

  #heard(): void {
    this.#silentTicks = 0;
    const agent = this.#agent;
    if (agent === undefined || agent.presence.state === "up") return;
    // It speaks, and does not hear: nothing that it is told arrives.
    if (this.#unheardTicks >= DEAF_TICKS) return;
    this.#deps.logger.info("agent is heard again", { agent: agent.id, was: agent.presence.state });
    this.#deps.directory.setPresence(agent, "up");
  }

  #ended(error: ConfedError | undefined): void {
    if (this.#over) return;
    const agent = this.#agent;
    if (agent !== undefined) {
      const cause = error?.rawMessage;
      this.#deps.logger.warn("agent left", { agent: agent.id, peer: this.peer, cause });
      this.#deps.audit.event({ event: "agent.left", agent: agent.id, peer: this.peer, text: cause });
    }
    const what = error === undefined ? "has left" : "is gone: its join ended";
    this.#finish(agent === undefined ? undefined : unreachableError(agent.identity, what));
    this.#stream.end();
  }

  #finish(cause: ConfedError | undefined): void {
    this.#over = true;
    this.#assigned?.close();
    if (this.#agent !== undefined && cause !== undefined)
      this.#deps.directory.setPresence(this.#agent, "down", cause);
    this.#deps.onOver(this);
  }
}
