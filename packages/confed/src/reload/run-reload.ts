import { EXIT } from "@confed/kernel";
import { type AgentOptions, agentTargets } from "../agent/agent-targets.ts";
import type { World } from "../world.ts";
import { askReload } from "./ask-reload.ts";
import { faultLinesOf, planIn, planLines } from "./plan-lines.ts";

/** What commander makes of the command line of `confed reload`. */
export interface ReloadFlags extends AgentOptions {
  readonly plan?: true;
  readonly json?: true;
}

/** `confed reload`. */
export async function runReload(world: World, { plan, json, ...options }: ReloadFlags): Promise<number> {
  const answer = await askReload(world, {
    targets: await agentTargets(options, world),
    planOnly: plan === true,
  });
  const faults = faultLinesOf(answer);
  if (faults.length > 0) {
    const last = "confed: nothing is changed, the agent goes on with what it had";
    world.stderr.write([...faults, last, ""].join("\n"));
    return EXIT.usage;
  }
  const done = planIn(answer);
  const lines = json === true ? [JSON.stringify(done)] : planLines(done);
  world.stdout.write(`${lines.join("\n")}\n`);
  return EXIT.ok;
}
