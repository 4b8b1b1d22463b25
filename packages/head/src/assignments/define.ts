import { parseConsole } from "@confed/config";
import {
  type Clock,
  ConfedError,
  checkName,
  literalNames,
  matches,
  neutralise,
  parseSelection,
  type Selectable,
  type Selection,
} from "@confed/kernel";
import { holds, verbSet } from "@confed/trust";
import type { Audit } from "@confed/trust/audit";
import { type DefineRequestReceived, type DefineResponse, type ErrorDetail, toDetail } from "@confed/wire";
import type { Caller } from "../access/head-access.ts";
import type { Directory } from "../directory/directory.ts";
import type { Change, Entry, Store } from "../store/store.ts";
import type { Assignments } from "./assignments.ts";
import { inForce } from "./stored.ts";

export interface DefineDeps {
  readonly store: Store;
  readonly directory: Pick<Directory, "claimsOn">;
  readonly assignments: Pick<Assignments, "namesake">;
  readonly clock: Pick<Clock, "wallTimeMs">;
  readonly audit: Pick<Audit, "event" | "alarm">;
  /** Throws "not_found" for an agent that there is none of. */
  readonly checkKnown: (agent: string) => void;
  /** Why an agent may not have a console; undefined: it may. */
  readonly refuses: (agent: string, console: string) => ConfedError | undefined;
}

/** Bounds, with their reasons. */
const DEFINE_LIMITS = {
  /** Consoles of one head; see the directory's. */
  definitionsMax: 250_000,
  entryLengthMax: 16 * 1024,
  /** One commit; entries may be long. */
  perCommitMax: 250,
  commitLengthMax: 200 * 1024,
  /** What an answer has room for. */
  namedMax: 300,
  errorsMax: 50,
} as const;

const CONFIG = verbSet(["config"]);

/**
 * Change what is defined at this head, as far as `caller` may. Rejects with what is wrong with one console; of a
 * selection what can be done is done, and the answer says what not.
 */
export async function define(
  request: DefineRequestReceived,
  caller: Caller,
  deps: DefineDeps,
): Promise<DefineResponse> {
  switch (request.action) {
    case "put": {
      const { agent = "", entry = "", ifRevision = 0 } = request.put ?? {};
      const done = [await put({ agent, entry, ifRevision }, caller, deps)];
      return answer({ done, waiting: waitingOf(done, deps), errors: [] });
    }
    case "remove":
      return each(request.remove ?? "", caller, deps, { what: "removed", change: removal });
    case "move": {
      const { consoles = "", to = "", force = false } = request.move ?? {};
      checkName(to, "agent");
      return each(consoles, caller, deps, {
        what: `moved to ${to}`,
        to,
        force,
        change: (console, entry) => moved(console, entry, { to, force }, deps),
      });
    }
    default:
      throw new ConfedError("invalid_argument", "no known action was asked for", { subject: "action" });
  }
}

async function put(
  {
    agent,
    entry: text,
    ifRevision,
  }: { readonly agent: string; readonly entry: string; readonly ifRevision: number },
  caller: Caller,
  deps: DefineDeps,
): Promise<string> {
  const { store, clock, audit } = deps;
  const entry = entryIn(text);
  const spec = parseConsole(entry);
  const { name } = spec;
  const before = store.get("definitions", name);
  // Before anything that tells whether there is such a console.
  checkMay(caller, { ...spec, owner: agent });
  if (before !== undefined) checkMay(caller, selectableOf(name, before));
  checkPut(name, before, ifRevision, deps);
  if (before !== undefined && before.value.told?.agent !== agent)
    throw new ConfedError("invalid_argument", `${name} is ${before.value.told?.agent ?? "nobody"}'s`, {
      subject: name,
      hint: `confed console move ${name} ${neutralise(agent, 140)}`,
    });
  checkAgent(checkName(agent, "agent"), name, deps);
  const told = { agent, entry: JSON.stringify(entry), by: caller.name, atMs: clock.wallTimeMs() };
  const changes: Change[] = [{ kind: "definitions", key: name, value: { told }, ifRevision }];
  if (store.get("claims", name) === undefined && deps.directory.claimsOn(name).length === 0)
    changes.push({ kind: "claims", key: name, value: { agent, sinceMs: told.atMs }, ifRevision: 0 });
  await store.commit(changes);
  const what = before === undefined ? "added" : "changed";
  audit.event({ event: "assignment.changed", subject: caller.name, console: name, agent, text: what });
  return name;
}

