import { existsSync } from "node:fs";
import type { AgentSettings } from "@confed/config";
import { ConfedError, formatHostPort } from "@confed/kernel";
import { type TargetOptions, type Targets, targetsOf } from "@confed/rcons";
import type { World } from "../world.ts";

/** `--agent`, `--socket` and `--config` of a command that one agent obeys. */
export interface AgentOptions extends Pick<TargetOptions, "agent" | "socket"> {
  readonly config?: string | undefined;
}

export const AGENT_OF_THIS_HOST = "127.0.0.1:7110";

/**
 * The agent that was named, or has this configuration; else {@link AGENT_OF_THIS_HOST}. Rejects with "invalid_argument",
 * also where the configuration has faults.
 */
export async function agentTargets(
  { agent, socket, config }: AgentOptions,
  { env, clock }: Pick<World, "env" | "clock">,
): Promise<Targets> {
  const isNamed = agent !== undefined || socket !== undefined;
  if (config === undefined)
    return targetsOf(isNamed ? { agent, socket } : { agent: AGENT_OF_THIS_HOST }, env);
  if (isNamed) throw new ConfedError("invalid_argument", "--config excludes --agent and --socket");
  const [{ loadAgentConfig }, { conserverFile }, { faultLines }] = await Promise.all([
    import("@confed/config"),
    import("../conserver/conserver-file.ts"),
    import("../process/load-or-say.ts"),
  ]);
  const loaded = await loadAgentConfig(config, { conserver: conserverFile(clock).read });
  if (loaded.ok === undefined) {
    const faults = faultLines(loaded.faults).trim();
    throw new ConfedError("invalid_argument", `there are faults in ${config}: ${faults}`, {
      subject: config,
    });
  }
  return targetsOf({ agent: await wayToAgent(loaded.ok.agent) }, env);
}

/**
 * How to come to the agent of this host that has these settings: by its control socket, for whoever may open that one; where
 * it listens it may want to know who one is. Without TLS it has none, and asks nobody.
 */
export async function wayToAgent({
  stateDir,
  listen,
}: Pick<AgentSettings, "stateDir" | "listen">): Promise<string> {
  const { controlSocketIn } = await import("@confed/agent");
  const socket = controlSocketIn(stateDir);
  return existsSync(socket) ? socket : formatHostPort(listen);
}
