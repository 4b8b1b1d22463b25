import type { SecretRef } from "./secret-ref.ts";

/** How to reach one console and what is said about it. Frozen, plain, without secrets. */
export type ConsoleSpec =
  | TcpConsoleSpec
  | TelnetConsoleSpec
  | UnixConsoleSpec
  | ExecConsoleSpec
  | SerialConsoleSpec
  | SshConsoleSpec
  | IpmiConsoleSpec;

/** What every console has. */
export interface CommonConsoleSpec {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly groups: readonly string[];
  /** Connected only while somebody is attached. */
  readonly onDemand: boolean;
  readonly description?: string | undefined;
  /** Without it, the transport's own time. */
  readonly connectTimeoutMs?: number | undefined;
  readonly retry: RetrySpec;
  /** How long it stays down when a person has taken it down; without it, until somebody wants it. */
  readonly bringUpAfterMs?: number | undefined;
  /** What is typed on a console that has been silent. */
  readonly idleInput?: IdleInputSpec | undefined;
  /** Reads and types at the console each time it has connected, until it ends. */
  readonly initCommand?: ProgramSpec | undefined;
  /** Its own log, elsewhere than `logs.path` says: `&` is its name. */
  readonly log?: { readonly path: string } | undefined;
  /** Of the claim under which a head has assigned it; undefined for one that a file of the agent defines. */
  readonly epoch?: number | undefined;
  /** A head has assigned it as well: this definition, which is a file's, is in force. */
  readonly overrides?: true | undefined;
}

/** Waiting between attempts grows from `firstMs` to `maxMs`. */
export interface RetrySpec {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Typed when for `afterMs` nothing was typed and nothing printed; the texts a quarter of a second apart. */
export interface IdleInputSpec {
  readonly afterMs: number;
  readonly send: readonly string[];
}

/** Bytes over TCP. */
export interface TcpConsoleSpec extends CommonConsoleSpec {
  readonly transport: "tcp";
  readonly host: string;
  readonly port: number;
}

/** A terminal server. */
export interface TelnetConsoleSpec extends CommonConsoleSpec {
  readonly transport: "telnet";
  readonly host: string;
  readonly port: number;
  readonly terminalType?: string | undefined;
  readonly binary?: boolean | undefined;
  /** RFC 2217: what is set on the far serial port; what is not named stays as it is there. */
  readonly comPort?: ComPortSpec | undefined;
}

/** What is set on the serial port behind a terminal server. */
export interface ComPortSpec {
  readonly baud?: number | undefined;
  readonly dataBits?: SerialLine["dataBits"] | undefined;
  readonly parity?: Parity | undefined;
  readonly stopBits?: SerialLine["stopBits"] | undefined;
}

/** A socket path, as QEMU makes them. */
export interface UnixConsoleSpec extends CommonConsoleSpec {
  readonly transport: "unix";
  readonly path: string;
}

/** A program under a pty, started without a shell. */
export interface ExecConsoleSpec extends CommonConsoleSpec, ProgramSpec {
  readonly transport: "exec";
}

/** A program, and as whom and where it runs. */
export interface ProgramSpec {
  /** At least the program. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user?: string | undefined;
  readonly group?: string | undefined;
  readonly cwd?: string | undefined;
}

/** A device of this host. */
export interface SerialConsoleSpec extends CommonConsoleSpec, SerialLine {
  readonly transport: "serial";
  readonly device: string;
}

/** The settings of a serial line. */
export interface SerialLine {
  readonly baud: number;
  readonly dataBits: 5 | 6 | 7 | 8;
  readonly parity: Parity;
  readonly stopBits: 1 | 1.5 | 2;
  readonly flowControl: FlowControl;
}

/** The words of configuration for a parity. */
export const PARITIES = ["none", "even", "odd", "mark", "space"] as const;
export type Parity = (typeof PARITIES)[number];

/** The words of configuration for a flow control. */
export const FLOW_CONTROLS = ["none", "rtscts", "xonxoff"] as const;
export type FlowControl = (typeof FLOW_CONTROLS)[number];

/** A shell, a command or a subsystem behind ssh. */
export interface SshConsoleSpec extends CommonConsoleSpec {
  readonly transport: "ssh";
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: SecretRef | undefined;
  readonly key?: { readonly file: string } | undefined;
  /** Of the key. */
  readonly passphrase?: SecretRef | undefined;
  /** True: the one that SSH_AUTH_SOCK names; else the path of its socket. */
  readonly agent?: true | string | undefined;
  /** Without it, the agent's own file. */
  readonly knownHosts?: string | undefined;
  readonly trustOnFirstUse: boolean;
  readonly legacyAlgorithms: boolean;
  /** Neither this nor a subsystem: a shell. */
  readonly command?: string | undefined;
  readonly subsystem?: string | undefined;
  readonly terminalType?: string | undefined;
  readonly keepaliveMs?: number | undefined;
}

/** Serial over LAN of a BMC, IPMI 2.0. */
export interface IpmiConsoleSpec extends CommonConsoleSpec {
  readonly transport: "ipmi";
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: SecretRef;
  /** The BMC's own key (Kg), where it has one. */
  readonly bmcKey?: SecretRef | undefined;
  /** Without it, the highest that the BMC grants. */
  readonly privilege?: IpmiPrivilege | undefined;
  /** Without it, 17, then 3. */
  readonly suite?: IpmiSuite | undefined;
  readonly quirks: readonly IpmiQuirk[];
}

/** The words of configuration for what a BMC is asked to grant. */
export const IPMI_PRIVILEGES = ["user", "operator", "administrator"] as const;
export type IpmiPrivilege = (typeof IPMI_PRIVILEGES)[number];

/** The cipher suites that can be pinned. Suite 0 proves nothing to anybody: it is never tried unasked. */
export const IPMI_SUITES = [0, 1, 2, 3, 15, 16, 17] as const;
export type IpmiSuite = (typeof IPMI_SUITES)[number];

/** Workarounds that are not safe for every BMC, under FreeIPMI's names. */
export const IPMI_QUIRKS = ["authcap", "nochecksumcheck", "intel20", "solpacketseq", "i82571spt"] as const;
export type IpmiQuirk = (typeof IPMI_QUIRKS)[number];

/** FreeIPMI's names for what is done for every BMC: accepted, and without effect. */
export const IPMI_QUIRKS_ALWAYS = [
  "opensesspriv",
  "solpayloadsize",
  "solport",
  "solstatus",
  "solchannelsupport",
  "serialalertsdeferred",
  "integritycheckvalue",
  "supermicro20",
  "sun20",
] as const;
