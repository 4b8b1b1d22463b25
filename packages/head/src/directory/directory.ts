import { ConfedError } from "@confed/kernel";
import type { ConsoleStatusReceived, StatusPageReceived } from "@confed/wire";
import type { AgentIdentity, AgentRecord, Claim, Presence, RecordedClaim } from "./agent-record.ts";
import { DIRECTORY_LIMITS } from "./directory-limits.ts";
import { isGoneShard } from "./gone-shards.ts";
import { knownStatus } from "./known-status.ts";
import { compareNames } from "./natural-order.ts";
import { refreshStatus } from "./refresh-status.ts";
import { SharedParts } from "./shared-parts.ts";
import { isHeard, leadingClaim, shownStatus, withConflict } from "./shown-status.ts";

/** What happens to the directory. Called at once, while it changes: note it and come back later. */
export interface DirectoryListener {
  /** What is shown of this console may have changed, or it is gone. */
  consoleChanged?(name: string): void;
  /** Its presence or identity. `consolesToo`: what is shown of every console of it, as well. */
  agentChanged?(agent: AgentRecord, consolesToo: boolean): void;
  /** All that an agent has to say when it joins is said. */
  agentSynced?(agent: AgentRecord): void;
  /** Which consoles there are, which agent to ask for one, or what a selection finds. */
  membershipChanged?(): void;
}

/**
 * Who owns which console, and how it is. Everything is what agents said, in memory; nothing waits.
 *
 * A console of an agent that is down is not touched: what is shown is its last status overlaid with
 * the agent's, at the time somebody looks. So an agent with 10,000 consoles goes down in O(1).
 */
export class Directory {
  readonly #wallTimeMs: () => number;
  readonly #isYoung: () => boolean;
  readonly #recorded: (console: string) => RecordedClaim | undefined;
  readonly #agents = new Map<string, AgentRecord>();
  /** The claims on each console, oldest first; almost always one. */
  readonly #consoles = new Map<string, Claim[]>();
  readonly #listeners = new Set<DirectoryListener>();
  readonly #parts = new SharedParts();
  #sortedNames: readonly string[] | undefined = [];
  #version = 0;

  /**
   * `isYoung` while agents that this head has not heard of may still be on their way to it; `recorded` says whose
   * a console is, whoever claims it.
   */
  constructor(
    wallTimeMs: () => number,
    isYoung: () => boolean = () => false,
    recorded: (console: string) => RecordedClaim | undefined = () => undefined,
  ) {
    this.#wallTimeMs = wallTimeMs;
    this.#isYoung = isYoung;
    this.#recorded = recorded;
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#consoles.size;
  }

