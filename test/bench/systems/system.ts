import type { RackConsole } from "../rack.ts";
import type { Insides } from "./insides.ts";
import type { Person } from "./person.ts";

/** What can be compared. */
export const SYSTEM_NAMES = [
  "confed",
  "confed-plain",
  "confed-2-shards",
  "confed-4-processes",
  "conserver-m16",
  "conserver-best",
  "conman",
  "floor",
] as const;

export type SystemName = (typeof SYSTEM_NAMES)[number];

/** What every system is started with. */
export interface StartOptions {
  readonly consoles: readonly RackConsole[];
  /** Empty and its own; logs and state go below it. On one file system for all systems. */
  readonly dir: string;
  /** For Confed's processes. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A system that was started; its links may still be coming up. */
export interface RunningSystem {
  readonly name: SystemName;
  /** Where the consoles' logs are; & stands for the console. */
  readonly logTemplate: string;
  /** What was executed, by the wall clock in ms. */
  readonly startedMs: number;
  /** First process of each tree that counts as its cost. */
  readonly pids: () => readonly number[];
  /** Processes that belong to it and run elsewhere in life: the head. Measured apart. */
  readonly pidsApart: () => readonly number[];
  /** The operator's own client of this system, attaching to a console. */
  readonly attachArgv: (console: string) => readonly [string, ...string[]];
  /** The same with conserver's client, where that is understood. */
  readonly stockArgv?: (console: string) => readonly [string, ...string[]];
  /** Confed only: what its event loops say. */
  readonly insides?: Insides;
  /** Confed only. */
  readonly confed?: ConfedParts;
  /** Resolves when all of it is gone. */
  readonly stop: () => Promise<void>;
}

/** For cases about Confed alone. */
export interface ConfedParts {
  readonly headAddress: string;
  /** Who may do everything there. */
  readonly person: Person;
  /** One for each agent process that was started. */
  readonly agents: readonly {
    readonly id: string;
    readonly address: string;
    readonly pid: number;
    readonly configPath: string;
    /** The console table, JSON Lines. */
    readonly tablePath: string;
    readonly stateDir: string;
  }[];
}
