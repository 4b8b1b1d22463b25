import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { ConfedError } from "@confed/kernel";
import type { z } from "zod";
import { parseAssigned, takeAssigned } from "./assigned-table.ts";
import { type ConfigFiles, systemFiles } from "./config-files.ts";
import {
  assignmentOf,
  type ConserverReader,
  type ConserverRequest,
  type ConserverTable,
  logsBeside,
  type SaidLogs,
  usableEntries,
  withFile,
} from "./conserver-table.ts";
import type { ConsoleSpec } from "./console-spec.ts";
import { ConsoleTable } from "./console-table.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { Fault, LoadResult } from "./fault.ts";
import { FaultCollector } from "./fault-collector.ts";
import { expandFilePattern, isFilePattern } from "./file-pattern.ts";
import type { AgentConfig, CheckedConfig, FileAssignment, HeadConfig } from "./loaded-config.ts";
import type { LogPaths } from "./log-paths.ts";
import type { ValuePath } from "./mark.ts";
import { describeIssue } from "./schema-faults.ts";
import { SECTION_KEYS } from "./section-keys.ts";
import { includedFile, mainFile } from "./settings-schema.ts";
import { readSource, type SourceDocument } from "./source-document.ts";

export interface LoadOptions {
  /** For tests. */
  readonly files?: ConfigFiles | undefined;
  /**
   * The table that the agent's own commands edit; without it the one in the state directory that
   * the file names. An agent that runs keeps its own, whatever the file says by now.
   */
  readonly managedTable?: string | undefined;
  /** What heads have assigned, where the state directory does not say it: that could not be written. */
  readonly assigned?: string | undefined;
  /** Reads what `conserver.file` names; without it, its consoles are left out. */
  readonly conserver?: ConserverReader | undefined;
}

/** What heads have assigned to an agent: part of its configuration if it is there. */
export function assignedTableIn(stateDir: string): string {
  return join(stateDir, "assigned.jsonl");
}

/** The table of consoles in an agent's state directory: part of its configuration if it is there. */
export function managedTableIn(stateDir: string): string {
  return join(stateDir, "consoles.jsonl");
}

/**
 * Read the configuration of an agent: its file and all that this includes. Never rejects for what
 * stands in files; all faults come at once.
 */
export async function loadAgentConfig(
  path: string,
  options: LoadOptions = {},
): Promise<LoadResult<AgentConfig>> {
  const loaded = await checkConfig(path, options);
  if (loaded.ok === undefined) return loaded;
  const { agent, logs, audit, consoles, refused, remarks, files, directories } = loaded.ok;
  if (agent === undefined) return missingSection(path, "agent", loaded.ok);
  return { ok: Object.freeze({ agent, logs, audit, consoles, refused, remarks, files, directories }) };
}

/** Read the configuration of a head. What else the file includes is an agent's, and not read. */
export async function loadHeadConfig(
  path: string,
  options: LoadOptions = {},
): Promise<LoadResult<HeadConfig>> {
  const loaded = await new Loading(path, options).run({ tables: false });
  if (loaded.ok === undefined) return loaded;
  const { head, audit, assigned, remarks, files, directories } = loaded.ok;
  if (head === undefined) return missingSection(path, "head", loaded.ok);
  return { ok: Object.freeze({ head, audit, assigned, remarks, files, directories }) };
}

/** Read a file of whatever kind, with all that it includes: what `confed check` does. */
export function checkConfig(path: string, options: LoadOptions = {}): Promise<LoadResult<CheckedConfig>> {
  return new Loading(path, options).run({ tables: true });
}

function missingSection(
  file: string,
  section: "agent" | "head",
  { agent, head }: CheckedConfig,
): LoadResult<never> {
  const isOther = agent !== undefined || head !== undefined;
  const hint = isOther
    ? `this configures ${agent === undefined ? "a head" : "an agent"}`
    : SECTION_HINTS[section];
  const message = `this file has no ${section} section`;
  return { faults: Object.freeze([Object.freeze({ file, line: 1, col: 1, message, hint })]) };
}

