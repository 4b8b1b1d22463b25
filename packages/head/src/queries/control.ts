import { setMaxListeners } from "node:events";
import { type Clock, ConfedError, withDeadline } from "@confed/kernel";
import { CONTROL_VERBS, type Verb, verbSet } from "@confed/trust";
import {
  type ControlRequestReceived,
  type ControlResponse,
  type ErrorDetail,
  type Ticket,
  toDetail,
} from "@confed/wire";
import { allows, type Caller } from "../access/head-access.ts";
import type { AgentLinks } from "../attach/agent-links.ts";
import { agentLoss } from "../attach/agent-loss.ts";
import type { AgentRecord } from "../directory/agent-record.ts";
import { unreachableError } from "../directory/agent-record.ts";
import type { Directory } from "../directory/directory.ts";
import { notFound } from "../directory/find-owner.ts";
import { knownDetail } from "../directory/known-status.ts";
import { chunkNames } from "./chunk-names.ts";
import { openQuery } from "./open-query.ts";

export interface ControlDeps {
  readonly clock: Clock;
  readonly directory: Directory;
  readonly links: AgentLinks;
}

/** Within the 10 s that our caller waits for us. */
const CONTROL_TIMEOUT_MS = 8_000;
/** An answer is one message of at most 256 KiB. */
const NAMES_BYTES_MAX = 100 * 1024;
const ERRORS_BYTES_MAX = 100 * 1024;

/**
 * Do something to every console of a selection, through the agents that own them. Answers with what
 * was done and with what was not: consoles that are named and do not exist, agents that do not
 * answer, and what they say themselves.
 */
export async function control(
  request: ControlRequestReceived,
  caller: Caller,
  { clock, directory, links }: ControlDeps,
  parent: AbortSignal,
): Promise<ControlResponse> {
  // Everything is never meant by saying nothing.
  if (request.selection === "") {
    throw new ConfedError("invalid_argument", "which consoles?", {
      subject: "selection",
      hint: '"*" means all',
    });
  }
  const verb = controlVerb(request);
  const query = openQuery(directory, request.selection, allows(caller, verb));
  // Who is attached is known here: agents that have nobody are not asked.
  const watchedOnly = request.action === "tell" || request.action === "disconnect";
  // One listener an agent: more than the ten that Node takes for a leak.
  setMaxListeners(0, parent);
  const consoles: string[] = [];
  let sessions = 0;
  const errors: ErrorDetail[] = query.unknown.map((name) => toDetail(notFound(directory, [name])));
  await Promise.all(
    Array.from(byOwner(directory, query, watchedOnly), async ([agent, names]) => {
      const left = new Set(names);
      try {
        const what = `${names.length} consoles of agent ${agent.id}`;
        await withDeadline({ clock, timeoutMs: CONTROL_TIMEOUT_MS, what }, parent, async (signal) => {
          if (agent.presence.state === "down") throw unreachableError(agent.identity, "is down");
          const client = await links.of(agent).client("control", signal);
          for (const chunk of chunkNames(names)) {
            const said = await client.control(
              { ...request, selection: chunk.join(","), ticket: controlTicket(caller, agent, verb) },
              { signal },
            );
            // An agent speaks of what it was asked, and of nothing else.
            for (const name of said.consoles) if (left.delete(name)) consoles.push(name);
            sessions += said.sessions;
            errors.push(...said.errors.map(knownDetail));
          }
        });
      } catch (reason) {
        errors.push(notDone(agentLoss(agent.id, ConfedError.from(reason)), agent, left.size));
      }
    }),
  );
  return { ...bounded(consoles, errors), sessions };
}

// The agent tells only of consoles that may be listed.
function controlTicket(caller: Caller, agent: AgentRecord, verb: Verb): Ticket | null {
  const what = { verbs: verbSet(["list", verb]), consoles: "*", clientKey: new Uint8Array() };
  return caller.ticketFor(agent, what) ?? null;
}

/** What it takes on a console. */
export function controlVerb({ action }: ControlRequestReceived): Verb {
  return CONTROL_VERBS[action ?? "reconnect"];
}

function byOwner(
  directory: Directory,
  { candidates, fits }: ReturnType<typeof openQuery>,
  watchedOnly: boolean,
): ReadonlyMap<AgentRecord, readonly string[]> {
  const namesOf = new Map<AgentRecord, string[]>();
  for (const name of candidates) {
    const owner = directory.ownerOf(name);
    const status = directory.statusOf(name);
    if (owner === undefined || status === undefined || !fits(status)) continue;
    if (watchedOnly && status.viewers.length === 0) continue;
    const names = namesOf.get(owner);
    if (names === undefined) namesOf.set(owner, [name]);
    else names.push(name);
  }
  return namesOf;
}

function notDone(error: ConfedError, agent: AgentRecord, count: number): ErrorDetail {
  const detail = toDetail(error);
  return {
    ...detail,
    subject: agent.id,
    message: `${count} ${count === 1 ? "console" : "consoles"} not done: ${error.rawMessage}`,
  };
}

function bounded(consoles: readonly string[], errors: readonly ErrorDetail[]): ControlResponse {
  const listed = upTo(NAMES_BYTES_MAX, consoles, (name) => name.length + 4);
  const told = upTo(ERRORS_BYTES_MAX, errors, detailBytesMax);
  const leftOut = [
    ...more(consoles.length - listed.length, "consoles were done"),
    ...more(errors.length - told.length, "errors are not told"),
  ];
  return { consoles: listed, errors: [...told, ...leftOut] };
}

function upTo<T>(sizeBytesMax: number, items: readonly T[], sizeBytesOf: (item: T) => number): T[] {
  let sizeBytes = 0;
  const end = items.findIndex((item) => (sizeBytes += sizeBytesOf(item)) > sizeBytesMax);
  return items.slice(0, end < 0 ? items.length : end);
}

function detailBytesMax({
  code = "",
  message = "",
  subject = "",
  where = "",
  hint = "",
}: ErrorDetail): number {
  return 3 * (code.length + message.length + subject.length + where.length + hint.length) + 16;
}

function more(count: number, what: string): readonly ErrorDetail[] {
  if (count === 0) return [];
  return [toDetail(new ConfedError("resource_exhausted", `${count} more ${what}: the answer is full`))];
}
