import type { AssignPage, Definition } from "@confed/wire";

/** One join of an agent that takes assignments. */
export interface AssignmentOutlet {
  send(page: AssignPage): void;
  /** Resolves when it has taken most of what was sent, or is over. */
  drained(): Promise<void>;
  readonly isOver: boolean;
}

export interface OutboxDeps {
  /** Counts every change of what is assigned. */
  readonly version: () => number;
  /** Every console that is this agent's. */
  readonly consoles: () => Iterable<string>;
  /** A console as it is this agent's; undefined: it is not. */
  readonly definitionOf: (console: string) => Definition | undefined;
  /** It has done all that it was told. */
  readonly onSettled: () => void;
}

/** Far below a message's bound of 256 KiB with the longest definition behind it. */
const PAGE_BYTES_MAX = 48 * 1024;

/** What one agent is told of its consoles: all of it when it joins, then what changes, one word after the other. */
export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #changed = new Set<string>();
  #outlet: AssignmentOutlet | undefined;
  #isTelling = false;
  #told = -1;
  #done = -1;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  /** It is joined, and has done all that it was told. */
  get isSettled(): boolean {
    return this.isJoined && !this.#isTelling && this.#changed.size === 0 && this.#done === this.#told;
  }

  get isJoined(): boolean {
    return this.#outlet !== undefined;
  }

  /** It has joined; whatever it was told before counts no more. */
  attach(outlet: AssignmentOutlet): void {
    this.#outlet = outlet;
    this.#done = this.#told = -1;
    this.#changed.clear();
    void this.#tell(outlet, true);
  }

  /** Nothing happens if another join has taken the place of this one. */
  detach(outlet: AssignmentOutlet): void {
    if (this.#outlet === outlet) this.#outlet = undefined;
  }

  /** Something about a console that is, was or will be its own. Told in the same turn as all that changes with it. */
  change(console: string): void {
    const outlet = this.#outlet;
    if (outlet === undefined) return;
    this.#changed.add(console);
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      if (this.#outlet === outlet) void this.#tell(outlet, false);
    });
  }

  /** The agent says that it has done all up to this version. */
  done(version: number): void {
    if (version !== this.#told) return;
    this.#done = version;
    if (this.isSettled) this.#deps.onSettled();
  }

  async #tell(outlet: AssignmentOutlet, all: boolean): Promise<void> {
    this.#isTelling = true;
    const version = this.#deps.version();
    const names = all ? this.#deps.consoles() : [...this.#changed];
    if (!all) this.#changed.clear();
    let whole = all;
    for (const page of this.#pages(names)) {
      outlet.send({ version, whole, ...page });
      whole = false;
      if (page.last) break;
      await outlet.drained();
      if (this.#outlet !== outlet || outlet.isOver) return;
    }
    this.#told = version;
    this.#isTelling = false;
    // What has changed since stands behind what it was.
    if (this.#changed.size > 0) void this.#tell(outlet, false);
  }

  *#pages(names: Iterable<string>): Generator<Required<Pick<AssignPage, "put" | "removed" | "last">>> {
    let put: Definition[] = [];
    let removed: string[] = [];
    let sizeBytes = 0;
    for (const name of names) {
      const definition = this.#deps.definitionOf(name);
      if (definition === undefined) removed.push(name);
      else put.push(definition);
      sizeBytes += name.length + 3 * (definition?.entry?.length ?? 0) + 16;
      if (sizeBytes < PAGE_BYTES_MAX) continue;
      yield { put, removed, last: false };
      [put, removed, sizeBytes] = [[], [], 0];
    }
    yield { put, removed, last: true };
  }
}
