import { ConfedError } from "@confed/kernel";

/** For viewers of a console whose agent ends. */
export function agentStops(name: string): ConfedError {
  return new ConfedError("agent_unreachable", `the agent that owns ${name} stops`, { subject: name });
}

/** For viewers of a console that another process has now. */
export function goesOn(name: string): ConfedError {
  return new ConfedError("unavailable", `${name} goes on in another process of its agent`, { subject: name });
}

/** For viewers of a console that the head has assigned and does not assign to this agent any more. */
export function assignedElsewhere(name: string): ConfedError {
  return new ConfedError("unavailable", `the head has taken ${name} from this agent`, { subject: name });
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

/** For whoever types at a console without a link; `cause`: why it was lost. */
export function notConnected(name: string, cause: ConfedError | undefined): ConfedError {
  const why = cause === undefined ? "" : `: ${cause.rawMessage}`;
  return new ConfedError("console_down", `${name} is not connected${why}`, { subject: name });
}

/** For input that a link refuses. */
export function takesNoInput(name: string): ConfedError {
  return new ConfedError("resource_exhausted", `${name} does not take input; it was discarded`, {
    subject: name,
    hint: "flow control may have stopped the line",
  });
}

/** A link's far end left in order. */
export function hungUp(name: string): ConfedError {
  return new ConfedError("hung_up", `${name} hung up`, { subject: name });
}
