import { type Cancel, type Clock, ConfedError, type Logger } from "@confed/kernel";
import type { AgentRecord, RecordedClaim } from "../directory/agent-record.ts";
import type { Directory } from "../directory/directory.ts";
import type { Change, Store } from "../store/store.ts";
import { type ClaimStep, stepClaim } from "./claim-step.ts";
import { inForce } from "./stored.ts";

export interface ClaimsDeps {
  readonly store: Store;
  readonly directory: Pick<Directory, "agents" | "claimsOn" | "claimRecorded" | "listen" | "settled">;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "warn">;
  /** An agent has done all that it was assigned last. */
  readonly isSettled: (agent: string) => boolean;
}

/** Bounds, with their reasons. */
const CLAIM_LIMITS = {
  /** What changes within a blink is one commit. */
  delayMs: 100,
  /** Agents are joining, or a disk hangs. */
  retryMs: 1_000,
  /** About 150 bytes each: far below what a commit may be. */
  perCommitMax: 1_000,
} as const;

/**
 * Whose each console is, as the store of this head has it. Agents claim; the first is recorded, and stays it until it
 * lets go, also over restarts of the head. Costs two look-ups for every change of a console's status.
 */
export class Claims {
  readonly #deps: ClaimsDeps;
  /** By agent. About 40 bytes a console beside the store's own. */
  readonly #consolesOf = new Map<string, Set<string>>();
  readonly #agentOf = new Map<string, string>();
  /** Decided and not written yet: counts already. */
  readonly #decided = new Map<string, ClaimStep>();
  /** To be looked at again; bounded by the consoles there are. */
  readonly #due = new Set<string>();
  readonly #synced = new WeakSet<AgentRecord>();
  readonly #cancels: Cancel[] = [];
  #cancelTimer: Cancel | undefined;
  #writing = false;
  /** Another head records, and this one follows: nothing is decided here. */
  #isReader: boolean;

  constructor(deps: ClaimsDeps) {
    this.#deps = deps;
    const { store, directory } = deps;
    this.#isReader = store.readOnly !== undefined;
    for (const { key, value } of store.list("claims")) this.#index(key, value.agent);
    this.#cancels.push(
      store.subscribe("claims", (console, entry) => {
        this.#index(console, entry?.value.agent);
        this.#decided.delete(console);
        directory.claimRecorded(console);
      }),
      store.subscribe("definitions", (console) => {
        this.look(console);
      }),
      directory.listen({
        consoleChanged: (console) => {
          if (!this.#isPlain(console)) this.look(console);
        },
        agentSynced: (agent) => {
          if (this.#synced.has(agent)) return;
          this.#synced.add(agent);
          this.lookAtAllOf(agent.host);
        },
      }),
    );
  }

  /** Whose a console is. */
  recorded(console: string): RecordedClaim | undefined {
    const decided = this.#decided.get(console);
    if (decided?.is === "forget") return undefined;
    const entry = this.#deps.store.get("claims", console);
    if (decided?.is === "record") return { agent: decided.agent, epoch: 0 };
    return entry && { agent: entry.value.agent, epoch: entry.revision };
  }

  /** Something about this console has changed. */
  look(console: string): void {
    if (this.#isReader) return;
    this.#due.add(console);
    this.#decide(console);
    this.#arm(CLAIM_LIMITS.delayMs);
  }

  /** This agent may have let go of any of its consoles. */
  lookAtAllOf(agent: string): void {
    for (const console of this.#consolesOf.get(agent) ?? []) this.look(console);
  }

  stop(): void {
    this.#isReader = true;
    this.#cancelTimer?.();
    for (const cancel of this.#cancels) cancel();
  }

  /** As almost always: one claims it, and it is that one's. */
  #isPlain(console: string): boolean {
    const [only, ...others] = this.#deps.directory.claimsOn(console);
    return only !== undefined && others.length === 0 && this.#agentOf.get(console) === only.agent.host;
  }

  #index(console: string, agent: string | undefined): void {
    const before = this.#agentOf.get(console);
    if (before !== undefined) this.#consolesOf.get(before)?.delete(console);
    if (agent === undefined) {
      this.#agentOf.delete(console);
      return;
    }
    const its = this.#consolesOf.get(agent) ?? new Set();
    this.#consolesOf.set(agent, its.add(console));
    this.#agentOf.set(console, agent);
  }

  #decide(console: string): ClaimStep {
    const step = this.#step(console);
    if (step.is === "stay") this.#decided.delete(console);
    else this.#decided.set(console, step);
    return step;
  }

  #step(console: string): ClaimStep {
    const { store, directory } = this.#deps;
    const claims = directory.claimsOn(console);
    const holding = claims.filter(({ agent, status }) => isHeard(agent) && status.state !== "STOPPED");
    const definition = store.get("definitions", console);
    const recorded = store.get("claims", console)?.value.agent;
    return stepClaim({
      recorded,
      assigned: definition && inForce(definition.value)?.agent,
      holders: [...new Set(holding.map(({ agent }) => agent.host))],
      letGo: recorded !== undefined && this.#hasLetGo(recorded, console),
    });
  }

  #hasLetGo(host: string, console: string): boolean {
    const { directory, isSettled } = this.#deps;
    if (!directory.settled || !isSettled(host)) return false;
    if (directory.claimsOn(console).some(({ agent }) => agent.host === host)) return false;
    for (const agent of directory.agents()) if (agent.host === host && isHeard(agent)) return true;
    return false;
  }

  #arm(delayMs: number): void {
    if (this.#writing || this.#isReader) return;
    this.#cancelTimer ??= this.#deps.clock.after(delayMs, () => {
      this.#cancelTimer = undefined;
      void this.#write();
    });
  }

  async #write(): Promise<void> {
    const { store, directory, clock, logger } = this.#deps;
    const changes: Change[] = [];
    const sinceMs = clock.wallTimeMs();
    const isUnsettled = !directory.settled;
    const unsettled: string[] = [];
    for (const console of this.#due) {
      if (changes.length === CLAIM_LIMITS.perCommitMax) break;
      this.#due.delete(console);
      const step = this.#decide(console);
      if (step.is === "stay") {
        // Who has let go, nobody can say yet.
        if (isUnsettled && !this.#isPlain(console)) unsettled.push(console);
        continue;
      }
      const ifRevision = store.get("claims", console)?.revision ?? 0;
      const value = step.is === "record" ? { agent: step.agent, sinceMs } : undefined;
      changes.push({ kind: "claims", key: console, value, ifRevision });
    }
    let delayMs: number = this.#due.size > 0 ? CLAIM_LIMITS.delayMs : CLAIM_LIMITS.retryMs;
    for (const console of unsettled) this.#due.add(console);
    this.#writing = true;
    try {
      if (changes.length > 0) await store.commit(changes);
    } catch (reason) {
      const { code, rawMessage } = ConfedError.from(reason);
      if (code === "read_only_head") {
        this.#isReader = true;
        this.#decided.clear();
        this.#due.clear();
        return;
      }
      if (code !== "conflict") {
        delayMs = CLAIM_LIMITS.retryMs;
        logger.warn("claims are not recorded yet", { consoles: changes.length, cause: rawMessage });
      }
      for (const { key } of changes) this.#due.add(key);
    } finally {
      this.#writing = false;
    }
    if (this.#due.size > 0) this.#arm(delayMs);
  }
}

function isHeard({ presence }: AgentRecord): boolean {
  return presence.state !== "down";
}
