import { literalNames, parseSelection } from "@confed/kernel";
import type { ConsoleTable } from "../console/console-table.ts";
import type { Siblings } from "./siblings.ts";

/** A shard's consoles, and the shards that have the others. */
export interface HostView {
  readonly table: ConsoleTable;
  readonly siblings: Siblings;
}

/** What a selection means on this host: what to ask us, and what to ask each of the other shards. */
export interface HostSelection {
  /** Undefined: nothing that is ours. */
  readonly own: string | undefined;
  readonly others: ReadonlyMap<number, string>;
}

/** Ours now, and not being handed to another shard. */
export function isOwn(table: ConsoleTable, name: string): boolean {
  const listed = table.find(name);
  return listed !== undefined && listed.console.state.phase !== "stopped";
}

/** The other shard that has a console; undefined: none has, or we do. */
export async function elsewhere(
  name: string,
  { siblings }: Pick<HostView, "siblings">,
): Promise<number | undefined> {
  const [shard] = await siblings.where([name]);
  return shard === undefined || siblings.isSelf(shard) ? undefined : shard;
}

/** Rejects with "invalid_argument" for what is no selection. What no shard has is asked of us. */
export async function selectHost(text: string, { table, siblings }: HostView): Promise<HostSelection> {
  const names = text === "" ? undefined : literalNames(parseSelection(text));
  if (names === undefined) {
    const others = siblings.others().map(({ index }) => [index, text] as const);
    return { own: text, others: new Map(others) };
  }
  const strange = names.filter((name) => !isOwn(table, name));
  const shards = await siblings.where(strange);
  const others = new Map<number, string[]>();
  const ours = new Set(names);
  for (const [at, name] of strange.entries()) {
    const shard = shards[at];
    if (shard === undefined || siblings.isSelf(shard)) continue;
    ours.delete(name);
    const more = others.get(shard);
    if (more === undefined) others.set(shard, [name]);
    else more.push(name);
  }
  return {
    own: ours.size === 0 ? undefined : strange.length === 0 ? text : [...ours].join(","),
    others: new Map(Array.from(others, ([shard, list]) => [shard, list.join(",")])),
  };
}
