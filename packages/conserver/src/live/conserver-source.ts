import { resolve } from "node:path";
import {
  type ConserverEntry,
  type ConserverRequest,
  type ConserverTable,
  type Fault,
  isLogPath,
  type LoadResult,
  type LogSettings,
} from "@confed/config";
import { ConfedError, foldName } from "@confed/kernel";
import type { ConserverConsole, ConserverFile } from "../file/conserver-file.ts";
import { reportOf } from "../file/file-report.ts";
import { readConserverFile, type Surroundings } from "../file/read-conserver-file.ts";
import { nativeFromConserver } from "../native/from-conserver.ts";
import { isTemplate } from "../native/logs-of.ts";
import { agentOfMaster } from "./agent-of-master.ts";

/**
 * A conserver.cf as a live source of consoles. At first whatever can be read of it counts, as with conserver itself, and
 * one that is not there yet has no consoles; from then on a file that is gone, empty or cut is a fault, and what was
 * read before stays in force.
 */
export class ConserverSource {
  readonly #surroundingsNow: () => Surroundings;
  #current: ConserverFile | undefined;
  /** What `logs.path` is by the file that was read first: an agent that runs keeps its own. */
  #logPath: { readonly path: string | undefined } | undefined;

  /** What surrounds a reading is asked for each time: a host gets and loses addresses. */
  constructor(surroundingsNow: () => Surroundings) {
    this.#surroundingsNow = surroundingsNow;
  }

  /** As it was read last and could be used. */
  get current(): ConserverFile | undefined {
    return this.#current;
  }

  /** For who loads configuration: see `LoadOptions.conserver`. */
  async read(request: ConserverRequest): Promise<LoadResult<ConserverTable>> {
    const path = resolve(request.settings.file);
    const surroundings = this.#surroundingsNow();
    const isFirst = this.#current === undefined;
    let file: ConserverFile;
    try {
      file = await readConserverFile(path, surroundings);
    } catch (reason) {
      const { rawMessage: message, hint } = unreadable(reason);
      const fault: Fault = { file: path, line: 0, col: 0, message, hint };
      if (!isFirst || !isMissing(reason)) return { faults: [fault], files: [path] };
      this.#logPath = { path: undefined };
      return { ok: { entries: [], logs: {}, remarks: [fault], files: [path] } };
    }
    const broken = isFirst ? undefined : brokenBy(file, path);
    if (broken !== undefined) return { faults: [broken], files: file.files };
    this.#current = file;
    const general = this.#generalOf(file, request);
    if (request.role === "head") return { ok: forHead(file, { ...request, surroundings, general }) };
    const names = new Set(request.settings.masters?.map(foldName));
    const isMine = ({ master }: ConserverConsole) => names.has(foldName(master)) || surroundings.isMe(master);
    const mine = file.consoles.filter(isMine);
    const [shells, consoles] = [mine.filter(isShell), mine.filter((console) => !isShell(console))];
    const table = tableOf(file, path, { consoles, general });
    return { ok: { ...table, remarks: [...table.remarks, ...shells.map(shellRefused)] } };
  }

  // Where the configuration has a logs.path, that stands for what default * says; else what it said first.
  #generalOf({ generalLogfile: path }: ConserverFile, request: ConserverRequest): General {
    if (request.role === "agent" && request.logPathSaid === true) return { path };
    this.#logPath ??= { path: path !== undefined && isTemplate(path) ? path : undefined };
    return this.#logPath;
  }
}

/** The `logfile` of consoles that are logged by `logs.path`. */
interface General {
  readonly path: string | undefined;
}

type HeadRequest = Extract<ConserverRequest, { role: "head" }>["settings"];

/** What conserver takes for root's shell, and xCAT writes of consoles that are another host's. */
function isShell({ way }: ConserverConsole): boolean {
  return way.type === "exec" && way.command === undefined;
}

function shellRefused({ name, at }: ConserverConsole): Fault {
  const hint = `exec "/bin/sh -i"; is a shell of root's`;
  return { ...at, message: "has no command", hint, subject: `console ${name}` };
}

/** Of the consoles with a master elsewhere, to which agent they go, and how it reaches them. */
function forHead(
  file: ConserverFile,
  {
    settings,
    surroundings,
    general,
  }: { readonly settings: HeadRequest; readonly surroundings: Surroundings; readonly general: General },
): ConserverTable {
  const remarks: Fault[] = [];
  const agentOf = ({ master }: ConserverConsole) => agentOfMaster(master, settings.masters);
  const consoles = file.consoles.flatMap((console): readonly ConserverConsole[] => {
    const { master, at, name } = console;
    // The agent of this host reads the file itself.
    if (surroundings.isMe(master) && !isNamed(master, settings)) return [];
    if (agentOf(console) === undefined) {
      const message = `its master ${master} is no agent's name`;
      const hint = `say whose it is: head: { conserver: { masters: { "${master}": AGENT } } }`;
      remarks.push({ ...at, message, hint, subject: `console ${name}` });
      return [];
    }
    if (!isShell(console)) return [console];
    // xCAT does not write here how the other host reaches it: that host's own file does.
    if (settings.exec === undefined) return [];
    return [{ ...console, way: { type: "exec", command: settings.exec.replaceAll("&", () => name) } }];
  });
  const table = tableOf(file, settings.file, { consoles, general, agentOf });
  return { ...table, remarks: [...table.remarks, ...remarks] };
}

