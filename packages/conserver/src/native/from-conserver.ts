import { isConsoleName } from "@confed/kernel";
import type { ConserverConsole, ConserverFile } from "../file/conserver-file.ts";
import { formatReportLine, reportOf } from "../file/file-report.ts";
import type { UserList } from "../file/user-list.ts";
import { commandLine } from "./command-line.ts";
import { idleInputOf } from "./idle-input-of.ts";
import { ipmitoolConsole, type ToBmc } from "./ipmitool-console.ts";
import { logsOf } from "./logs-of.ts";
import { type NativeConsole, type NativeEntry, type NativeFile, withLogs } from "./native-file.ts";

/** How a conserver.cf is understood. */
export interface ConserverWays {
  /** How its BMCs are reached. */
  readonly toBmc?: ToBmc | undefined;
  /** The `logfile` that is `logs.path`; without it, that of most consoles. See {@link logsOf}. */
  readonly general?: { readonly path: string | undefined } | undefined;
}

/** What a conserver.cf comes to here. `isMine` says of a console's `master` whether it is this host. */
export function nativeFromConserver(
  origin: string,
  file: ConserverFile,
  isMine: (host: string) => boolean,
  { toBmc = ipmitoolConsole, general }: ConserverWays = {},
): NativeFile {
  const bringUpAfter = bringUpAfterOf(file.settings.reinitcheckS);
  const entries = file.consoles
    .map((console) => entryOf(console, isMine, toBmc))
    .map((entry) => (bringUpAfter === undefined ? entry : withBringUp(entry, bringUpAfter)));
  const kept = file.consoles.filter((_, index) => entries[index]?.console !== undefined);
  const { logs, own, remarks } = logsOf(
    kept.map(({ name, fields }) => ({
      name,
      path: fields.logfile,
      stamped: fields.timestamp?.mark !== undefined && "lines" in fields.timestamp.mark,
      rotateBytes: fields.logfilemaxBytes,
    })),
    general,
  );
  const lost = reportOf(file).filter(({ outcome }) => outcome === "unsupported" || outcome === "refused");
  return {
    origin,
    remarks: [...remarks, ...lost.map(formatReportLine)],
    logs,
    entries: withLogs(entries, own),
  };
}

/** conserver looks at all consoles every so often; here each comes up so long after it was taken down. */
function withBringUp(entry: NativeEntry, bringUpAfter: string): NativeEntry {
  const { console } = entry;
  if (console === undefined || console.onDemand === true) return entry;
  return { ...entry, console: { ...console, bringUpAfter } };
}

/** `reinitcheck` as a console has it: nothing waits longer than a day here. */
export function bringUpAfterOf(reinitcheckS: number | undefined): string | undefined {
  return reinitcheckS === undefined ? undefined : `${Math.min(reinitcheckS, DAY_S)}s`;
}

const DAY_S = 24 * 60 * 60;

function entryOf(console: ConserverConsole, isMine: (host: string) => boolean, toBmc: ToBmc): NativeEntry {
  const { name, master, aliases, fields, initcmd } = console;
  const left = (why: string): NativeEntry => ({ name, console: undefined, remarks: [why] });
  if (!isConsoleName(name)) return left("this name cannot be a console's here: rename it");
  if (!isMine(master)) return left(`is ${master}'s: import it there`);
  if (fields.options?.login === false) return left("nobody may log in to it (!login)");
  const way = wayOf(console, toBmc);
  if (typeof way === "string") return left(way);
  const { ondemand } = fields.options ?? {};
  return {
    name,
    console: {
      ...way.console,
      ...(ondemand === true ? { onDemand: true } : {}),
      ...(initcmd === undefined ? {} : { initCommand: programOf(initcmd, fields.initrunas) }),
      ...idleInputOf(fields),
    },
    remarks: [
      ...way.remarks,
      ...(aliases.length === 0 ? [] : [`was also called ${aliases.join(", ")}`]),
      ...(fields.motd === undefined ? [] : [`said ${fields.motd}`]),
      ...rightsOf(fields.rw, "write to"),
      ...rightsOf(fields.ro, "watch"),
    ],
  };
}

/** Everybody is what roles give anyway. */
function rightsOf(list: UserList | undefined, verb: string): readonly string[] {
  const users = (list ?? []).map(({ user, denied }) => (denied ? `not ${user}` : user));
  return users.length === 0 || users.join() === "*"
    ? []
    : [`could ${verb} it: ${users.join(", ")} (give roles for that: confed role)`];
}

interface Way {
  readonly console: NativeConsole;
  readonly remarks: readonly string[];
}

/** The console's way, or why there is none. */
function wayOf({ name, way, fields }: ConserverConsole, toBmc: ToBmc): Way | string {
  switch (way.type) {
    case "host":
      return {
        console: {
          name,
          transport: way.protocol === "raw" ? "tcp" : "telnet",
          host: way.host,
          port: way.port,
        },
        remarks: [],
      };
    case "uds":
      return { console: { name, transport: "unix", path: way.path }, remarks: [] };
    case "noop":
      return "leads nowhere (type noop)";
    case "ipmi":
      return toBmc(name, {
        host: way.host,
        user: fields.username,
        hasPassword: fields.password !== undefined,
        hasKg: fields.ipmikg !== undefined,
        cipherSuite: fields.ipmiciphersuite,
        privilege: fields.ipmiprivlevel,
        workarounds: fields.ipmiworkaround,
      });
    case "exec": {
      return {
        console: { name, transport: "exec", ...programOf(way.command, fields.execrunas) },
        remarks: [],
      };
    }
    case "device": {
      const { crtscts, cstopb, ixon, ixoff } = fields.options ?? {};
      const flowControl =
        crtscts === true ? "rtscts" : ixon === false && ixoff === false ? "none" : "xonxoff";
      return {
        console: {
          name,
          transport: "serial",
          device: way.device,
          baud: way.baud,
          ...(way.parity === "none" ? {} : { parity: way.parity, dataBits: 7 }),
          ...(cstopb === true ? { stopBits: 2 } : {}),
          ...(flowControl === "none" ? {} : { flowControl }),
        },
        remarks: [],
      };
    }
  }
}

/** A command as a program, and as whom and in which group it runs; without one, a shell. */
function programOf(command: string | undefined, runas: string | undefined) {
  const { argv, env } = command === undefined ? { argv: ["/bin/sh", "-i"], env: {} } : commandLine(command);
  const [user = "", group = ""] = runas?.split(":") ?? [];
  return {
    argv,
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...(user === "" ? {} : { user }),
    ...(group === "" ? {} : { group }),
  };
}
