import type { Rack } from "./rack.ts";
import type { LinkKind } from "./sent-record.ts";

/** The ways that a rack listens at. */
type RackKind = Exclude<LinkKind, "ipmi">;

/** One console as an agent's console table defines it. */
export interface ConsoleTableEntry {
  readonly name: string;
  readonly transport: RackKind;
  readonly host: string;
  readonly port: number;
  /** ssh only. The password is not in the table; it is `rack.options.ssh.password`. */
  readonly user?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly groups: readonly string[];
}

/** Consoles in one rack of the table's labels. */
const UNITS_PER_RACK = 42;

/**
 * The console table of a rack, for an agent to include. `transport` says by which of the rack's ports
 * the agent comes; the first one that listens if not given, in the order tcp, telnet, ssh.
 */
export function consoleTable(rack: Rack, transport: RackKind = firstKind(rack)): ConsoleTableEntry[] {
  const port = portOf(rack, transport) ?? 0;
  return Array.from({ length: rack.options.consoles }, (_, index) => ({
    name: rack.consoleName(index),
    transport,
    host: rack.addressOf(index),
    port,
    ...(transport === "ssh" ? { user: rack.options.ssh.user } : {}),
    labels: {
      rack: `r${Math.floor(index / UNITS_PER_RACK) + 1}`,
      unit: `u${String((index % UNITS_PER_RACK) + 1).padStart(2, "0")}`,
    },
    groups: ["compute"],
  }));
}

/** The table as JSON Lines, one console a line. */
export function consoleTableJsonLines(entries: readonly ConsoleTableEntry[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
}

function firstKind(rack: Rack): RackKind {
  return (["tcp", "telnet", "ssh"] as const).find((kind) => portOf(rack, kind) !== undefined) ?? "tcp";
}

function portOf(rack: Rack, kind: RackKind): number | undefined {
  return { tcp: rack.tcpPort, telnet: rack.telnetPort, ssh: rack.sshPort }[kind];
}