function tableOf(
  file: ConserverFile,
  path: string,
  {
    consoles,
    general,
    agentOf = () => undefined,
  }: {
    readonly consoles: readonly ConserverConsole[];
    readonly general: General;
    readonly agentOf?: (console: ConserverConsole) => string | undefined;
  },
): ConserverTable {
  const { entries, logs } = nativeFromConserver(path, { ...file, consoles }, () => true, { general });
  const remarks: Fault[] = [...file.faults, ...lostOf(file)];
  const taken = entries.flatMap((entry, index): readonly ConserverEntry[] => {
    const console = consoles[index];
    if (console === undefined) return [];
    if (entry.console !== undefined)
      return [{ entry: entry.console, agent: agentOf(console), at: console.at }];
    remarks.push({ ...console.at, message: entry.remarks.join("; "), subject: `console ${console.name}` });
    return [];
  });
  return {
    entries: taken,
    logs: {
      ...(logs.path === undefined ? {} : { pathTemplate: logs.path }),
      ...(logs.rotateBytes === undefined ? {} : { rotate: { sizeBytes: logs.rotateBytes } }),
      ...formatsOf(
        logs.stamped,
        taken.map(({ entry }) => entry.name),
      ),
    },
    remarks: [...remarks, ...loggedElsewhere(consoles)],
    files: file.files.map((each) => resolve(each)),
  };
}

/** What most of them have is said once; the others are named, which costs a look-up for each console. */
function formatsOf(stamped: "all" | readonly string[], names: readonly string[]): Partial<LogSettings> {
  const with_ = new Set(stamped === "all" ? names : stamped);
  const without = names.filter((name) => !with_.has(name));
  const mostly = with_.size > without.length;
  const others = mostly ? without : [...with_];
  const [format, other] = mostly ? (["stamped", "exact"] as const) : (["exact", "stamped"] as const);
  return {
    ...(mostly ? { format } : {}),
    ...(others.length === 0 ? {} : { for: [{ consoles: others.join(","), format: other }] }),
  };
}

/** The consoles that have no log, or one that cannot be: a remark for each `logfile` of theirs. */
function loggedElsewhere(consoles: readonly ConserverConsole[]): readonly Fault[] {
  // A file that says nothing of logs wants none of it explained.
  if (consoles.every(({ fields }) => fields.logfile === undefined)) return [];
  const first = new Map<string | undefined, { readonly console: ConserverConsole; count: number }>();
  for (const console of consoles) {
    const { logfile } = console.fields;
    if (console.way.type === "noop" || (logfile !== undefined && isLogPath(logfile))) continue;
    const known = first.get(logfile);
    if (known === undefined) first.set(logfile, { console, count: 1 });
    else known.count += 1;
  }
  return [...first].map(([logfile, { console, count }]) => {
    const more = count === 1 ? "" : ` (and ${count - 1} more like it)`;
    const subject = `console ${console.name}`;
    return logfile === undefined
      ? {
          ...console.at,
          subject,
          message: `has no logfile, and is logged where logs.path says${more}`,
          hint: "every console is logged",
        }
      : {
          ...console.at,
          subject,
          message: `is logged where logs.path says, not in ${logfile}${more}`,
          hint: "a logfile is an absolute path of a file, without ..",
        };
  });
}

/** What is asked for and not done: everything else the report of the file has. */
function lostOf(file: ConserverFile): readonly Fault[] {
  return reportOf(file)
    .filter(({ outcome }) => outcome === "unsupported")
    .map(({ at, subject, what, why }) => ({
      ...at,
      subject,
      message: `${what} is not supported`,
      hint: why,
    }));
}

/** Why it must not replace what was read before. */
function brokenBy(file: ConserverFile, path: string): Fault | undefined {
  const cut = file.faults.find(({ message }) => message.startsWith("the file ends inside"));
  if (cut !== undefined) return cut;
  if (file.blocks.length > 0) return undefined;
  const hint = "is somebody writing it?";
  return { file: path, line: 1, col: 1, message: "the file is empty", hint };
}

function isNamed(master: string, { masters = {} }: HeadRequest): boolean {
  return Object.keys(masters).some((name) => foldName(name) === foldName(master));
}

function isMissing(reason: unknown): boolean {
  return (reason as NodeJS.ErrnoException).code === "ENOENT";
}

function unreadable(reason: unknown): ConfedError {
  if (isMissing(reason)) return new ConfedError("not_found", "there is no such file (yet)");
  return ConfedError.from(reason);
}