const SECTION_HINTS = {
  agent: "add agent: { id: NAME, state: DIR }",
  head: "add head: { state: DIR }",
} as const;

/** Read at a time while a pattern's files are fetched; one after the other would wait for each disk. */
const READS_AT_ONCE = 16;

/** A pattern that matches more than this does not mean console tables. */
const FILES_MAX = 20_000;

class Loading {
  readonly #path: string;
  readonly #files: ConfigFiles;
  readonly #faults = new FaultCollector();
  #table = new ConsoleTable(this.#faults);
  readonly #fileAssignments: FileAssignment[] = [];
  /** Absolute. */
  #seen = new Set<string>();
  readonly #listed = new Set<string>();
  readonly #managedTable: string | undefined;
  readonly #assigned: string | undefined;
  readonly #conserver: ConserverReader | undefined;
  readonly #remarks: Fault[] = [];

  constructor(path: string, { files = systemFiles, managedTable, assigned, conserver }: LoadOptions) {
    this.#path = path;
    this.#conserver = conserver;
    this.#managedTable = managedTable;
    this.#assigned = assigned;
    this.#files = {
      read: (file) => files.read(file),
      list: (directory) => {
        this.#listed.add(directory);
        return files.list(directory);
      },
    };
  }

  async run({ tables }: { readonly tables: boolean }): Promise<LoadResult<CheckedConfig>> {
    const main = resolve(this.#path);
    const document = await this.#read(main, (error) => {
      const [line = 0, col = 0] = error.where?.split(":").map(Number) ?? [];
      this.#faults.addLoose({ file: this.#path, line, col, message: error.rawMessage, hint: error.hint });
    });
    const settings = document === undefined ? undefined : await this.#takeMain(document, main, tables);
    // Last, so that what is defined twice is a fault of the table that commands edit.
    if (tables && settings?.agent !== undefined)
      await this.#takeManaged(this.#managedTable ?? managedTableIn(settings.agent.stateDir));
    const { logs: said } = (document?.value ?? {}) as { readonly logs?: SaidLogs };
    const conserver = await this.#readConserver(settings, { tables, logPathSaid: said?.path !== undefined });
    const logs = settings && logsBeside(conserver, settings.logs, said);
    const { consoles: native } = this.#table;
    const paths = logs && this.#table.claimLogs(logs.pathTemplate);
    const usable = tables ? usableEntries(conserver, native, this.#remarks, paths) : [];
    const own = [...native, ...usable.map(({ spec }) => spec)];
    if (document !== undefined && settings?.head?.assign !== undefined)
      await this.#takeFileAssignments(settings.head.assign, document, main);
    if (!tables)
      this.#fileAssignments.push(
        ...usableEntries(conserver, this.#fileAssignments, this.#remarks).flatMap(assignmentOf),
      );
    const read = { files: [...this.#seen], directories: [...this.#listed] };
    if (settings === undefined || logs === undefined || !this.#faults.empty)
      return { faults: await this.#faults.resolve(), ...read };
    const { agent, head, audit } = settings;
    const { consoles, refused } = await this.#withAssigned(own, tables ? agent?.stateDir : undefined, paths);
    const assigned = this.#fileAssignments;
    const remarks = this.#remarks;
    // Errors are not plain data.
    return {
      ok: Object.freeze({
        ...deepFreeze({ agent, head, logs, audit, consoles, assigned, remarks, ...read }),
        refused: Object.freeze(refused),
      }),
    };
  }

  /** Of a file for both, the agent's, unless only the head's part is read. */
  async #readConserver(
    settings: z.output<typeof mainFile> | undefined,
    { tables, logPathSaid }: { readonly tables: boolean; readonly logPathSaid: boolean },
  ): Promise<ConserverTable | undefined> {
    const { agent, head } = settings ?? {};
    let request: ConserverRequest | undefined;
    if (tables && agent !== undefined)
      request = withFile(agent.conserver, (settings) => ({ role: "agent", settings, logPathSaid }));
    else request = withFile(head?.conserver, (settings) => ({ role: "head", settings }));
    if (request === undefined || this.#conserver === undefined) return undefined;
    const read = await this.#conserver(request);
    for (const file of (read.ok ?? read).files ?? []) this.#seen.add(file);
    for (const fault of read.faults ?? []) this.#faults.addLoose(fault);
    this.#remarks.push(...(read.ok?.remarks ?? []));
    return read.ok;
  }

  /** What heads said is no file of anybody's: it is never a fault, and not watched. */
  async #withAssigned(own: readonly ConsoleSpec[], stateDir: string | undefined, paths?: LogPaths) {
    if (stateDir === undefined) return { consoles: own, refused: [] };
    const path = assignedTableIn(stateDir);
    let text = this.#assigned;
    try {
      text ??= Buffer.from(await this.#files.read(path)).toString();
      return takeAssigned(own, parseAssigned(text).consoles, paths);
    } catch (reason) {
      if ((reason as NodeJS.ErrnoException).code === "ENOENT") return { consoles: own, refused: [] };
      const { code, rawMessage } = ConfedError.from(reason);
      const hint = "a head says them again when the agent has joined";
      return { consoles: own, refused: [new ConfedError(code, rawMessage, { where: path, hint })] };
    }
  }

  async #takeFileAssignments(
    assign: Readonly<Record<string, readonly string[]>>,
    document: SourceDocument,
    absolute: string,
  ): Promise<void> {
    let agent = "";
    this.#table = new ConsoleTable(this.#faults, ({ name }, entry) => {
      this.#fileAssignments.push({ name, agent, entry: JSON.stringify(entry) });
    });
    const seen = this.#seen;
    for (const [to, patterns] of Object.entries(assign)) {
      agent = to;
      // One table for two agents is read twice, so that its names are: a console has one owner.
      this.#seen = new Set([absolute]);
      for (const [index, pattern] of patterns.entries()) {
        const path = ["head", "assign", to, index];
        await this.#include({ document, absolute, chain: [absolute], pattern, path });
      }
      for (const each of this.#seen) seen.add(each);
    }
    this.#seen = seen;
  }

  async #takeManaged(absolute: string): Promise<void> {
    // A pattern of the main file may have meant it, too.
    if (this.#seen.has(absolute)) return;
    const document = await this.#read(absolute, (error) => {
      if (error.code === "not_found") this.#seen.delete(absolute);
      else
        this.#failIncluded(absolute, error, (message, hint) => {
          this.#faults.addLoose({ file: this.#shown(absolute), line: 0, col: 0, message, hint });
        });
    });
    if (document !== undefined) await this.#takeIncluded(document, absolute, [absolute]);
  }

  async #takeMain(
    document: SourceDocument,
    absolute: string,
    tables: boolean,
  ): Promise<z.output<typeof mainFile> | undefined> {
    if (document.faults.length > 0 && document.value === undefined) return undefined;
    if (Array.isArray(document.value)) {
      this.#table.addAll(document, document.value, []);
      return mainFile.parse({});
    }
    const settings = this.#validate(document, mainFile);
    if (tables) await this.#takeTables(document, absolute, [absolute]);
    return settings;
  }

  #takeIncluded(
    document: SourceDocument,
    absolute: string,
    chain: readonly string[],
  ): Promise<void> | undefined {
    if (document.faults.length > 0 && document.value === undefined) return undefined;
    if (Array.isArray(document.value)) {
      this.#table.addAll(document, document.value, []);
      return undefined;
    }
    this.#validate(document, includedFile);
    return this.#takeTables(document, absolute, chain);
  }

  /** The sections of a mapping, every fault noted. Undefined if there was one. */
  #validate<Schema extends typeof mainFile | typeof includedFile>(
    document: SourceDocument,
    schema: Schema,
  ): z.output<Schema> | undefined {
    if (document.value === null || document.value === undefined) {
      this.#faults.add({ document, path: [], message: "the file is empty" });
      return undefined;
    }
    const parsed = schema.safeParse(document.value);
    if (parsed.success) return parsed.data as z.output<Schema>;
    const context = {
      input: document.value,
      keysAt: (path: ValuePath) => SECTION_KEYS[path.slice(0, 2).join(".")] ?? Object.keys(schema.shape),
      homeOf: (key: string) =>
        Object.hasOwn(mainFile.shape, key) ? "a section of the file that includes this one" : undefined,
    };
    for (const issue of parsed.error.issues) {
      for (const fault of describeIssue(issue, context)) this.#faults.add({ ...fault, document });
    }
    return undefined;
  }

  /** Consoles first, then what is included, even if other sections are wrong: every fault counts. */
  async #takeTables(document: SourceDocument, absolute: string, chain: readonly string[]): Promise<void> {
    const { consoles, include } = (document.value ?? {}) as {
      readonly consoles?: unknown;
      readonly include?: unknown;
    };
    if (Array.isArray(consoles)) this.#table.addAll(document, consoles, ["consoles"]);
    if (!Array.isArray(include)) return;
    for (const [index, pattern] of include.entries()) {
      if (typeof pattern === "string")
        await this.#include({ document, absolute, chain, pattern, path: ["include", index] });
    }
  }

  async #include(request: IncludeRequest): Promise<void> {
    const { document, chain, path } = request;
    const fail = (message: string, hint?: string) => {
      this.#faults.add({ document, path, message, hint });
    };
    const paths = await this.#pathsOf(request, fail);
    for (const looping of paths.filter((each) => chain.includes(each))) {
      fail(
        `${this.#shown(looping)} would include itself`,
        "take it out, or keep tables in a directory of their own",
      );
    }
    const fresh = paths.filter((each) => !this.#seen.has(each));
    for (const each of fresh) this.#seen.add(each);
    if (this.#seen.size > FILES_MAX) {
      fail(`more than ${FILES_MAX} files are included`);
      return;
    }
    for (let at = 0; at < fresh.length; at += READS_AT_ONCE) {
      const batch = fresh.slice(at, at + READS_AT_ONCE);
      const documents = await Promise.all(
        batch.map((each) => this.#read(each, (error) => this.#failIncluded(each, error, fail))),
      );
      for (const [index, included] of documents.entries()) {
        const each = batch[index];
        if (included !== undefined && each !== undefined)
          await this.#takeIncluded(included, each, [...chain, each]);
      }
    }
  }

  async #pathsOf(
    { absolute, pattern }: IncludeRequest,
    fail: (message: string, hint?: string) => void,
  ): Promise<readonly string[]> {
    const wanted = resolve(dirname(absolute), pattern);
    if (!isFilePattern(pattern)) return [wanted];
    try {
      return await expandFilePattern(wanted, this.#files);
    } catch (reason) {
      const error = ConfedError.from(reason);
      fail(`${this.#shown(wanted)}: ${error.rawMessage}`, error.hint);
      return [];
    }
  }

  #failIncluded(absolute: string, error: ConfedError, fail: (message: string, hint?: string) => void): void {
    if (error.where === undefined) {
      fail(`${this.#shown(absolute)}: ${error.rawMessage}`, error.hint);
      return;
    }
    const [line = 0, col = 0] = error.where.split(":").map(Number);
    this.#faults.addLoose({
      file: this.#shown(absolute),
      line,
      col,
      message: error.rawMessage,
      hint: error.hint,
    });
  }

  async #read(absolute: string, failed: (error: ConfedError) => void): Promise<SourceDocument | undefined> {
    this.#seen.add(absolute);
    try {
      const document = await readSource(absolute, this.#files);
      const shown = { ...document, file: this.#shown(absolute) };
      this.#faults.addDocument(shown);
      return shown;
    } catch (reason) {
      failed(ConfedError.from(reason));
      return undefined;
    }
  }

  /** As the person would write it: relative if the main file was given so. */
  #shown(absolute: string): string {
    if (absolute === resolve(this.#path)) return this.#path;
    return isAbsolute(this.#path) ? absolute : relative(resolve("."), absolute);
  }
}

interface IncludeRequest {
  readonly document: SourceDocument;
  readonly absolute: string;
  readonly chain: readonly string[];
  readonly pattern: string;
  readonly path: ValuePath;
}
