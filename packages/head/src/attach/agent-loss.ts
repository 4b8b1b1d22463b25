import { ConfedError, type ErrorCode } from "@confed/kernel";

// What a broken connection looks like from our side; nobody's word.
const LOSS: ReadonlySet<ErrorCode> = new Set([
  "agent_unreachable",
  "unavailable",
  "internal",
  "canceled",
  "deadline_exceeded",
]);

/**
 * How a call to an agent failed, as its caller's caller is to hear it: "agent_unreachable" naming
 * the agent when the connection broke, else what the agent said. No error: it ended a stream that
 * does not end.
 */
export function agentLoss(agent: string, error: ConfedError | undefined): ConfedError {
  if (error !== undefined && !LOSS.has(error.code)) return error;
  if (error?.subject === agent) return error;
  const what = error === undefined ? "ended the stream" : `does not answer: ${error.rawMessage}`;
  return new ConfedError("agent_unreachable", `agent ${agent} ${what}`, {
    subject: agent,
    where: error?.where,
    cause: error,
  });
}