function checkPut(
  name: string,
  before: Entry<"definitions"> | undefined,
  ifRevision: number,
  { store, directory, assignments }: DefineDeps,
): void {
  if (before?.value.file !== undefined) throw isOfFile(name);
  if (ifRevision !== 0) return;
  if (before !== undefined) {
    throw new ConfedError(
      "conflict",
      `there is a console ${name} already, of agent ${before.value.told?.agent ?? ""}`,
      {
        subject: name,
        hint: `confed console edit ${name} ..., or move ${name} AGENT`,
      },
    );
  }
  const namesake = assignments.namesake(name);
  if (namesake !== undefined)
    throw new ConfedError("conflict", `${name} differs only in case from ${namesake}`, {
      subject: name,
      hint: "log files and people would confuse them: take another name",
    });
  const [claim] = directory.claimsOn(name);
  if (claim !== undefined && claim.status.source !== "HEAD") {
    throw new ConfedError("conflict", `agent ${claim.agent.id} has a console ${name} by a file of its own`, {
      subject: name,
      hint: "take it out of that file first: file wins over head",
    });
  }
  // An estimate, and cheap: every definition has its claim, sooner or later.
  if (store.list("definitions").length >= DEFINE_LIMITS.definitionsMax)
    throw new ConfedError(
      "resource_exhausted",
      `more than ${DEFINE_LIMITS.definitionsMax} definitions (definitionsMax)`,
      {
        subject: name,
      },
    );
}

type ChangeOf = (console: string, entry: Entry<"definitions"> | undefined) => readonly Change[];

interface Each {
  /** For the audit. */
  readonly what: string;
  readonly to?: string;
  readonly force?: boolean;
  readonly change: ChangeOf;
}

async function each(
  selection: string,
  caller: Caller,
  deps: DefineDeps,
  { what, to, force = false, change }: Each,
): Promise<DefineResponse> {
  if (selection === "")
    throw new ConfedError("invalid_argument", "which consoles?", {
      subject: "selection",
      hint: '"*" means all',
    });
  const { store, audit } = deps;
  const done: string[] = [];
  const errors: ErrorDetail[] = [];
  let names: string[] = [];
  let owners: (string | undefined)[] = [];
  let changes: Change[] = [];
  let length = 0;
  const commit = async () => {
    if (changes.length === 0) return;
    try {
      await store.commit(changes);
      for (const [index, console] of names.entries()) {
        const event = {
          subject: caller.name,
          console,
          agent: to,
          text: what,
          details: { before: owners[index] },
        };
        if (force) audit.alarm({ event: "owner.forced", ...event });
        else audit.event({ event: "assignment.changed", ...event });
      }
      done.push(...names);
    } catch (reason) {
      for (const subject of names) errors.push({ ...toDetail(ConfedError.from(reason)), subject });
    }
    [names, owners, changes, length] = [[], [], [], 0];
  };
  const wanted = parseSelection(selection);
  const isByName = literalNames(wanted) !== undefined;
  for (const name of namesOf(wanted, { ...deps, claimsToo: force })) {
    try {
      const entry = store.get("definitions", name);
      // Of a pattern, what he may not change is no part: to name it would tell that it is there.
      if (!isByName && entry !== undefined && !may(caller, selectableOf(name, entry))) continue;
      if (entry === undefined && !(force && store.get("claims", name) !== undefined)) throw notDefined(name);
      // What he may not know of is answered like what is not there.
      if (entry !== undefined && !may(caller, selectableOf(name, entry))) throw notDefined(name);
      if (entry === undefined) checkMay(caller, deps.directory.claimsOn(name)[0]?.status ?? unowned(name));
      if (to !== undefined) checkMay(caller, { ...selectableOf(name, entry), owner: to });
      if (to !== undefined) checkAgent(to, name, deps);
      const its = change(name, entry);
      if (its.length === 0) continue;
      names.push(name);
      owners.push(store.get("claims", name)?.value.agent);
      changes.push(...its);
      length += entry === undefined ? 0 : JSON.stringify(entry.value).length;
      if (names.length >= DEFINE_LIMITS.perCommitMax || length >= DEFINE_LIMITS.commitLengthMax)
        await commit();
    } catch (reason) {
      errors.push(toDetail(ConfedError.from(reason)));
    }
  }
  await commit();
  return answer({ done, waiting: to === undefined ? [] : waitingOf(done, deps), errors });
}

const removal: ChangeOf = (console, entry) => {
  if (entry?.value.file !== undefined) throw isOfFile(console);
  return [{ kind: "definitions", key: console, value: undefined, ifRevision: entry?.revision ?? 0 }];
};

