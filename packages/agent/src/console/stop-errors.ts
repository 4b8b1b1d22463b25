import { ConfedError } from "@confed/kernel";

/** For viewers of a console whose agent ends. */
export function agentStops(name: string): ConfedError {
  return new ConfedError("agent_unreachable", `the agent that owns ${name} stops`, { subject: name });
}

/** For viewers of a console that another process has now. */
export function goesOn(name: string): ConfedError {
  return new ConfedError("unavailable", `${name} goes on in another process of its agent`, { subject: name });
}

/** For input while a console is on its way to another process. */
export function changesHands(name: string): ConfedError {
  return new ConfedError(
    "unavailable",
    `${name} is being handed to another process; the input was discarded`,
    {
      subject: name,
      hint: "type it again in a second",
    },
  );
}
