import { ConfedError, isConsoleName } from "@confed/kernel";
import type { BmcTrouble } from "./bmc/bmc-trouble.ts";
import { lineBytesMin } from "./numbered-line.ts";

/** What the consoles of a rack do; see `sim-console.ts` for each. */
export const RACK_MODES = ["lines", "demo", "echo", "binary"] as const;
export type RackMode = (typeof RACK_MODES)[number];

/** How the ssh variant lets people in. */
export interface RackSshOptions {
  readonly user: string;
  readonly password: string;
  /** One public key in OpenSSH's form that may log in; without it only the password works. */
  readonly authorizedKey?: string | undefined;
  /** Private host key (OpenSSH or PEM). Without it a new ed25519 key is made at every start. */
  readonly hostKey?: string | undefined;
}

/** A rack, complete. Plain data: it crosses to a child process as JSON. */
export interface RackOptions {
  readonly consoles: number;
  readonly mode: RackMode;
  /**
   * Per console; 0 prints nothing by itself. Default 10; in `demo` one in 20 s, so that a person can
   * type between them; `echo` prints nothing at any rate.
   */
  readonly linesPerSecond: number;
  /** Every numbered line has exactly this many bytes, CR LF included. */
  readonly lineBytes: number;
  /** Console i is called `<namePrefix><i+1>`, the number padded to the width of the largest, at least 4. */
  readonly namePrefix: string;
  /** Console i answers at this address + i + 1. Inside 127.0.0.0/8. */
  readonly baseAddress: string;
  /** 0 takes any free port; undefined does not listen. */
  readonly tcpPort?: number | undefined;
  readonly telnetPort?: number | undefined;
  readonly sshPort?: number | undefined;
  /** UDP, at the address of each console: its BMC. */
  readonly ipmiPort?: number | undefined;
  readonly ssh: RackSshOptions;
  /** What is wrong with the BMCs. */
  readonly bmcTrouble?: BmcTrouble | undefined;
  /** Of the bytes of mode `binary`. */
  readonly seed: number;
}

/** What a caller may leave out. */
export type RackOptionsInput = Partial<Omit<RackOptions, "ssh">> & {
  readonly ssh?: Partial<RackSshOptions> | undefined;
};

export const RACK_LIMITS = {
  /** Ten times the largest agent; addresses would reach to 2^24. */
  consolesMax: 100_000,
  /** A line fits the slabs that lines are cut from sixteen times. */
  lineBytesMax: 4096,
  /** Above what a 10 Gbit/s console could carry; catches a slip of the unit. */
  linesPerSecondMax: 100_000,
} as const;

const DEFAULTS = {
  consoles: 1,
  mode: "lines",
  lineBytes: 80,
  namePrefix: "n",
  baseAddress: "127.1.0.0",
  seed: 1,
} as const;

const DEFAULT_RATE: Readonly<Record<RackMode, number>> = { lines: 10, demo: 0.05, echo: 0, binary: 10 };

const DEFAULT_SSH: RackSshOptions = { user: "root", password: "confed" };

/**
 * Fill in the defaults and refuse what cannot be run: "invalid_argument" with the option as subject.
 * Without any port the rack listens for TCP on a free one.
 */
export function completeRackOptions(input: RackOptionsInput): RackOptions {
  const given = Object.fromEntries(
    Object.entries(input).filter(([, value]) => value !== undefined),
  ) as RackOptionsInput;
  const anyPort = given.tcpPort ?? given.telnetPort ?? given.sshPort ?? given.ipmiPort;
  const options: RackOptions = {
    ...DEFAULTS,
    linesPerSecond: DEFAULT_RATE[given.mode ?? DEFAULTS.mode],
    ...(anyPort === undefined ? { tcpPort: 0 } : {}),
    ...given,
    ssh: { ...DEFAULT_SSH, ...given.ssh },
  };

  wholeNumber("consoles", options.consoles, 1, RACK_LIMITS.consolesMax);
  wholeNumber("seed", options.seed, 0, 0xff_ff_ff_ff);
  for (const port of ["tcpPort", "telnetPort", "sshPort", "ipmiPort"] as const) {
    const value = options[port];
    if (value !== undefined) wholeNumber(port, value, 0, 65_535);
  }
  if (!(RACK_MODES as readonly string[]).includes(options.mode)) {
    refuse("mode", `${JSON.stringify(options.mode)} is not a mode`, `one of ${RACK_MODES.join(", ")}`);
  }
  if (!(options.linesPerSecond >= 0 && options.linesPerSecond <= RACK_LIMITS.linesPerSecondMax)) {
    refuse(
      "linesPerSecond",
      `${options.linesPerSecond} is not a rate`,
      `0 to ${RACK_LIMITS.linesPerSecondMax}`,
    );
  }
  const lastName = consoleNameOf(options, options.consoles - 1);
  if (!isConsoleName(lastName)) {
    refuse(
      "namePrefix",
      `${JSON.stringify(options.namePrefix)} makes no console name`,
      "letters, digits, '.', '_', '-'",
    );
  }
  wholeNumber("lineBytes", options.lineBytes, lineBytesMin(lastName), RACK_LIMITS.lineBytesMax);
  return options;
}

/** The name of console `index`, as in its lines and in the console table. */
export function consoleNameOf(
  { namePrefix, consoles }: Pick<RackOptions, "namePrefix" | "consoles">,
  index: number,
): string {
  return namePrefix + String(index + 1).padStart(Math.max(4, String(consoles).length), "0");
}

function wholeNumber(option: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  refuse(option, `${value} is out of range`, `a whole number from ${min} to ${max}`);
}

function refuse(option: string, message: string, hint: string): never {
  throw new ConfedError("invalid_argument", `${option}: ${message}`, { subject: option, hint });
}
