import { ConfedError, neutralise } from "@confed/kernel";
import { fromDetail, type InputAckReceived } from "@confed/wire";
import { formatCount } from "../render/format-count.ts";

/** The agent's word that input did not reach the console, with the code of its reason; else undefined. */
export function discardedInput(
  console: string,
  { discarded, cause }: Pick<InputAckReceived, "discarded" | "cause">,
): ConfedError | undefined {
  if (discarded <= 0) return undefined;
  const what = `${formatCount(discarded, "byte")} of the input did not reach the console`;
  if (cause === null || cause.code === "") return new ConfedError("console_down", what, { subject: console });
  const { code, rawMessage, where, hint } = fromDetail(cause);
  return new ConfedError(code, `${what}: ${neutralise(rawMessage, 200)}`, { subject: console, where, hint });
}

/** Nobody will ever say whether this input arrived: sending it again might type it twice. */
export function unacknowledgedInput(console: string, openBytes: number): ConfedError {
  const were = openBytes === 1 ? "was" : "were";
  return new ConfedError(
    "agent_unreachable",
    `${formatCount(openBytes, "byte")} of the input ${were} not acknowledged when the connection was lost`,
    { subject: console, hint: "look at the console before you send the rest" },
  );
}
