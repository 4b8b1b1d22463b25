import { ConfedError, checkName } from "@confed/kernel";
import type { AgentRecord } from "./agent-record.ts";
import type { Directory } from "./directory.ts";

/** The agent to ask for a console. Throws "invalid_argument" for what is no name, and "not_found". */
export function findOwner(directory: Directory, console: string): AgentRecord {
  const owner = directory.ownerOf(checkName(console));
  if (owner === undefined) throw notFound(directory, [console]);
  return owner;
}

/** How many names an error has room for. */
const NAMED_MAX = 10;

/**
 * No agent of this head has these consoles: "not_found". While agents have still to say what they
 * have, as after a start of the head, nobody can know that: "unavailable".
 */
export function notFound(directory: Directory, consoles: readonly string[]): ConfedError {
  const named = consoles.slice(0, NAMED_MAX).map((name) => `"${name}"`);
  const more = consoles.length - named.length;
  const which = more > 0 ? `${named.join(", ")} and ${more} more` : named.join(", ");
  if (directory.settled) {
    return new ConfedError("not_found", `no agent of this head has a console ${which}`, {
      subject: consoles[0],
      hint: "rcons ls shows all; case counts",
    });
  }
  return new ConfedError(
    "unavailable",
    `this head does not know a console ${which} yet: its agents are still joining`,
    {
      subject: consoles[0],
      hint: "agents join within seconds of a head's start; confed status shows them",
    },
  );
}
