import { ConfedError, literalNames, matches, parseSelection } from "@confed/kernel";
import type { ConsoleStatus, Position, Viewer } from "@confed/wire";

/** Whose consoles, and how each is called. */
export interface AgentConsolesOptions {
  readonly agent: string;
  readonly names: readonly string[];
  /** Eight hexadecimal digits, random: the first half of every log id. */
  readonly logBase: string;
  readonly wallTimeMs: () => number;
}

/** Whoever looks at a console. */
export interface Watching {
  /** As the console's status has it. */
  viewer(): Viewer;
  /** The console has printed this. */
  show(offset: number, data: Buffer): void;
}

const CONNECTED = 0;
const WAITING = 1;

const NOBODY: ReadonlySet<Watching> = new Set();
const GROUPS = ["fleet"];
/** Consoles of one rack, for a label that is worth selecting by. */
const CONSOLES_PER_RACK = 40;

/**
 * The consoles of one simulated agent. Each is a few numbers in arrays, 17 bytes and its name, so that a
 * process has hundreds of thousands; a status is made when somebody wants it.
 */
export class AgentConsoles {
  readonly #options: AgentConsolesOptions;
  readonly #indexOf: ReadonlyMap<string, number>;
  readonly #states: Uint8Array;
  readonly #sinceMs: Float64Array;
  readonly #offsets: Float64Array;
  readonly #watching = new Map<number, Set<Watching>>();
  readonly #listeners = new Set<(index: number) => void>();

  constructor(options: AgentConsolesOptions) {
    this.#options = options;
    const { names, wallTimeMs } = options;
    this.#indexOf = new Map(names.map((name, index) => [name, index]));
    this.#states = new Uint8Array(names.length);
    this.#sinceMs = new Float64Array(names.length).fill(wallTimeMs());
    this.#offsets = new Float64Array(names.length);
  }

  get agent(): string {
    return this.#options.agent;
  }

  get count(): number {
    return this.#options.names.length;
  }

  /** Throws "not_found". */
  indexOf(name: string): number {
    const index = this.#indexOf.get(name);
    if (index !== undefined) return index;
    throw new ConfedError("not_found", `agent ${this.agent} has no console "${name}"`, { subject: name });
  }

  /** What a selection means; empty text: all. Throws "invalid_argument". */
  select(text: string): readonly number[] {
    const all = Array.from(this.#options.names, (_name, index) => index);
    if (text === "") return all;
    const selection = parseSelection(text);
    const named = literalNames(selection);
    if (named !== undefined) {
      return named.flatMap((name) => this.#indexOf.get(name) ?? []);
    }
    return all.filter((index) =>
      matches(selection, { name: this.#nameOf(index), groups: GROUPS, labels: labelsOf(index) }),
    );
  }

  status(index: number): ConsoleStatus {
    const { agent } = this.#options;
    const name = this.#nameOf(index);
    const target = `10.${(index >> 14) & 255}.${(index >> 6) & 255}.${(index & 63) + 1}:2001`;
    const isWaiting = this.#states[index] === WAITING;
    return {
      name,
      owner: agent,
      state: isWaiting ? "WAITING" : "CONNECTED",
      cause: isWaiting
        ? { code: "connection_refused", message: "connection refused", subject: name, where: target }
        : null,
      sinceMs: this.#sinceMs[index] ?? 0,
      transport: "tcp",
      target,
      labels: labelsOf(index),
      groups: GROUPS,
      viewers: Array.from(this.#watching.get(index) ?? NOBODY, (watching) => watching.viewer()),
      end: this.endOf(index),
      logPath: `/var/log/consoles/${name}.log`,
      attempt: isWaiting ? 1 : 0,
    };
  }

  /** Where its output ends. */
  endOf(index: number): Required<Position> & { readonly offset: number } {
    const logId = this.#options.logBase + index.toString(16).padStart(8, "0");
    return { logId, offset: this.#offsets[index] ?? 0 };
  }

  /** It prints this, for all who look at it. */
  print(index: number, data: Buffer): void {
    const offset = this.#offsets[index] ?? 0;
    this.#offsets[index] = offset + data.length;
    for (const watching of this.#watching.get(index) ?? NOBODY) watching.show(offset, data);
  }

  /** It is lost, or back. Of one that somebody looks at, nothing changes. */
  change(index: number): void {
    if (this.#watching.has(index)) return;
    this.#set(index, this.#states[index] === WAITING ? CONNECTED : WAITING);
    this.#tell(index);
  }

  /** Somebody looks at it, until the function returned is called. It is connected from now on. */
  watch(index: number, watching: Watching): () => void {
    const those = this.#watching.get(index) ?? new Set();
    those.add(watching);
    this.#watching.set(index, those);
    if (this.#states[index] !== CONNECTED) this.#set(index, CONNECTED);
    this.#tell(index);
    return () => {
      if (!those.delete(watching)) return;
      if (those.size === 0) this.#watching.delete(index);
      this.#tell(index);
    };
  }

  /** Hear of every console whose status changes; returns the way to stop. */
  listen(listener: (index: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #set(index: number, state: number): void {
    this.#states[index] = state;
    this.#sinceMs[index] = this.#options.wallTimeMs();
  }

  #tell(index: number): void {
    for (const listener of this.#listeners) listener(index);
  }

  #nameOf(index: number): string {
    return this.#options.names[index] ?? "";
  }
}

function labelsOf(index: number): Record<string, string> {
  return { rack: `r${Math.floor(index / CONSOLES_PER_RACK) + 1}` };
}
