import { type Fault, formatFault } from "@confed/config";
import { isConsoleName } from "@confed/kernel";
import type { ConmanConsole, ConmanFile } from "./conman-file.ts";
import { type Bmc, ipmitoolConsole, type ToBmc } from "./ipmitool-console.ts";
import { logsOf } from "./logs-of.ts";
import { type NativeConsole, type NativeEntry, type NativeFile, withLogs } from "./native-file.ts";

/** What a conman.conf comes to here; `toBmc` says how its BMCs are reached. */
export function nativeFromConman(
  origin: string,
  { consoles, server, faults }: ConmanFile,
  toBmc: ToBmc = ipmitoolConsole,
): NativeFile {
  const entries = consoles.map((console) => entryOf(console, toBmc));
  const { logs, own, remarks } = logsOf(
    consoles
      .filter((_, index) => entries[index]?.console !== undefined)
      .map(({ name, log, logopts }) => ({
        name,
        path: log?.replaceAll("%N", "&"),
        stamped: logopts.lastIndexOf("timestamp") > logopts.lastIndexOf("notimestamp"),
      })),
  );
  const unsupported = [...server].flatMap(([key, { value, line }]): readonly Fault[] => {
    const hint = SERVER_KEYS[key];
    if (hint === undefined) return [];
    return [{ file: origin, line, col: 1, message: `unsupported: SERVER ${key}=${value}`, hint }];
  });
  const said = [...remarks, ...[...faults, ...unsupported].map(formatFault)];
  return { origin, remarks: said, logs, entries: withLogs(entries, own) };
}

/** Why something that a daemon is told has no counterpart; what is not here has one, or needs none. */
const SERVER_KEYS: Readonly<Record<string, string>> = {
  coredump: "the service manager says so",
  coredumpdir: "the service manager says so",
  execpath: "programs are named with their path",
  port: "agent.listen says where an agent listens",
  resetcmd: "nothing resets a node from its console",
  syslog: "the application log goes to the journal",
  tcpwrappers: "who may come in is said by roles",
  timestamp: "lines are stamped with format: stamped",
};

function entryOf(console: ConmanConsole, toBmc: ToBmc): NativeEntry {
  const { name, logopts } = console;
  if (!isConsoleName(name))
    return { name, console: undefined, remarks: ["this name cannot be a console's here: rename it"] };
  const way = wayOf(console, toBmc);
  if (typeof way === "string") return { name, console: undefined, remarks: [way] };
  const sanitized = logopts.includes("sanitize")
    ? ["its log was sanitized; now it has every byte as it came"]
    : [];
  return { name, console: way.console, remarks: [...way.remarks, ...sanitized] };
}

interface Way {
  readonly console: NativeConsole;
  readonly remarks: readonly string[];
}

/** By the form of `dev`, as conman tells them apart. */
function wayOf({ name, dev, seropts, ipmiopts }: ConmanConsole, toBmc: ToBmc): Way | string {
  const [program = "", ...args] = dev.split(/\s+/);
  const [, host, port] = /^\[?([^\s/[\]]+)\]?:(\d{1,5})$/.exec(dev) ?? [];
  if (dev.startsWith("unix:")) {
    const path = dev.slice("unix:".length);
    if (!path.startsWith("/")) return `its socket ${path} must be an absolute path`;
    return { console: { name, transport: "unix", path }, remarks: [] };
  }
  if (dev.startsWith("ipmi:")) return toBmc(name, bmcOf(dev.slice("ipmi:".length), ipmiopts));
  if (dev.startsWith("test:")) return "is conman's own test of itself";
  if (host !== undefined)
    return { console: { name, transport: "telnet", host, port: Number(port) }, remarks: [] };
  if (program.startsWith("/dev/") && args.length === 0) return serialWay(name, dev, seropts);
  if (!program.startsWith("/")) return `its program ${program} must be named with its path`;
  return { console: { name, transport: "exec", argv: [program, ...args] }, remarks: [] };
}

function serialWay(name: string, device: string, seropts: string): Way | string {
  const [, baud, dataBits = "8", parity = "n", stopBits = "1"] =
    /^(\d{1,7})(?:,([5-8])(?:([noe])([12])?)?)?$/i.exec(seropts.trim()) ?? [];
  if (baud === undefined) return `its seropts ${seropts} are none`;
  const word = { n: "none", o: "odd", e: "even" }[parity.toLowerCase() as "n" | "o" | "e"];
  return {
    console: {
      name,
      transport: "serial",
      device,
      baud: Number(baud),
      ...(dataBits === "8" ? {} : { dataBits: Number(dataBits) }),
      ...(word === "none" ? {} : { parity: word }),
      ...(stopBits === "1" ? {} : { stopBits: Number(stopBits) }),
    },
    remarks: [],
  };
}

function bmcOf(host: string, ipmiopts: string): Bmc {
  const options = ipmiopts.split(",").flatMap((each) => {
    const [, key, value] = /^\s*([A-Za-z]):(.+)$/.exec(each) ?? [];
    return key === undefined || value === undefined ? [] : [[key.toUpperCase(), value] as const];
  });
  const byKey = new Map(options);
  const suite = byKey.get("C");
  return {
    host,
    user: byKey.get("U"),
    hasPassword: byKey.has("P"),
    hasKg: byKey.has("K"),
    cipherSuite: suite === undefined ? undefined : Number(suite),
    privilege: byKey.get("L"),
    workarounds: options.flatMap(([key, value]) => (key === "W" ? [value] : [])),
  };
}