/** By force the claim passes as well, at once: whoever had it is taken for dead. */
function moved(
  console: string,
  entry: Entry<"definitions"> | undefined,
  { to, force }: { readonly to: string; readonly force: boolean },
  { store, clock }: DefineDeps,
): readonly Change[] {
  if (entry?.value.file !== undefined && entry.value.file.agent !== to) throw isOfFile(console);
  const changes: Change[] = [];
  const told = entry?.value.told;
  const sinceMs = clock.wallTimeMs();
  if (told !== undefined && told.agent !== to)
    changes.push({
      ...{ kind: "definitions", key: console, ifRevision: entry?.revision ?? 0 },
      value: { ...entry?.value, told: { ...told, agent: to, atMs: sinceMs } },
    });
  const claim = store.get("claims", console);
  if (force && claim?.value.agent !== to)
    changes.push({
      ...{ kind: "claims", key: console, ifRevision: claim?.revision ?? 0 },
      value: { agent: to, sinceMs },
    });
  return changes;
}

function namesOf(
  selection: Selection,
  { store, claimsToo }: { readonly store: Store; readonly claimsToo: boolean },
): readonly string[] {
  const literal = literalNames(selection);
  if (literal !== undefined) return [...literal];
  const defined = store
    .list("definitions")
    .filter((entry) => matches(selection, selectableOf(entry.key, entry)));
  const names = defined.map(({ key }) => key);
  if (!claimsToo) return names;
  // Of a console that agents define, this head knows the name alone.
  const claimed = store
    .list("claims")
    .filter(({ key }) => matches(selection, { name: key, groups: [], labels: {} }));
  return [...new Set([...names, ...claimed.map(({ key }) => key)])];
}

/** What roles and selections look at. Costs a parse of its entry. */
export function selectableOf(
  name: string,
  entry: Entry<"definitions"> | undefined,
): Selectable & { readonly owner: string } {
  const assignment = entry && inForce(entry.value);
  if (assignment === undefined) return unowned(name);
  const { groups = [], labels = {} } = JSON.parse(assignment.entry) as Partial<Selectable>;
  return { name, groups, labels, owner: assignment.agent };
}

function unowned(name: string) {
  return { name, groups: [], labels: {}, owner: "" };
}

function checkAgent(agent: string, console: string, { checkKnown, refuses }: DefineDeps): void {
  checkKnown(agent);
  const refusal = refuses(agent, console);
  if (refusal !== undefined) throw refusal;
}

function may(caller: Caller, console: Selectable & { readonly owner: string }): boolean {
  return caller.mayAlways(CONFIG) || holds(caller.verbsOn(console), CONFIG);
}

function checkMay(caller: Caller, console: Selectable & { readonly owner: string }): void {
  if (may(caller, console)) return;
  throw new ConfedError("permission_denied", `your roles do not allow config on ${console.name}`, {
    subject: console.name,
    hint: "an administrator gives roles: confed grant",
  });
}

function entryIn(text: string): unknown {
  if (text.length > DEFINE_LIMITS.entryLengthMax)
    throw new ConfedError(
      "invalid_argument",
      `a definition has at most ${DEFINE_LIMITS.entryLengthMax} characters`,
    );
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ConfedError("invalid_argument", "the definition is not JSON", { cause });
  }
}

function waitingOf(names: readonly string[], { store }: DefineDeps): readonly string[] {
  return names.filter((name) => {
    const definition = store.get("definitions", name);
    const wanted = definition && inForce(definition.value)?.agent;
    return wanted !== undefined && store.get("claims", name)?.value.agent !== wanted;
  });
}

function answer({
  done,
  waiting,
  errors,
}: {
  readonly done: readonly string[];
  readonly waiting: readonly string[];
  readonly errors: readonly ErrorDetail[];
}): DefineResponse {
  const more = errors.length - DEFINE_LIMITS.errorsMax;
  const rest = new ConfedError("resource_exhausted", `${more} more are not done: the answer is full`);
  return {
    ...{ done: done.slice(0, DEFINE_LIMITS.namedMax), doneCount: done.length },
    ...{ waiting: waiting.slice(0, DEFINE_LIMITS.namedMax), waitingCount: waiting.length },
    errors: more > 0 ? [...errors.slice(0, DEFINE_LIMITS.errorsMax), toDetail(rest)] : [...errors],
  };
}

function notDefined(name: string): ConfedError {
  return new ConfedError("not_found", `this head defines no console ${neutralise(name, 140)}`, {
    subject: name.slice(0, 140),
    hint: "confed console ls shows all; what a file of an agent defines is edited there",
  });
}

function isOfFile(name: string): ConfedError {
  return new ConfedError("failed_precondition", `a file of this head defines ${name}`, {
    subject: name,
    hint: "edit that file, and send the head SIGHUP",
  });
}
