import { ConfedError, EXIT, EXIT_CODE_OF, neutralise } from "@confed/kernel";
import { errorLines, type HeadPeer, TextOut } from "@confed/rcons";
import {
  type DefinedConsoleReceived,
  type DefineRequest,
  type DefineResponseReceived,
  fromDetail,
} from "@confed/wire";
import { askHead, type HeadFlags } from "../process/ask-head.ts";
import type { World } from "../world.ts";
import { type TableEdit, withWords } from "./edit-table.ts";

export interface AssignmentFlags extends HeadFlags {
  /** To whom a console is assigned. */
  readonly agent?: string;
  readonly force?: true;
}

/** `confed console add|edit|rm` at a head. */
export function runAssignment(
  world: World,
  { kind, name, words }: TableEdit,
  flags: AssignmentFlags,
): Promise<number> {
  return askHead(world, flags, async (client, signal) => {
    if (kind === "rm") return told(world, await client.define({ remove: name }, { signal }), "removed");
    if (kind === "add") {
      const { agent } = flags;
      if (agent === undefined)
        throw new ConfedError("invalid_argument", `which agent is to have ${name}?`, {
          subject: name,
          hint: "--agent NAME",
        });
      const entry = JSON.stringify(withWords({ name }, words));
      return told(world, await client.define({ put: { agent, entry } }, { signal }), "added");
    }
    const before = await definitionOf(client, name, signal);
    const entry = JSON.stringify(withWords(JSON.parse(before.entry) as Record<string, unknown>, words));
    const request: DefineRequest = { put: { agent: before.agent, entry, ifRevision: before.revision } };
    return told(world, await client.define(request, { signal }), "changed");
  });
}

/** `confed console move`. */
export function runMove(
  world: World,
  { consoles, to }: { readonly consoles: string; readonly to: string },
  flags: AssignmentFlags,
): Promise<number> {
  const move = { consoles, to, force: flags.force === true };
  return askHead(world, flags, async (client, signal) =>
    told(world, await client.define({ move }, { signal }), `moved to ${to}`),
  );
}

async function definitionOf(
  client: HeadPeer["client"],
  name: string,
  signal: AbortSignal,
): Promise<DefinedConsoleReceived> {
  const found: DefinedConsoleReceived[] = [];
  await new Promise<void>((resolve, reject) => {
    client.definitions({ selection: name }, { signal }).receive(
      ({ consoles }) => {
        found.push(...consoles);
      },
      (error) => {
        if (error === undefined) resolve();
        else reject(error);
      },
    );
  });
  const [first] = found;
  if (first !== undefined && first.source !== "") return first;
  throw new ConfedError("not_found", `this head defines no console ${name}`, {
    subject: name,
    hint: first === undefined ? "confed console ls" : `agent ${first.claimedBy} has it by a file of its own`,
  });
}

function told(world: World, answer: DefineResponseReceived, what: string): number {
  const out = new TextOut(world.stdout);
  const waiting = new Set(answer.waiting);
  out.lines(
    answer.done.map((name) =>
      waiting.has(name)
        ? `${name}: ${what} as soon as the agent that has it lets go (confed console show ${name})`
        : neutralise(`${name}: ${what}`, 300),
    ),
  );
  if (answer.doneCount > answer.done.length)
    out.line(
      `and ${answer.doneCount - answer.done.length} more, of which ${answer.waitingCount} wait in all`,
    );
  const errors = answer.errors.map(fromDetail);
  new TextOut(world.stderr).lines(
    errors.flatMap((error) => errorLines(error, { json: false, program: "confed" })),
  );
  if (errors.length === 0 && answer.doneCount === 0) out.line("nothing was to be done");
  return errors[0] === undefined ? EXIT.ok : EXIT_CODE_OF[errors[0].code];
}
