import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { formatFault } from "@confed/config";
import { hostSurroundings, readConserverFile } from "@confed/conserver";
import { ConfedError } from "@confed/kernel";
import { deviations } from "./installation.ts";

/** One thing that xCAT needs. */
export interface CheckLine {
  readonly what: string;
  /** Undefined: it is right. */
  readonly wrong?: string | undefined;
  /** The command, or what else mends it. */
  readonly mend?: string | undefined;
}

/** Everything that makeconservercf, rcons and replaycons look for, below `root`. */
export async function checkXcat(root: string): Promise<readonly CheckLine[]> {
  const below = root === "/" ? "" : ` --root ${root}`;
  const install = `confed xcat install${below}`;
  const files = deviations(root).map(({ path, what }) => ({ what: path, wrong: what, mend: install }));
  return [
    ...(files.length === 0 ? [{ what: "files" }] : files),
    versionLine(root, "/usr/sbin/conserver", "conserver: conserver.com version 8.", install),
    versionLine(root, "/usr/bin/console", "console: conserver.com version 8.", install),
    goconserverLine(root),
    logsLine(root),
    await fileLine(root),
    runningLine(root),
  ];
}

/** makeconservercf reads line 1 of the server's, rcons the fourth word of the client's. */
function versionLine(root: string, path: string, begins: string, mend: string): CheckLine {
  const what = `${path} -V`;
  try {
    const [first = ""] = execFileSync(join(root, path), ["-V"], {
      encoding: "utf8",
      timeout: 10_000,
      stdio: ["ignore", "pipe", "pipe"],
    }).split("\n");
    return first.startsWith(begins) ? { what } : { what, wrong: `begins with "${first.slice(0, 80)}"`, mend };
  } catch (reason) {
    const { rawMessage } = ConfedError.from(reason);
    return { what, wrong: rawMessage.split("\n")[0] ?? "", mend: `${mend}; is /usr/bin/confed there?` };
  }
}

function goconserverLine(root: string): CheckLine {
  const what = "no goconserver";
  if (root === "/" && commandLines().some((line) => line.includes("/usr/bin/goconserver")))
    return {
      what,
      wrong: "goconserver runs: makeconservercf refuses",
      mend: "systemctl disable --now goconserver",
    };
  try {
    accessSync(join(root, "/usr/bin/goconserver"), constants.X_OK);
  } catch {
    return { what };
  }
  return {
    what,
    wrong: "/usr/bin/goconserver can be executed: rcons asks it first, if it runs",
    mend: "remove the package goconserver, or chmod a-x /usr/bin/goconserver",
  };
}

function logsLine(root: string): CheckLine {
  const what = "/var/log/consoles, for replaycons";
  return existsSync(join(root, "/var/log/consoles"))
    ? { what }
    : { what, wrong: "is not there", mend: "mkdir -m 755 /var/log/consoles" };
}

async function fileLine(root: string): Promise<CheckLine> {
  const path = join(root, "/etc/conserver.cf");
  const what = "/etc/conserver.cf";
  try {
    const { consoles, faults } = await readConserverFile(path, hostSurroundings());
    const [first] = faults;
    if (first !== undefined)
      return {
        what,
        wrong: `${faults.length} faults, the first: ${formatFault(first)}`,
        mend: `confed conserver -S -C ${path}`,
      };
    const odd = consoles.find(
      ({ logfile }) => logfile !== undefined && !logfile.startsWith("/var/log/consoles/"),
    );
    if (odd !== undefined)
      return {
        what,
        wrong: `${odd.name} is logged in ${odd.logfile ?? ""}, where replaycons does not look`,
        mend: "makeconservercf",
      };
    return { what: `${what}: ${consoles.length} consoles` };
  } catch (reason) {
    return { what, wrong: ConfedError.from(reason).rawMessage, mend: "makeconservercf" };
  }
}

function runningLine(root: string): CheckLine {
  const what = "/etc/init.d/conserver status";
  try {
    execFileSync(join(root, "/etc/init.d/conserver"), ["status"], { timeout: 10_000, stdio: "ignore" });
    return { what };
  } catch {
    return {
      what,
      wrong: "it does not run",
      mend: "systemctl enable --now conserver, or /etc/init.d/conserver start",
    };
  }
}

/** Of every process that can be seen. */
function commandLines(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")];
      } catch {
        // It has ended.
        return [];
      }
    });
}
