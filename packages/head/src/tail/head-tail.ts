import { type Cancel, type Clock, type ConfedError, createBackoff } from "@confed/kernel";
import {
  type Outlet,
  type Position,
  type TailRequestReceived,
  type TailResponse,
  toDetail,
} from "@confed/wire";
import { allows, type Caller } from "../access/head-access.ts";
import { headTicket } from "../access/head-ticket.ts";
import type { AgentLinks } from "../attach/agent-links.ts";
import type { AgentRecord } from "../directory/agent-record.ts";
import type { Directory } from "../directory/directory.ts";
import { notFound } from "../directory/find-owner.ts";
import { checkPosition } from "../directory/known-status.ts";
import { chunkNames } from "../queries/chunk-names.ts";
import { openQuery } from "../queries/open-query.ts";
import type { QuietStream } from "../queries/quiet-streams.ts";
import { TailNumbers } from "./tail-numbers.ts";
import { TailSource } from "./tail-source.ts";

export interface HeadTailDeps {
  readonly clock: Clock;
  readonly directory: Directory;
  readonly links: AgentLinks;
}

/** What one tail needs besides. */
export interface OneTailDeps extends HeadTailDeps {
  readonly caller: Caller;
}

/** What may wait for the receiver before the agents are held back. */
const BACKLOG_BYTES_MAX = 256 * 1024;
/** Changes of who owns what come in bursts. */
const RECONCILE_DELAY_MS = 100;
const retryDelayMs = createBackoff({ firstMs: 1_000, maxMs: 30_000 });

/** The sources of one agent. */
interface AgentTail {
  readonly agent: AgentRecord;
  readonly sources: Set<TailSource>;
  failures: number;
  /** Set while its failure is told and it is not yet tried again. */
  cancelRetry: Cancel | undefined;
}

/**
 * One tail of many agents. Which agent sends which console is worked out from the directory, again
 * whenever that changes: consoles that appear are joined from now, those that come back from where
 * they were.
 */
export class HeadTail {
  readonly #deps: OneTailDeps;
  readonly #selection: string;
  readonly #outlet: Outlet<TailResponse>;
  readonly #quiet: QuietStream;
  readonly #from: ReadonlyMap<string, Position>;
  readonly #numbers = new TailNumbers();
  readonly #agents = new Map<string, AgentTail>();
  readonly #sourceOf = new Map<string, TailSource>();
  #cancelReconcile: Cancel | undefined;
  #paused = false;

