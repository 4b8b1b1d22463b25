import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { ConfigWatch } from "@confed/agent";
import { type ConserverSettings, formatFault } from "@confed/config";
import {
  type ConserverFile,
  ConserverSource,
  type GatewayRules,
  hostSurroundings,
  rulesOf,
  settledFiles,
  type UserEntry,
} from "@confed/conserver";
import { type Clock, ConfedError, type Logger } from "@confed/kernel";

export interface LiveRulesDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** They are others now. */
  readonly onChange: () => void;
}

/**
 * The rules of a gateway, read again when its conserver.cf changes. A file that is gone, empty or cut leaves the old one in
 * force, in the log; one that is not there yet has no rules. What is wrong in it is said by who takes consoles from it.
 */
export class LiveRules {
  readonly #settings: ConserverSettings;
  readonly #deps: LiveRulesDeps;
  readonly #source: ConserverSource;
  #watch: ConfigWatch | undefined;
  #file: ConserverFile | undefined;
  #rules: GatewayRules;

  constructor(settings: ConserverSettings, deps: LiveRulesDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#source = new ConserverSource(() => hostSurroundings(settledFiles(deps.clock)));
    this.#rules = rulesOf(settings, undefined, () => false);
  }

  get current(): GatewayRules {
    return this.#rules;
  }

  get file(): ConserverFile | undefined {
    return this.#file;
  }

  /** Rejects if there is a file and it cannot be read. */
  async start(): Promise<void> {
    const { file } = this.#settings;
    if (file === undefined) return;
    await this.#read(file);
    this.#watch = new ConfigWatch({
      ...this.#deps,
      onChange: () => this.reload(),
    });
    await this.#watch.start({ files: this.#file?.files ?? [file], directories: [] });
  }

  /** Read it again now. Never rejects. */
  async reload(): Promise<void> {
    const { file } = this.#settings;
    if (file === undefined) return;
    try {
      await this.#read(file);
      this.#watch?.follow({ files: this.#file?.files ?? [file], directories: [] });
      this.#deps.onChange();
    } catch (reason) {
      this.#deps.logger.error("conserver's file was not read again; the old one stays in force", {
        file,
        cause: ConfedError.from(reason).message,
      });
    }
  }

  async stop(): Promise<void> {
    await this.#watch?.stop();
  }

  async #read(path: string): Promise<void> {
    const { faults } = await this.#source.read({ role: "agent", settings: { file: path } });
    const [fault] = faults ?? [];
    if (fault !== undefined) throw new ConfedError("invalid_argument", formatFault(fault));
    const file = this.#source.current;
    if (file === undefined) return;
    const groups = await membersOf(groupsIn(file));
    this.#file = file;
    this.#rules = rulesOf(this.#settings, file, (user, group) => groups.get(group)?.has(user) === true);
  }
}

/** Groups of the host that some list names: they are asked for once, when the file is read. */
function groupsIn(file: ConserverFile): readonly string[] {
  const lists = [
    file.admins,
    file.limited,
    ...file.consoles.flatMap(({ fields }) => [fields.rw ?? [], fields.ro ?? []]),
  ];
  const entries: readonly UserEntry[] = lists.flat();
  return [...new Set(entries.flatMap(({ user }) => (user.startsWith("@") ? [user.slice(1)] : [])))];
}

/** Who is in each group, as the host knows it; those whose first group it is by /etc/passwd. A group that is none is empty. */
async function membersOf(groups: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const members = new Map<string, Set<string>>();
  if (groups.length === 0) return members;
  const passwd = await readFile("/etc/passwd", "utf8").catch(() => "");
  for (const group of groups) {
    const { stdout } = await run("getent", ["group", "--", group]).catch(() => ({ stdout: "" }));
    const [, , id, users = ""] = stdout.trim().split(":");
    const first = passwd.split("\n").flatMap((line) => {
      const [user = "", , , primary] = line.split(":");
      return id !== undefined && primary === id ? [user] : [];
    });
    members.set(group, new Set([...users.split(",").filter((user) => user !== ""), ...first]));
  }
  return members;
}

const run = promisify(execFile);
