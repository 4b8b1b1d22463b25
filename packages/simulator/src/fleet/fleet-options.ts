import { ConfedError, formatHostPort, isConsoleName, parseHostPort } from "@confed/kernel";

/** A fleet of simulated agents, complete. */
export interface FleetOptions {
  /** `host:port` of each head; every agent joins all of them. */
  readonly heads: readonly string[];
  readonly agents: number;
  /** Of each agent. */
  readonly consoles: number;
  /** Changes of state per second, over all consoles. */
  readonly changesPerSecond: number;
  /** Agent i is called `<namePrefix><i+1>`: two fleets that join one head need two. */
  readonly namePrefix: string;
}

/** What a caller may leave out. */
export type FleetOptionsInput = Pick<FleetOptions, "heads"> & {
  readonly [Option in keyof FleetOptions]?: FleetOptions[Option] | undefined;
};

export const FLEET_LIMITS = {
  /** As many as a head takes. */
  agentsMax: 1_000,
  /** Ten times the largest agent. */
  consolesMax: 100_000,
  /** One process makes about this many; a site has a hundredth of it on a bad day. */
  changesPerSecondMax: 100_000,
  /** More heads than any cluster has. */
  headsMax: 16,
} as const;

const DEFAULTS = { agents: 10, consoles: 100, changesPerSecond: 0, namePrefix: "sim" } as const;

/** Fill in the defaults and refuse what cannot be run: "invalid_argument" with the option as subject. */
export function completeFleetOptions(input: FleetOptionsInput): FleetOptions {
  const given = Object.fromEntries(
    Object.entries(input).filter(([, value]) => value !== undefined),
  ) as Partial<FleetOptions> & Pick<FleetOptions, "heads">;
  const options: FleetOptions = { ...DEFAULTS, ...given };
  const { heads, agents, consoles, changesPerSecond } = options;
  if (heads.length === 0 || heads.length > FLEET_LIMITS.headsMax) {
    refuse("heads", `${heads.length} heads are given`, `1 to ${FLEET_LIMITS.headsMax}: --head host:port`);
  }
  wholeNumber("agents", agents, FLEET_LIMITS.agentsMax);
  wholeNumber("consoles", consoles, FLEET_LIMITS.consolesMax);
  if (!(changesPerSecond >= 0 && changesPerSecond <= FLEET_LIMITS.changesPerSecondMax)) {
    refuse("changes", `${changesPerSecond} is no rate`, `0 to ${FLEET_LIMITS.changesPerSecondMax} a second`);
  }
  if (!isConsoleName(consoleNameOf(options, agents - 1, consoles - 1))) {
    refuse(
      "prefix",
      `${JSON.stringify(options.namePrefix)} makes no names`,
      "letters, digits, '.', '_', '-'",
    );
  }
  return { ...options, heads: heads.map((head) => formatHostPort(parseHostPort(head))) };
}

/** The name of agent `index`. */
export function agentNameOf({ namePrefix, agents }: FleetOptions, index: number): string {
  return namePrefix + padded(index, agents, 3);
}

/** The name of a console: no two agents of a fleet have one of the same name. */
export function consoleNameOf(options: FleetOptions, agentIndex: number, index: number): string {
  return `${agentNameOf(options, agentIndex)}-n${padded(index, options.consoles, 4)}`;
}

function padded(index: number, count: number, digitsMin: number): string {
  return String(index + 1).padStart(Math.max(digitsMin, String(count).length), "0");
}

function wholeNumber(option: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  refuse(option, `${value} is out of range`, `a whole number from 1 to ${max}`);
}

function refuse(option: string, message: string, hint: string): never {
  throw new ConfedError("invalid_argument", `${option}: ${message}`, { subject: option, hint });
}
