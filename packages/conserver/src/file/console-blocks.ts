import { foldName } from "@confed/kernel";
import type { Block, Item, Refuse } from "./block-reader.ts";
import type { ConserverConsole } from "./conserver-file.ts";
import { applyFields, CONSOLE_KEYS, type ConsoleFields } from "./console-fields.ts";
import { finishConsole } from "./finish-console.ts";
import { splitList } from "./split-list.ts";
import type { UserList } from "./user-list.ts";

/**
 * Gathers `default` and `console` blocks. Names count in any case. A console begins with what
 * `default *` says at that point of the file, and takes its keys and includes in order.
 */
export class ConsoleBlocks {
  readonly #groups: ReadonlyMap<string, UserList>;
  readonly #servicePort: (name: string) => number | undefined;
  readonly #defaults = new Map<string, ConsoleFields>();
  readonly #consoles = new Map<string, ConserverConsole>();
  /** Aliases, to the name of their console. */
  readonly #aliases = new Map<string, string>();

  constructor(groups: ReadonlyMap<string, UserList>, servicePort: (name: string) => number | undefined) {
    this.#groups = groups;
    this.#servicePort = servicePort;
  }

  takeDefault({ name, items, whole }: Block, refuse: Refuse): void {
    const fields = this.#readItems({}, items, refuse);
    if (whole) this.#defaults.set(foldName(name), fields);
  }

  takeConsole(block: Block, refuse: Refuse): void {
    const { name, items, at } = block;
    const fields = this.#readItems(applyFields({}, this.#defaults.get("*") ?? {}), items, refuse);
    const aliases = this.#readAliases(name, items, refuse);
    if (!block.whole) return;
    const finished = finishConsole({ name, aliases, fields, at }, refuse);
    if (finished === undefined) return;
    const folded = foldName(name);
    const before = this.#consoles.get(folded);
    if (before !== undefined) {
      refuse(
        at,
        `takes the place of the console at ${before.at.file}:${before.at.line}`,
        "take one of them away",
      );
      for (const alias of before.aliases) this.#aliases.delete(foldName(alias));
      this.#consoles.delete(folded);
    }
    this.#consoles.set(folded, finished);
    for (const alias of aliases) this.#aliases.set(foldName(alias), name);
  }

  /** What `default *` says by now. */
  get generalLogfile(): string | undefined {
    return this.#defaults.get("*")?.logfile;
  }

  consoles(): readonly ConserverConsole[] {
    return [...this.#consoles.values()];
  }

  #readItems(begin: ConsoleFields, items: readonly Item[], refuse: Refuse): ConsoleFields {
    return items.reduce((fields, { key, value, at }) => {
      if (key === "aliases" || (key === "include" && value === "")) return fields;
      if (key === "include") {
        const included = this.#defaults.get(foldName(value));
        if (included !== undefined) return applyFields(fields, included);
        refuse(at, `include refers to "${value}", which is no default defined above`);
        return fields;
      }
      const context = {
        groups: this.#groups,
        servicePort: this.#servicePort,
        refuse: (message: string) => {
          refuse(at, `${key} ${message}`);
          return {};
        },
      };
      return { ...fields, ...CONSOLE_KEYS[key]?.(value, context, fields) };
    }, begin);
  }

  #readAliases(name: string, items: readonly Item[], refuse: Refuse): readonly string[] {
    let aliases: readonly string[] = [];
    for (const { key, value, at } of items) {
      if (key !== "aliases") continue;
      if (value === "") aliases = [];
      for (const alias of splitList(value)) {
        const folded = foldName(alias);
        const owner = this.#aliases.get(folded) ?? this.#consoles.get(folded)?.name;
        const taken = owner !== undefined && foldName(owner) !== foldName(name);
        if (taken) refuse(at, `the alias ${alias} is taken by the console ${owner}`);
        else if (folded === foldName(name) || aliases.some((each) => foldName(each) === folded))
          refuse(at, `the alias ${alias} is there twice`);
        else aliases = [alias, ...aliases];
      }
    }
    return aliases;
  }
}
