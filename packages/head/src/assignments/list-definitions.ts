import { ConfedError, matches, parseSelection } from "@confed/kernel";
import {
  type DefinedConsole,
  type DefinitionsRequestReceived,
  type DefinitionsResponse,
  type Outlet,
  toDetail,
} from "@confed/wire";
import { allows, type Caller } from "../access/head-access.ts";
import type { Directory } from "../directory/directory.ts";
import { compareNames } from "../directory/natural-order.ts";
import { breathe } from "../queries/breathe.ts";
import type { Store } from "../store/store.ts";
import type { Assignments } from "./assignments.ts";
import { selectableOf } from "./define.ts";
import { inForce } from "./stored.ts";

export interface ListDefinitionsDeps {
  readonly store: Store;
  readonly directory: Directory;
  readonly assignments: Pick<Assignments, "refusalOf" | "takes">;
}

/** Entries may be long; a message is far below 256 KiB all the same. */
const PAGE_LENGTH_MAX = 48 * 1024;

/** Every console of a selection that the caller may list: what is defined here, and what agents have by themselves. */
export async function listDefinitions(
  { selection }: DefinitionsRequestReceived,
  outlet: Outlet<DefinitionsResponse>,
  caller: Caller,
  deps: ListDefinitionsDeps,
): Promise<void> {
  const { store, directory } = deps;
  const wanted = parseSelection(selection === "" ? "*" : selection);
  const may = allows(caller, "list");
  const names = new Set(directory.names());
  for (const { key } of store.list("definitions")) names.add(key);
  let page: DefinedConsole[] = [];
  let length = 0;
  for (const name of [...names].sort(compareNames)) {
    const status = directory.statusOf(name);
    const about = status ?? selectableOf(name, store.get("definitions", name));
    if (!matches(wanted, about) || !may(about)) continue;
    const defined = definedConsole(name, deps);
    page.push(defined);
    length += 200 + (defined.entry?.length ?? 0);
    if (length < PAGE_LENGTH_MAX) continue;
    outlet.send({ consoles: page });
    [page, length] = [[], 0];
    await breathe(outlet);
  }
  outlet.send({ consoles: page });
  outlet.end();
}

function definedConsole(name: string, deps: ListDefinitionsDeps): DefinedConsole {
  const { store } = deps;
  const definition = store.get("definitions", name);
  const claim = store.get("claims", name);
  const shown = { name, claimedBy: claim?.value.agent ?? "", epoch: claim?.revision ?? 0 };
  const assignment = definition && inForce(definition.value);
  const trouble = troubleOf(name, deps);
  const why = trouble === undefined ? {} : { trouble: toDetail(trouble) };
  if (definition === undefined || assignment === undefined) return { ...shown, ...why };
  const { file, told } = definition.value;
  return {
    ...{ ...shown, ...why, agent: assignment.agent, entry: assignment.entry, atMs: assignment.atMs },
    ...{ source: file === undefined ? "command" : "file", revision: definition.revision, by: told?.by ?? "" },
  };
}

/** Why a console is not as this head defines it; undefined: it is, or is not defined here and is nobody's rival. */
function troubleOf(
  name: string,
  { store, directory, assignments }: ListDefinitionsDeps,
): ConfedError | undefined {
  const definition = store.get("definitions", name)?.value;
  const agent = definition && inForce(definition)?.agent;
  const status = directory.statusOf(name);
  const conflict = status?.state === "CONFLICT" ? status.cause?.message : undefined;
  if (agent === undefined)
    return conflict === undefined ? undefined : new ConfedError("conflict", conflict, { subject: name });
  const owner = store.get("claims", name)?.value.agent;
  if (owner !== agent) return waits(name, agent, owner ?? "another agent", { directory, assignments });
  if (conflict !== undefined) return new ConfedError("conflict", conflict, { subject: name });
  const refusal = assignments.refusalOf(agent, name);
  if (refusal !== undefined)
    return new ConfedError(refusal.code, `${agent} cannot use it: ${refusal.rawMessage}`, { subject: name });
  if (status?.source === "FILE_OVER_HEAD")
    return new ConfedError("conflict", `a file of agent ${agent} defines it as well, and is in force`, {
      subject: name,
      hint: "take it out of that file, or out of this head",
    });
  if (definition?.file !== undefined && definition.told !== undefined) {
    const said = `a file of this head gives it to ${agent}; what was told for ${definition.told.agent} is not in force`;
    return new ConfedError("conflict", said, { subject: name });
  }
  return assignments.takes(agent)
    ? undefined
    : new ConfedError("agent_unreachable", `agent ${agent} has not joined this head`, { subject: name });
}

function waits(
  name: string,
  agent: string,
  owner: string,
  { directory, assignments }: Pick<ListDefinitionsDeps, "directory" | "assignments">,
): ConfedError {
  const [claim] = directory.claimsOn(name).filter((each) => each.agent.host === owner);
  const byFile = claim !== undefined && claim.status.source !== "HEAD";
  const isThere = assignments.takes(owner);
  const why = byFile
    ? "a file of its own defines it"
    : isThere
      ? "it is letting go"
      : "it has not joined this head";
  return new ConfedError("conflict", `waits until agent ${owner} has let go: ${why}`, {
    subject: name,
    hint: isThere ? undefined : `if ${owner} is dead: confed console move ${name} ${agent} --force`,
  });
}
