import { ConfedError, foldName } from "@confed/kernel";
import type { ConsoleSpec } from "./console-spec.ts";
import { parseConsole, sharedLog } from "./console-table.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { LogPaths } from "./log-paths.ts";

/** What heads have assigned to an agent, as its state directory keeps it: JSON Lines, the first of them this. */
export interface AssignedHead {
  readonly version: number;
  /** Who said it last, for people. */
  readonly head: string;
}

/** One console of it. */
export interface AssignedConsole {
  readonly epoch: number;
  /** An entry of a console table, as JSON. */
  readonly entry: string;
}

/** What became of an assigned table beside the files of an agent. */
export interface TakenAssignments {
  /** Those of the files first. */
  readonly consoles: readonly ConsoleSpec[];
  /** Definitions that this agent cannot use: they keep nothing else from being used. */
  readonly refused: readonly ConfedError[];
}

/** The text of a table. */
export function formatAssigned(head: AssignedHead, consoles: Iterable<AssignedConsole>): string {
  const lines = [JSON.stringify({ version: head.version, head: head.head })];
  for (const { epoch, entry } of consoles) lines.push(`{"epoch":${epoch},"console":${entry}}`);
  return `${lines.join("\n")}\n`;
}

/** Read it again. Throws "data_loss" for a text that is none, or not whole: a crash may have cut it. */
export function parseAssigned(text: string): {
  readonly head: AssignedHead;
  readonly consoles: readonly { readonly epoch: number; readonly console: unknown }[];
} {
  try {
    const [first, ...rest] = text.split("\n");
    const head = JSON.parse(first ?? "") as AssignedHead;
    if (!Number.isSafeInteger(head.version) || rest.pop() !== "") throw new SyntaxError("it is cut");
    return { head, consoles: rest.map((line) => JSON.parse(line) as { epoch: number; console: unknown }) };
  } catch (cause) {
    throw new ConfedError("data_loss", "the assignments that were kept here cannot be read", { cause });
  }
}

/**
 * Put what is assigned beside what files define. A file wins: its console is marked, and what the head
 * says of that one is not used. A definition that is none here, or would be logged in another console's file of
 * `logs`, is refused, and keeps nobody else away.
 */
export function takeAssigned(
  files: readonly ConsoleSpec[],
  assigned: readonly { readonly epoch: number; readonly console: unknown }[],
  logs?: LogPaths,
): TakenAssignments {
  if (assigned.length === 0) return { consoles: files, refused: [] };
  const byFoldedName = new Map(files.map((spec) => [foldName(spec.name), spec] as const));
  const refused: ConfedError[] = [];
  for (const { epoch, console } of assigned) {
    try {
      const spec = parseConsole(console);
      const folded = foldName(spec.name);
      const before = byFoldedName.get(folded);
      if (before === undefined) {
        const other = logs?.claim(spec);
        if (other !== undefined) throw loggedTogether(spec.name, other);
        byFoldedName.set(folded, deepFreeze({ ...spec, epoch }));
      } else if (before.name !== spec.name) throw confusable(spec.name, before.name);
      // Whoever defines one twice in what is assigned means the first.
      else if (before.epoch === undefined)
        byFoldedName.set(folded, deepFreeze({ ...before, overrides: true }));
    } catch (reason) {
      refused.push(ConfedError.from(reason));
    }
  }
  return { consoles: [...byFoldedName.values()], refused };
}

function loggedTogether(name: string, other: string): ConfedError {
  const { message, hint } = sharedLog(other);
  return new ConfedError("conflict", message, { subject: name, hint });
}

function confusable(name: string, other: string): ConfedError {
  return new ConfedError("conflict", `${name} differs only in case from ${other}, which this agent has`, {
    subject: name,
    hint: "log files and people would confuse them: rename one",
  });
}
