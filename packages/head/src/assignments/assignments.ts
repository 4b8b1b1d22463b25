import { type Cancel, type ConfedError, foldName } from "@confed/kernel";
import { type AssignedReceived, type Definition, fromDetail } from "@confed/wire";
import type { Entry, Store } from "../store/store.ts";
import { type AssignmentOutlet, Outbox } from "./outbox.ts";
import { inForce } from "./stored.ts";

export interface AssignmentsDeps {
  readonly store: Pick<Store, "get" | "list" | "revision" | "subscribe">;
  /** Why an agent may not have a console; undefined: it may. */
  readonly refuses: (agent: string, console: string) => ConfedError | undefined;
  /** An agent has done what it was told, and may have let go of any of its consoles. */
  readonly onSettled: (agent: string) => void;
}

/** A join that is told what is assigned. */
export interface AssignedJoin {
  /** What the agent says when it has done what it was told. */
  done(said: AssignedReceived): void;
  close(): void;
}

/**
 * Tells agents which consoles are theirs by the word of this head: those that are defined for them and recorded as
 * theirs, so that one that moves is told to the next agent when the one before it has let go. Costs a look-up
 * for each change of the store, and the same with 10 consoles and 100,000.
 */
export class Assignments {
  readonly #deps: AssignmentsDeps;
  readonly #outboxes = new Map<string, Outbox>();
  readonly #consolesOf = new Map<string, Set<string>>();
  /** By console: to whom it was given last. */
  readonly #given = new Map<string, string>();
  readonly #byFoldedName = new Map<string, string>();
  readonly #refused = new Map<string, ReadonlyMap<string, ConfedError>>();
  /** Selections of enrolled agents, as far as they were seen to change. */
  readonly #allowed = new Map<string, string>();
  readonly #cancels: readonly Cancel[];

  constructor(deps: AssignmentsDeps) {
    this.#deps = deps;
    const { store } = deps;
    for (const { key } of store.list("definitions")) this.#changed(key);
    this.#cancels = [
      store.subscribe("definitions", (console) => {
        this.#changed(console);
      }),
      store.subscribe("claims", (console) => {
        if (store.get("definitions", console) !== undefined || this.#given.has(console))
          this.#changed(console);
      }),
      store.subscribe("machines", (_key, entry) => {
        if (entry?.value.machine.kind === "agent")
          this.#mayHave(entry.value.machine.id, entry.value.consoles);
      }),
    ];
  }

  /** An agent that takes assignments has joined. */
  join(agent: string, outlet: AssignmentOutlet): AssignedJoin {
    const outbox = this.#outboxOf(agent);
    outbox.attach(outlet);
    return {
      done: ({ version, refused }) => {
        this.#refused.set(
          agent,
          new Map(refused.map((detail) => [detail.subject, fromDetail(detail)] as const)),
        );
        outbox.done(version);
      },
      close: () => {
        outbox.detach(outlet);
      },
    };
  }

  /** It has done all that it was told, or was never told anything. */
  isSettled(agent: string): boolean {
    return this.#outboxes.get(agent)?.isSettled ?? !this.#consolesOf.has(agent);
  }

  /** It is joined, and takes assignments. */
  takes(agent: string): boolean {
    return this.#outboxes.get(agent)?.isJoined === true;
  }

  /** Why an agent may not have, or cannot use, what is defined for it. */
  refusalOf(agent: string, console: string): ConfedError | undefined {
    return this.#deps.refuses(agent, console) ?? this.#refused.get(agent)?.get(console);
  }

  /** A console that is defined, and is called so but for capitals. */
  namesake(console: string): string | undefined {
    return this.#byFoldedName.get(foldName(console));
  }

  stop(): void {
    for (const cancel of this.#cancels) cancel();
  }

  /** Enrolled anew, it may have other consoles than before; at a renewal, which is the rule, the same. */
  #mayHave(agent: string, consoles: string): void {
    if (this.#allowed.get(agent) === consoles) return;
    this.#allowed.set(agent, consoles);
    for (const { key, value } of this.#deps.store.list("definitions"))
      if (inForce(value)?.agent === agent) this.#changed(key);
  }

  #changed(console: string): void {
    const definition = this.#deps.store.get("definitions", console);
    if (definition === undefined) this.#byFoldedName.delete(foldName(console));
    else this.#byFoldedName.set(foldName(console), console);
    const before = this.#given.get(console);
    const now = this.#givenTo(console, definition)?.agent;
    if (before !== undefined && before !== now) this.#consolesOf.get(before)?.delete(console);
    if (now === undefined) this.#given.delete(console);
    else {
      this.#given.set(console, now);
      this.#consolesOf.set(now, (this.#consolesOf.get(now) ?? new Set()).add(console));
    }
    if (before !== undefined) this.#outboxOf(before).change(console);
    if (now !== undefined && now !== before) this.#outboxOf(now).change(console);
  }

  #outboxOf(agent: string): Outbox {
    const known = this.#outboxes.get(agent);
    if (known !== undefined) return known;
    const outbox = new Outbox({
      version: () => this.#deps.store.revision,
      consoles: () => this.#consolesOf.get(agent) ?? [],
      definitionOf: (console) => this.#definitionFor(agent, console),
      onSettled: () => {
        this.#deps.onSettled(agent);
      },
    });
    this.#outboxes.set(agent, outbox);
    return outbox;
  }

  #definitionFor(agent: string, console: string): Definition | undefined {
    const given = this.#givenTo(console, this.#deps.store.get("definitions", console));
    return given?.agent === agent ? { name: console, epoch: given.epoch, entry: given.entry } : undefined;
  }

  #givenTo(console: string, definition: Entry<"definitions"> | undefined) {
    const wanted = definition && inForce(definition.value);
    const claim = wanted && this.#deps.store.get("claims", console);
    if (wanted === undefined || claim?.value.agent !== wanted.agent) return undefined;
    if (this.#deps.refuses(wanted.agent, console) !== undefined) return undefined;
    return { agent: wanted.agent, entry: wanted.entry, epoch: claim.revision };
  }
}
