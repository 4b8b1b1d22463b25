import type { TimerWheel } from "@confed/kernel";
import type { Transport } from "@confed/transports";
import type { Handlers } from "@confed/wire";
import type { ConsoleTable } from "../console/console-table.ts";
import type { Position } from "../log/writer/positions-file.ts";
import type { WriterOptions } from "../log/writer-messages.ts";
import type { ReloadReport } from "../reload/reload-report.ts";

/** What makes an agent one shard of several. */
export interface ShardSeat {
  /** From 0. */
  readonly index: number;
  /** The name of the agent that it is one of. */
  readonly host: string;
  readonly log: Pick<WriterOptions, "positionsDir" | "leaveFiles">;
  /** Where the last owners of its consoles left their logs. */
  readonly handed: readonly Position[];
  /** The way to a console, as this shard goes it. */
  readonly around: (console: string, transport: Transport) => Transport;
  /** A person wants a console to be tried again. True if it was not to be. */
  readonly lift: (console: string) => boolean;
  /** Of the whole host. */
  readonly reload: (asked: { readonly by: string; readonly planOnly: boolean }) => Promise<ReloadReport>;
  /** What it offers to everybody: what is its own, and what the other shards have. */
  readonly front: (own: Handlers<"Agent">, table: ConsoleTable, timers: TimerWheel) => Handlers<"Agent">;
}
