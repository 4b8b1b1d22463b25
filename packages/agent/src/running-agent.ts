import type { ReloadOutcome, ReloadRequest } from "./reload/reloader.ts";
import type { ShardConsoles } from "./shards/shard-consoles.ts";

/** An agent that listens, and what its process tells it. */
export interface RunningAgent {
  /** Where it listens. */
  readonly port: number;
  /** Where it serves conserver's clients; undefined: nowhere. */
  readonly conserverPort: number | undefined;
  /** Of a shard: where the others of its host ask it for what is its own; "" otherwise. */
  readonly innerAddress: string;
  /** Of a shard: its consoles, as its supervisor changes them. */
  readonly consoles: ShardConsoles;
  /** logrotate has moved the files: open them by name again. */
  reopenLogs(): void;
  /** Read the configuration again and change what differs; what is wrong with it is logged. */
  reload(request: ReloadRequest): Promise<ReloadOutcome>;
  /** Resolves with the process that has taken over from this one, which is to be stopped then. */
  readonly succeeded: Promise<number>;
  /** Viewers are told, links closed, logs written to their end. Resolves when nothing is left. */
  stop(): Promise<void>;
}
