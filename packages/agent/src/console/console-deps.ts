import type { LogMode } from "@confed/config";
import type { BackoffOptions, Clock, DialGate, Logger } from "@confed/kernel";
import type { Transport } from "@confed/transports";
import type { LogFeed } from "../log/log-feed.ts";
import type { Cadence } from "./cadence.ts";

/** What a console is, apart from how it is reached. */
export interface ConsoleIdentity {
  readonly name: string;
  /** Its number within this agent, for arenas and tails. */
  readonly number: number;
  readonly onDemand: boolean;
  readonly logMode: LogMode;
}

/** How a console is reached: what a reload may change while it lives. */
export interface ConsoleWay {
  readonly transport: Transport;
  readonly retry: BackoffOptions;
  /** How long it stays down when a person has taken it down; undefined: until somebody wants it. */
  readonly bringUpAfterMs: number | undefined;
}

/** Only what a console uses, named by the console; one object for all consoles of an agent. */
export interface ConsoleDeps {
  readonly clock: Clock;
  /** Coarse: retries sit on the agent's wheel. */
  readonly timers: Pick<Clock, "after">;
  readonly logger: Logger;
  readonly feed: LogFeed;
  readonly gate: DialGate;
  /** When consoles that nobody watches are read. */
  readonly cadence: Cadence;
  /** A person asks for a new link. */
  readonly onReconnect?: ((name: string) => void) | undefined;
  /** Something that a status shows has changed. */
  readonly onChange: (console: { readonly name: string; readonly removed: boolean }) => void;
}
