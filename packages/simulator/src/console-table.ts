import { FAKE_BMC_USER } from "./bmc/fake-bmc.ts";
import type { Rack } from "./rack.ts";
import type { LinkKind } from "./sent-record.ts";

/** Where whoever uses the table puts the password of the BMCs, which the table does not have. */
export const BMC_PASSWORD_VARIABLE = "CONFED_SIM_BMC_PASSWORD";

/** One console as an agent's console table defines it. */
export interface ConsoleTableEntry {
  readonly name: string;
  readonly transport: LinkKind;
  readonly host: string;
  readonly port: number;
  /** ssh and ipmi. The password is not in the table; it is `rack.options.ssh.password`. */
  readonly user?: string;
  /** ipmi only. */
  readonly password?: { readonly env: string };
  readonly labels: Readonly<Record<string, string>>;
  readonly groups: readonly string[];
}

/** Consoles in one rack of the table's labels. */
const UNITS_PER_RACK = 42;

/**
 * The console table of a rack, for an agent to include. `transport` says by which of the rack's ports
 * the agent comes; the first one that listens if not given, in the order tcp, telnet, ssh, ipmi.
 */
export function consoleTable(rack: Rack, transport: LinkKind = firstKind(rack)): ConsoleTableEntry[] {
  const port = portOf(rack, transport) ?? 0;
  return Array.from({ length: rack.options.consoles }, (_, index) => ({
    name: rack.consoleName(index),
    transport,
    host: rack.addressOf(index),
    port,
    ...(transport === "ssh" ? { user: rack.options.ssh.user } : {}),
    ...(transport === "ipmi" ? { user: FAKE_BMC_USER.user, password: { env: BMC_PASSWORD_VARIABLE } } : {}),
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

function firstKind(rack: Rack): LinkKind {
  return (
    (["tcp", "telnet", "ssh", "ipmi"] as const).find((kind) => portOf(rack, kind) !== undefined) ?? "tcp"
  );
}

function portOf(rack: Rack, kind: LinkKind): number | undefined {
  return { tcp: rack.tcpPort, telnet: rack.telnetPort, ssh: rack.sshPort, ipmi: rack.ipmiPort }[kind];
}
