import { ConfedError, matches, selectConsoles, selectsConsole } from "@confed/kernel";
import { type ConsoleStatus, toDetail } from "@confed/wire";
import type { Console } from "./console.ts";
import { PHASE_ON_THE_WIRE } from "./state-on-the-wire.ts";

/** A console and what is said about it in configuration. */
export interface Listed {
  readonly console: Console;
  readonly name: string;
  readonly groups: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly transport: string;
  /** Where it leads, for people. */
  readonly target: string;
  readonly description: string;
  readonly source: "FILE" | "HEAD" | "FILE_OVER_HEAD";
  /** Under which a head has assigned it; 0 for one of a file. */
  readonly epoch: number;
}

/** The consoles of this agent, found by name, number or selection. */
export class ConsoleTable {
  /** The agent. */
  readonly owner: string;
  readonly #byName = new Map<string, Listed>();
  readonly #watchers = new Set<(name: string) => void>();
  readonly #memberWatchers = new Set<(name: string) => void>();

  constructor(owner: string) {
    this.owner = owner;
  }

  get size(): number {
    return this.#byName.size;
  }

  /** A console from now on, or something else said about one. */
  add(listed: Listed): void {
    this.#byName.set(listed.name, listed);
    this.#membersChanged(listed.name);
  }

  /** Configuration has it no more. */
  remove(name: string): void {
    if (this.#byName.delete(name)) this.#membersChanged(name);
  }

  all(): Iterable<Listed> {
    return this.#byName.values();
  }

  /** Undefined for what nobody has, or has no more. */
  find(name: string): Listed | undefined {
    return this.#byName.get(name);
  }

  /** Throws "not_found". */
  get(name: string): Listed {
    const listed = this.#byName.get(name);
    if (listed !== undefined) return listed;
    throw unknownConsole(name, this.owner);
  }

  /**
   * Consoles that a selection means; empty text: all. Names that nobody has are `unknown`, and so are
   * those that `may` does not hold for: whether they exist is not told.
   */
  select(
    text: string,
    may: (listed: Listed) => boolean = () => true,
  ): { readonly found: Listed[]; readonly unknown: ConfedError[] } {
    if (text === "") return { found: [...this.#byName.values()].filter(may), unknown: [] };
    const { selection, names, unknown } = selectConsoles(text, {
      has: (name) => {
        const listed = this.#byName.get(name);
        return listed !== undefined && may(listed);
      },
      all: () => [...this.#byName.values()].filter(may),
    });
    if (selection !== undefined) {
      return {
        found: [...this.#byName.values()].filter((listed) => matches(selection, listed) && may(listed)),
        unknown: [],
      };
    }
    const found = names.flatMap((name) => this.#byName.get(name) ?? []);
    return { found, unknown: unknownConsoles(unknown, this.owner) };
  }

  /** The status of a console as the contract says it, fresh. */
  status(known: Listed): ConsoleStatus {
    const { console, groups, labels, transport, target, description, source, epoch } = known;
    const { state, viewers } = console;
    const listed = viewers.status();
    return {
      name: console.name,
      owner: this.owner,
      state: PHASE_ON_THE_WIRE[state.phase],
      cause: state.phase === "waiting" ? toDetail(state.cause) : null,
      sinceMs: console.stateSinceMs,
      transport,
      target,
      labels,
      groups: [...groups],
      onDemand: console.onDemand,
      viewers: listed,
      viewersUnlisted: viewers.count - listed.length,
      // Without a log there is no position: heads refuse what only looks like one.
      ...(console.end.logId === "" ? {} : { end: console.end }),
      lastOutputMs: console.output.lastWallMs,
      logPath: console.output.logPath,
      ...{ description, source, epoch },
      attempt: "attempt" in state ? state.attempt : 0,
      logTrouble: console.output.trouble === undefined ? null : toDetail(console.output.trouble),
    };
  }

  /** A status may have changed: tells every watcher its name. O(watchers). */
  changed(name: string): void {
    for (const watcher of this.#watchers) watcher(name);
  }

  /** Hear the name of every console whose status changes; returns the way to stop. */
  watch(watcher: (name: string) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /**
   * Hear the name of every console that comes, goes or is described in another way, which is
   * rare; returns the way to stop.
   */
  watchMembers(watcher: (name: string) => void): () => void {
    this.#memberWatchers.add(watcher);
    return () => this.#memberWatchers.delete(watcher);
  }

  #membersChanged(name: string): void {
    this.changed(name);
    for (const watcher of this.#memberWatchers) watcher(name);
  }
}

/** What a selection means of one console. */
export function selects(text: string, listed: Listed): boolean {
  return text === "" || selectsConsole(text, listed);
}

/** "not_found", for what nobody has and for what the caller may not know of. */
export function unknownConsole(name: string, owner: string): ConfedError {
  // The name comes from a person: quoted and cut.
  const shown = JSON.stringify(name.slice(0, 140));
  return new ConfedError("not_found", `${owner} has no console ${shown}`, {
    subject: name.slice(0, 140),
    hint: "`rcons ls` shows them",
  });
}

/** A range can mean a hundred thousand names that nobody has: the first are named, the rest counted. */
const UNKNOWN_NAMED_MAX = 20;

function unknownConsoles(names: readonly string[], owner: string): ConfedError[] {
  const named = names.slice(0, UNKNOWN_NAMED_MAX).map((name) => unknownConsole(name, owner));
  if (names.length <= UNKNOWN_NAMED_MAX) return named;
  const rest = `${owner} has none of ${names.length - UNKNOWN_NAMED_MAX} further names`;
  return [...named, new ConfedError("not_found", rest, { hint: "`rcons ls` shows the consoles there are" })];
}
