import type { ConfigFiles, Fault } from "@confed/config";
import { neutralise } from "@confed/kernel";
import { AccessBlocks } from "./access-blocks.ts";
import { type Block, type BlockKind, type Item, type Refuse, readBlocks } from "./block-reader.ts";
import { BREAK_DELAY_MS, type BreakDefinition, BUILTIN_BREAKS } from "./break-sequence.ts";
import type { ConserverFile, TaskDefinition } from "./conserver-file.ts";
import { ConsoleBlocks } from "./console-blocks.ts";
import { CONSOLE_KEYS } from "./console-fields.ts";
import { FLAG_RULE, parseFlag, SETTING_KEYS, type ServerSettings } from "./server-settings.ts";
import { parseSubstitutions } from "./substitution.ts";
import { addUsers, type UserList } from "./user-list.ts";

/** What the file is read with, and the host it is read for. */
export interface Surroundings {
  readonly files: ConfigFiles;
  /** True if a `config` or `access` block of that name is for this host. */
  isMe(host: string): boolean;
  /** getservbyname(3), tcp. */
  servicePort(name: string): number | undefined;
}

/**
 * Read a conserver.cf as conserver 8.2 does: an item or a block that is not right is skipped, with a
 * fault that says where, and everything else counts. What differs on purpose: addresses and networks
 * are checked as such, IPv6 too; `ipmi` consoles exist; users of the host are looked up when they are
 * needed. Rejects only if `path` itself cannot be read.
 */
export async function readConserverFile(path: string, surroundings: Surroundings): Promise<ConserverFile> {
  const faults: Fault[] = [];
  const files: string[] = [];
  const { files: given } = surroundings;
  const blocks = await readBlocks(path, {
    files: {
      ...given,
      read: (file) => {
        files.push(file);
        return given.read(file);
      },
    },
    keys: KEYS,
    fault: (fault) => faults.push(fault),
  });
  const reading = new Reading(surroundings, faults);
  for (const block of blocks) reading.take(block);
  return { ...reading.result(), faults: inOrder(faults, files), blocks, files };
}

const KEYS: Readonly<Record<BlockKind, ReadonlySet<string>>> = {
  config: new Set(Object.keys(SETTING_KEYS)),
  access: new Set(["trusted", "allowed", "rejected", "admin", "limited", "include"]),
  group: new Set(["users"]),
  default: new Set([...Object.keys(CONSOLE_KEYS), "include"]),
  console: new Set([...Object.keys(CONSOLE_KEYS), "include", "aliases"]),
  break: new Set(["string", "delay", "confirm"]),
  task: new Set(["cmd", "description", "confirm", "runas", "subst"]),
};

/** Takes blocks in order; what a later block refers to is what was defined before it. */
class Reading {
  readonly #surroundings: Surroundings;
  readonly #faults: Fault[];
  readonly #groups = new Map<string, UserList>();
  readonly #consoles: ConsoleBlocks;
  readonly #access: AccessBlocks;
  readonly #breaks = new Map<string, BreakDefinition>(BUILTIN_BREAKS);
  readonly #tasks = new Map<string, TaskDefinition>();
  #settings: ServerSettings = {};

  constructor(surroundings: Surroundings, faults: Fault[]) {
    this.#surroundings = surroundings;
    this.#faults = faults;
    this.#consoles = new ConsoleBlocks(this.#groups, (name) => surroundings.servicePort(name));
    this.#access = new AccessBlocks(this.#groups);
  }

  take(block: Block): void {
    const subject = `${block.kind} ${neutralise(block.name, 140)}`;
    const refuse: Refuse = (at, message, hint) => this.#faults.push({ ...at, message, hint, subject });
    switch (block.kind) {
      case "config":
        return this.#takeConfig(block, refuse);
      case "access":
        return this.#access.take(block, refuse);
      case "group":
        return this.#takeGroup(block);
      case "default":
        return this.#consoles.takeDefault(block, refuse);
      case "console":
        return this.#consoles.takeConsole(block, refuse);
      case "break":
        return this.#takeBreak(block, refuse);
      case "task":
        return this.#takeTask(block, refuse);
    }
  }

  result(): Omit<ConserverFile, "faults" | "blocks" | "files"> {
    return {
      consoles: this.#consoles.consoles(),
      generalLogfile: this.#consoles.generalLogfile,
      settings: this.#settings,
      ...this.#access.result((host) => this.#surroundings.isMe(host)),
      breaks: this.#breaks,
      tasks: this.#tasks,
    };
  }

  #takeConfig({ items, name, whole }: Block, refuse: Refuse): void {
    let said: ServerSettings = {};
    for (const { key, value, at } of items) {
      const read = SETTING_KEYS[key]?.(value, (message) => {
        refuse(at, `${key} ${message}`);
        return {};
      });
      said = { ...said, ...read };
    }
    const forMe = name === "*" || this.#surroundings.isMe(name);
    const settled = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
    if (whole && forMe) this.#settings = { ...this.#settings, ...settled };
  }

  #takeGroup({ items, name, whole }: Block): void {
    const users = items.reduce<UserList>((list, { value }) => addUsers(list, value, this.#groups), []);
    if (whole) this.#groups.set(name, users);
  }

  #takeBreak({ items, name, at, whole }: Block, refuse: Refuse): void {
    let definition: BreakDefinition = { string: "", delayMs: BREAK_DELAY_MS, confirm: false };
    for (const item of items) {
      const { key, value } = item;
      if (key === "string") definition = { ...definition, string: value };
      else if (key === "confirm") definition = { ...definition, confirm: confirmOf(item, refuse) };
      else if (/^\d{0,3}$/.test(value)) definition = { ...definition, delayMs: Number(value) };
      else refuse(item.at, "delay must be a number of milliseconds, at most 999");
    }
    if (!/^[1-9a-z]$/.test(name)) refuse(at, "a break is called 1 to 9 or a to z");
    else if (whole) this.#breaks.set(name, definition);
  }

  #takeTask({ items, name, at, whole }: Block, refuse: Refuse): void {
    let task: TaskDefinition = { cmd: "", confirm: false, subst: [] };
    for (const item of items) {
      const { key, value } = item;
      if (key === "confirm") task = { ...task, confirm: confirmOf(item, refuse) };
      else if (key === "subst") {
        const subst = parseSubstitutions(value);
        if (typeof subst === "string") refuse(item.at, `subst ${subst}`);
        else task = { ...task, subst };
      } else task = { ...task, [key]: value === "" && key !== "cmd" ? undefined : value };
    }
    if (!/^[0-9a-z]$/.test(name)) refuse(at, "a task is called 0 to 9 or a to z");
    else if (whole && task.cmd !== "") this.#tasks.set(name, task);
  }
}

function confirmOf({ value, at }: Item, refuse: Refuse): boolean {
  const said = parseFlag(value);
  if (said === undefined) refuse(at, `confirm ${FLAG_RULE}`);
  return said ?? false;
}

/** By file in the order of reading, then by place. */
function inOrder(faults: readonly Fault[], files: readonly string[]): readonly Fault[] {
  const rank = new Map(files.map((file, index) => [file, index] as const));
  const rankOf = ({ file }: Fault) => rank.get(file) ?? files.length;
  return [...faults].sort((a, b) => rankOf(a) - rankOf(b) || a.line - b.line || a.col - b.col);
}