  /** Throws for a selection that is none, and "not_found" when it names nothing that exists. */
  constructor(
    { selection, from }: TailRequestReceived,
    outlet: Outlet<TailResponse>,
    quiet: QuietStream,
    deps: OneTailDeps,
  ) {
    this.#deps = deps;
    this.#selection = selection;
    this.#outlet = outlet;
    this.#quiet = quiet;
    this.#from = new Map(
      Object.entries(from).map(([name, position]) => [name, checkPosition(position, name)]),
    );
    const { literal, candidates, unknown } = openQuery(
      deps.directory,
      selection,
      allows(deps.caller, "view"),
    );
    if (literal && candidates.length === 0) throw notFound(deps.directory, unknown);
    if (unknown.length > 0) this.#send({ notice: toDetail(notFound(deps.directory, unknown)) });
    const stopListening = deps.directory.listen({
      membershipChanged: () => {
        this.#reconcileSoon();
      },
    });
    outlet.signal.addEventListener(
      "abort",
      () => {
        stopListening();
        this.#stop();
      },
      { once: true },
    );
    this.#reconcile();
  }

  /** What its receiver may see may have changed. */
  refresh(): void {
    this.#reconcileSoon();
  }

  #reconcileSoon(): void {
    this.#cancelReconcile ??= this.#deps.clock.after(RECONCILE_DELAY_MS, () => {
      this.#cancelReconcile = undefined;
      this.#reconcile();
    });
  }

  /** Ask the right agent for every console that nobody sends, and drop what the wrong one sends. */
  #reconcile(): void {
    const { directory, caller } = this.#deps;
    const { candidates, fits } = openQuery(directory, this.#selection, allows(caller, "view"));
    const wanted = new Map<string, AgentRecord>();
    for (const name of candidates) {
      const owner = directory.ownerOf(name);
      const status = directory.statusOf(name);
      // Before its snapshot is complete an agent would be asked many times for a few.
      if (owner?.synced === true && status !== undefined && fits(status)) wanted.set(name, owner);
    }
    this.#dropUnwanted(wanted);
    const missing = new Map<AgentRecord, string[]>();
    for (const [name, agent] of wanted) {
      if (this.#sourceOf.has(name) || agent.presence.state === "down") continue;
      const names = missing.get(agent);
      if (names === undefined) missing.set(agent, [name]);
      else names.push(name);
    }
    for (const [agent, names] of missing) this.#ask(this.#tailOf(agent), names);
  }

  #dropUnwanted(wanted: ReadonlyMap<string, AgentRecord>): void {
    for (const tail of this.#agents.values()) {
      for (const source of tail.sources) {
        for (const name of source.names) {
          const owner = wanted.get(name);
          // An agent that has joined again and not yet said all keeps what it had.
          if (owner === tail.agent || (owner === undefined && !tail.agent.synced)) continue;
          source.names.delete(name);
          this.#sourceOf.delete(name);
          // Nobody's any more; what only moved to another agent goes on under its number.
          if (owner === undefined) this.#consoleEnded(name);
        }
        if (source.names.size === 0) this.#forget(tail, source);
      }
    }
  }

  #consoleEnded(name: string): void {
    const number = this.#numbers.end(name);
    if (number !== undefined) this.#send({ names: { ended: [number] } });
  }

  #ask(tail: AgentTail, names: readonly string[]): void {
    if (tail.cancelRetry !== undefined) return;
    for (const chunk of chunkNames(names)) {
      const source = new TailSource(chunk, {
        link: this.#deps.links.of(tail.agent),
        numbers: this.#numbers,
        from: this.#from,
        ticket: () => headTicket(this.#deps.caller, tail.agent, "view"),
        send: (message) => {
          this.#send(message);
        },
        onEnd: (ended, error) => {
          this.#sourceEnded(tail, ended, error);
        },
      });
      if (this.#paused) source.pause();
      tail.sources.add(source);
      for (const name of chunk) this.#sourceOf.set(name, source);
    }
  }

  #sourceEnded(tail: AgentTail, source: TailSource, error: ConfedError): void {
    this.#forget(tail, source);
    if (this.#outlet.signal.aborted) return;
    if (source.answered) tail.failures = 0;
    // Its chunks fail together: that is one failure.
    if (tail.cancelRetry !== undefined) return;
    if (tail.failures === 0) this.#send({ notice: { ...toDetail(error), subject: tail.agent.id } });
    tail.cancelRetry = this.#deps.clock.after(retryDelayMs(tail.failures), () => {
      tail.cancelRetry = undefined;
      this.#reconcile();
    });
    tail.failures += 1;
  }

  #forget(tail: AgentTail, source: TailSource): void {
    source.stop();
    tail.sources.delete(source);
    for (const name of source.names) this.#sourceOf.delete(name);
  }

  #tailOf(agent: AgentRecord): AgentTail {
    const known = this.#agents.get(agent.id);
    if (known !== undefined) return known;
    const tail: AgentTail = { agent, sources: new Set(), failures: 0, cancelRetry: undefined };
    this.#agents.set(agent.id, tail);
    return tail;
  }

  #send(message: TailResponse): void {
    this.#quiet.touch();
    this.#outlet.send(message);
    if (this.#paused || this.#outlet.backlogBytes <= BACKLOG_BYTES_MAX) return;
    this.#paused = true;
    this.#eachSource((source) => {
      source.pause();
    });
    void this.#outlet.drained(BACKLOG_BYTES_MAX / 2).then(() => {
      this.#paused = false;
      this.#eachSource((source) => {
        source.resume();
      });
    });
  }

  #eachSource(visit: (source: TailSource) => void): void {
    for (const { sources } of this.#agents.values()) for (const source of sources) visit(source);
  }

  #stop(): void {
    this.#cancelReconcile?.();
    for (const { sources, cancelRetry } of this.#agents.values()) {
      cancelRetry?.();
      for (const source of sources) source.stop();
    }
    this.#agents.clear();
    this.#sourceOf.clear();
  }
}
