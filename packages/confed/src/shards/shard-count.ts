import { availableParallelism } from "node:os";
import { type AgentConfig, SHARDS_MAX } from "@confed/config";
import { ConfedError } from "@confed/kernel";

/** How many processes an agent is to be: `option` of the command line, else what its configuration says. */
export function shardCount({ agent }: Pick<AgentConfig, "agent">, option: string | undefined): number {
  const wanted = option === undefined ? agent.shards : option === "auto" ? option : wholeNumber(option);
  if (wanted === undefined) return 1;
  return wanted === "auto" ? Math.min(availableParallelism(), SHARDS_MAX) : wanted;
}

function wholeNumber(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= SHARDS_MAX) return count;
  throw new ConfedError("invalid_argument", `--shards ${text} is not a number of processes`, {
    subject: "--shards",
    hint: `1 to ${SHARDS_MAX}, or auto: one for each processor`,
  });
}
