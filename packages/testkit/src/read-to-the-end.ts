import type { Rack } from "@confed/simulator";
import type { RigProcess } from "./rig-process.ts";

/**
 * Let a rack print no more and hang up everywhere; resolves when the agent has read every console to
 * the end of its link. What was sent until then must be in the log.
 */
export async function readToTheEnd(rack: Rack, agent: RigProcess): Promise<void> {
  const from = agent.lines.length;
  await rack.printing(false);
  for (let index = 0; index < rack.options.consoles; index += 1) await rack.hangUp(index);
  for (let index = 0; index < rack.options.consoles; index += 1) {
    await agent.logged("console down", { console: rack.consoleName(index) }, from);
  }
}
