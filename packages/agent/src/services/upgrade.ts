import { ConfedError, type Logger } from "@confed/kernel";
import type { LinksOfKind, UpgradeRequestReceived, UpgradeResponse } from "@confed/wire";
import type { Grant } from "../access/access.ts";
import type { Listed } from "../console/console-table.ts";
import type { Takeover } from "../takeover/takeover.ts";
import { nameOf } from "./control.ts";

export interface UpgradeDeps {
  /** Undefined: this agent cannot be replaced while it runs; `why` says so. */
  readonly takeover: Pick<Takeover, "plan" | "run"> | undefined;
  readonly logger: Pick<Logger, "info">;
}

/**
 * Let a successor take over. Rejects when it does not: this agent goes on then. `answered` resolves when this
 * answer has left: the process does not end before.
 */
export async function upgrade(
  request: UpgradeRequestReceived,
  grant: Grant,
  { takeover, logger, answered }: UpgradeDeps & { readonly answered: Promise<void> },
): Promise<UpgradeResponse> {
  const { planOnly } = request;
  if (takeover === undefined) {
    throw new ConfedError("failed_precondition", "this agent cannot be replaced while it runs", {
      hint: "shards, and agents that end with their standard input as those of `confed up`, are restarted",
    });
  }
  if (!planOnly) logger.info("upgrade", { by: nameOf(request, grant) });
  const { plan, done } = planOnly ? takeover.plan() : await takeover.run(answered);
  return {
    kept: byKind(plan.kept.map(({ listed }) => listed)),
    reconnecting: byKind(plan.reconnecting),
    unconnected: plan.unconnected.length,
    done: done !== undefined,
    ...done,
  };
}

function byKind(consoles: readonly Listed[]): LinksOfKind[] {
  const kinds = new Map<string, string[]>();
  for (const { name, transport } of consoles) {
    const names = kinds.get(transport);
    if (names === undefined) kinds.set(transport, [name]);
    else names.push(name);
  }
  return [...kinds].map(([transport, names]) => ({
    transport,
    consoles: { count: names.length, names: names.slice(0, NAMES_MAX) },
  }));
}

/** Of each kind; the rest is counted. */
const NAMES_MAX = 100;