  /** Some agent has joined, all that are heard from have said all their consoles, and no more is awaited. */
  get settled(): boolean {
    if (this.#isYoung()) return false;
    const agents = [...this.#agents.values()];
    return agents.length > 0 && agents.every(({ presence, synced }) => synced || presence.state === "down");
  }

  agents(): Iterable<AgentRecord> {
    return this.#agents.values();
  }

  agent(id: string): AgentRecord | undefined {
    return this.#agents.get(id);
  }

  /** Every console in the order people count. The list does not change; the next one may differ. */
  names(): readonly string[] {
    // Almost sorted already when agents send theirs in order: then this is one pass.
    this.#sortedNames ??= [...this.#consoles.keys()].sort(compareNames);
    return this.#sortedNames;
  }

  has(name: string): boolean {
    return this.#consoles.has(name);
  }

  /**
   * The agent to ask for a console: the one that is recorded as its owner, else the oldest claim of those that are
   * heard from. Undefined for what nobody claims; and while the recorded owner may still be on its way.
   */
  ownerOf(name: string): AgentRecord | undefined {
    const claims = this.#consoles.get(name);
    if (claims === undefined) return undefined;
    const recorded = this.#recorded(name);
    const { agent } = leadingClaim(claims, recorded?.agent);
    const isUnheardOf = (host: string) => !claims.some((claim) => claim.agent.host === host);
    const isAwaited = recorded !== undefined && isUnheardOf(recorded.agent) && this.#isYoung();
    return isAwaited ? undefined : agent;
  }

  /** Everybody's claim on a console, in no order. Borrowed. */
  claimsOn(name: string): readonly Claim[] {
    return this.#consoles.get(name) ?? [];
  }

  /** Its recorded claim is another one, or of another epoch. */
  claimRecorded(name: string): void {
    const epoch = this.#recorded(name)?.epoch ?? 0;
    const claims = this.#consoles.get(name);
    if (claims === undefined) return;
    for (const { status } of claims) status.epoch = epoch;
    this.#consoleChanged(name);
    if (claims.length > 1) this.#membershipChanged();
  }

  /**
   * A console as it is now to be shown. Made for the caller when an agent is down, else shared: read only, and for now
   * only, as it changes with the console.
   */
  statusOf(name: string): Readonly<ConsoleStatusReceived> | undefined {
    const claims = this.#consoles.get(name);
    return claims === undefined ? undefined : shownStatus(claims, this.#recorded(name)?.agent);
  }

  /** `fresh`, which the owner said just now, with what only a head knows laid over it. */
  overlaid(fresh: ConsoleStatusReceived): Readonly<ConsoleStatusReceived> {
    const claims = this.#consoles.get(fresh.name) ?? [];
    const recorded = this.#recorded(fresh.name);
    return withConflict(claims, { ...fresh, epoch: recorded?.epoch ?? 0 }, recorded?.agent);
  }

  /** Call back on changes until the function returned is called. */
  listen(listener: DirectoryListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** An agent has joined, for the first time or again. Throws "resource_exhausted". */
  admit(identity: AgentIdentity): AgentRecord {
    const presence: Presence = { state: "up", sinceMs: this.#wallTimeMs() };
    const known = this.#agents.get(identity.id);
    if (known === undefined) {
      if (this.#agents.size >= DIRECTORY_LIMITS.agentsMax) {
        throw tooMany(`more than ${DIRECTORY_LIMITS.agentsMax} agents (agentsMax)`, identity.id);
      }
      const agent: AgentRecord = {
        id: identity.id,
        identity,
        presence,
        round: 1,
        synced: false,
        claims: new Map(),
        contested: new Set(),
        dialFailure: undefined,
        ticketClock: undefined,
        host: identity.id,
        machine: undefined,
        refusedClaim: undefined,
      };
      this.#agents.set(agent.id, agent);
      this.#agentChanged(agent, false);
      return agent;
    }
    const wasDown = known.presence.state === "down";
    if (wasDown) this.#yieldContested(known);
    known.identity = identity;
    known.presence = presence;
    known.round += 1;
    known.synced = false;
    known.refusedClaim = undefined;
    this.#agentChanged(known, wasDown);
    return known;
  }

  /** A page of its report. Throws for what it may not say; what came before in the page stays. */
  report(agent: AgentRecord, { consoles, removed }: StatusPageReceived): void {
    for (const said of consoles) this.#claim(agent, knownStatus(said, agent.id));
    for (const name of removed) {
      const claim = agent.claims.get(name);
      if (claim !== undefined) this.#drop(claim);
    }
  }

  /** Its snapshot is complete: what this round did not claim is not its own any more. */
  synced(agent: AgentRecord): void {
    for (const claim of agent.claims.values()) {
      if (claim.round !== agent.round) this.#drop(claim);
    }
    agent.synced = true;
    this.#membershipChanged();
    for (const listener of this.#listeners) listener.agentSynced?.(agent);
    for (const other of this.#agents.values()) this.#dropIfGone(other);
  }

  setPresence(agent: AgentRecord, state: "up" | "stalled"): void;
  setPresence(agent: AgentRecord, state: "down", cause: ConfedError): void;
  /** Nothing happens when it is so already. A shard that its host goes on without is forgotten when it is down. */
  setPresence(agent: AgentRecord, state: Presence["state"], cause?: ConfedError): void {
    const before = agent.presence.state;
    if (before === state) return;
    const sinceMs = this.#wallTimeMs();
    if (state !== "down") {
      if (before === "down") this.#yieldContested(agent);
      agent.presence = { state, sinceMs };
    } else if (cause !== undefined) agent.presence = { state, sinceMs, cause };
    this.#agentChanged(agent, before === "down" || state === "down");
    this.#dropIfGone(agent);
  }

  #dropIfGone(agent: AgentRecord): void {
    const claimsOn = (name: string) => this.#consoles.get(name) ?? [];
    if (!isGoneShard(agent, this.#agents.values(), claimsOn)) return;
    for (const claim of agent.claims.values()) this.#drop(claim);
    this.#agents.delete(agent.id);
    this.#agentChanged(agent, false);
  }

  /** This head can, or cannot, dial it. */
  setDialFailure(agent: AgentRecord, failure: ConfedError | undefined): void {
    if (agent.dialFailure === failure) return;
    agent.dialFailure = failure;
    this.#agentChanged(agent, false);
  }

  /** It claims what it may not have. */
  setRefusedClaim(agent: AgentRecord, refusal: ConfedError): void {
    agent.refusedClaim = refusal;
    this.#agentChanged(agent, false);
  }

  #claim(agent: AgentRecord, status: ConsoleStatusReceived): void {
    const { name } = status;
    status.epoch = this.#recorded(name)?.epoch ?? 0;
    this.#parts.share(status);
    const own = agent.claims.get(name);
    if (own !== undefined) {
      const found = sameToSelections(own.status, status) && !this.#letsGo(own, status);
      refreshStatus(own.status, status);
      own.round = agent.round;
      this.#consoleChanged(name);
      if (!found) this.#membershipChanged();
      return;
    }
    this.#checkRoom(agent, name);
    const claim: Claim = { agent, status, round: agent.round };
    agent.claims.set(name, claim);
    const others = this.#consoles.get(name);
    if (others === undefined) {
      this.#consoles.set(name, [claim]);
      this.#sortedNames = undefined;
    } else {
      others.push(claim);
      for (const rival of others) rival.agent.contested.add(name);
    }
    this.#consoleChanged(name);
    this.#membershipChanged();
  }

  /** Another agent is asked from now on, or was until now: a console that is stopped is nobody's to keep. */
  #letsGo(own: Claim, status: ConsoleStatusReceived): boolean {
    const changes = (own.status.state === "STOPPED") !== (status.state === "STOPPED");
    return changes && own.agent.contested.has(status.name);
  }

  #checkRoom(agent: AgentRecord, name: string): void {
    const { consolesPerAgentMax, consolesMax } = DIRECTORY_LIMITS;
    if (agent.claims.size >= consolesPerAgentMax) {
      throw tooMany(
        `agent ${agent.id} has more than ${consolesPerAgentMax} consoles (consolesPerAgentMax)`,
        name,
      );
    }
    if (this.#consoles.size >= consolesMax && !this.#consoles.has(name)) {
      throw tooMany(`more than ${consolesMax} consoles in all (consolesMax)`, name);
    }
  }

  #drop(claim: Claim): void {
    const { name } = claim.status;
    claim.agent.claims.delete(name);
    claim.agent.contested.delete(name);
    const left = (this.#consoles.get(name) ?? []).filter((other) => other !== claim);
    if (left.length === 0) {
      this.#consoles.delete(name);
      this.#sortedNames = undefined;
    } else {
      this.#consoles.set(name, left);
      if (left.length === 1) left[0]?.agent.contested.delete(name);
    }
    this.#consoleChanged(name);
    this.#membershipChanged();
  }

  /**
   * It was away, and whoever claims its consoles as well and is heard from was asked for them
   * meanwhile: that one keeps them.
   */
  #yieldContested(agent: AgentRecord): void {
    for (const name of agent.contested) {
      const claims = this.#consoles.get(name);
      const own = agent.claims.get(name);
      if (claims === undefined || own === undefined || !claims.some(isHeard)) continue;
      this.#consoles.set(name, [...claims.filter((claim) => claim !== own), own]);
    }
  }

  #consoleChanged(name: string): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener.consoleChanged?.(name);
  }

  #agentChanged(agent: AgentRecord, consolesToo: boolean): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener.agentChanged?.(agent, consolesToo);
    if (consolesToo) this.#membershipChanged();
  }

  #membershipChanged(): void {
    for (const listener of this.#listeners) listener.membershipChanged?.();
  }
}

function sameToSelections(before: ConsoleStatusReceived, after: ConsoleStatusReceived): boolean {
  const labels = Object.entries(after.labels);
  return (
    before.groups.length === after.groups.length &&
    after.groups.every((group, index) => before.groups[index] === group) &&
    Object.keys(before.labels).length === labels.length &&
    labels.every(([key, value]) => before.labels[key] === value)
  );
}

function tooMany(what: string, subject: string): ConfedError {
  return new ConfedError("resource_exhausted", what, {
    subject,
    hint: "give these consoles to another head",
  });
}
