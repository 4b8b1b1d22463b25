import { neutralise } from "@confed/kernel";

/** A console as a native table has it: the keys of config's console entries, defaults left out. */
export type NativeConsole = { readonly name: string } & (
  | { readonly transport: "tcp" | "telnet"; readonly host: string; readonly port: number }
  | { readonly transport: "unix"; readonly path: string }
  | {
      readonly transport: "exec";
      readonly argv: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
      readonly user?: string;
    }
  | {
      readonly transport: "serial";
      readonly device: string;
      readonly baud: number;
      readonly dataBits?: number;
      readonly parity?: string;
      readonly stopBits?: number;
      readonly flowControl?: string;
    }
  | {
      readonly transport: "ipmi";
      readonly host: string;
      readonly port?: number;
      readonly user: string;
      readonly password: { readonly file: string };
      readonly bmcKey?: { readonly file: string };
      readonly privilege?: string;
      readonly suite?: number;
      readonly quirks?: readonly string[];
    }
) & {
    readonly onDemand?: boolean;
    readonly bringUpAfter?: string;
    readonly initCommand?: {
      readonly argv: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
      readonly user?: string;
    };
    readonly idleInput?: { readonly after: string; readonly send: readonly string[] };
    readonly log?: { readonly path: string };
    readonly groups?: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
  };

/** One console of a file that is moved in, and what is to be said of it. */
export interface NativeEntry {
  readonly name: string;
  /** Undefined: it has no counterpart here, and `remarks` say why. */
  readonly console: NativeConsole | undefined;
  readonly remarks: readonly string[];
}

/** What another program's files come to as an agent's configuration. */
export interface NativeFile {
  /** Where it comes from. */
  readonly origin: string;
  /** What holds for all of it. */
  readonly remarks: readonly string[];
  readonly logs: NativeLogs;
  readonly entries: readonly NativeEntry[];
}

/** How the consoles were logged, as far as one setting can say it. */
export interface NativeLogs {
  /** With one `&`. */
  readonly path?: string | undefined;
  readonly rotateBytes?: number | undefined;
  /** The consoles whose lines had times: all, or these. */
  readonly stamped: "all" | readonly string[];
}

/** The entries, those of `own` with their paths. */
export function withLogs(
  entries: readonly NativeEntry[],
  own: ReadonlyMap<string, string>,
): readonly NativeEntry[] {
  return entries.map((entry) => {
    const path = own.get(entry.name);
    if (path === undefined || entry.console === undefined) return entry;
    return { ...entry, console: { ...entry.console, log: { path } } };
  });
}

/** The file as YAML that `confed check` accepts, what has no counterpart as comments where it would stand. */
export function writeNative({ origin, remarks, logs, entries }: NativeFile, agentId: string): string {
  const agent = flow({ id: agentId, state: `/var/lib/confed/${agentId}` });
  const lines = [
    `# Made by "confed import" of ${neutralise(origin)}.`,
    ...remarks.map((remark) => `# ${neutralise(remark)}`),
    `agent: ${agent}`,
    ...logLines(logs),
    entries.length === 0 ? "consoles: []" : "consoles:",
    ...entries.flatMap((entry) => [
      ...entry.remarks.map((remark) => `  # ${neutralise(`${entry.name}: ${remark}`)}`),
      ...(entry.console === undefined ? [] : [`  - ${flow(entry.console)}`]),
    ]),
  ];
  // Without a single entry the key above would be null with comments below it: an empty table says it.
  const empty = entries.length > 0 && entries.every((entry) => entry.console === undefined);
  return `${lines.map((line) => (empty && line === "consoles:" ? "consoles: []" : line)).join("\n")}\n`;
}

function logLines({ path, rotateBytes, stamped }: NativeLogs): readonly string[] {
  const logs = {
    ...(path === undefined ? {} : { path }),
    ...(rotateBytes === undefined ? {} : { rotate: { size: `${rotateBytes}B` } }),
    ...(stamped === "all" ? { format: "stamped" } : {}),
    ...(stamped === "all" || stamped.length === 0
      ? {}
      : { for: [{ consoles: stamped.join(","), format: "stamped" }] }),
  };
  return Object.keys(logs).length === 0 ? [] : [`logs: ${flow(logs)}`];
}

/** Flow style on one line: what people read and diff best in a long table. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).filter(([, each]) => each !== undefined);
    return `{ ${pairs.map(([key, each]) => `${flow(key)}: ${flow(each)}`).join(", ")} }`;
  }
  return typeof value === "string" ? scalar(value) : JSON.stringify(value);
}

/** Plain where YAML can take it for nothing else; JSON's strings are YAML's, too. */
function scalar(text: string): string {
  const plain =
    /^[A-Za-z_/][A-Za-z0-9_./-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return plain ? text : JSON.stringify(text);
}
