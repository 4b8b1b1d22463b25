import { Socket } from "node:net";
import { serveShard } from "@confed/agent/shard";
import { ConfedError, EXIT, type LogFields, type Logger, Scope } from "@confed/kernel";
import { guardOf } from "../agent/guard-of.ts";
import { auditOf } from "../audit/audit-of.ts";
import { agentGateway } from "../gateway/agent-gateway.ts";
import type { DaemonFlags } from "../process/daemon-flags.ts";
import { descriptorWarning, readLimits } from "../process/descriptor-limit.ts";
import { logBugs } from "../process/log-bugs.ts";
import { processLog } from "../process/process-log.ts";
import { keepPausesShortAfterStart } from "../process/short-pauses.ts";
import { lockState, type StateLock } from "../process/state-lock.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import { CONTROL_FD } from "./spawn-shard.ts";

/**
 * Be a shard of the supervisor at the other end of the control channel, until it says so, is gone, or
 * SIGTERM or SIGINT comes. What concerns the whole host is the supervisor's: other signals mean nothing here.
 */
export async function runShard(
  world: World,
  index: number,
  { logFormat, logLevel }: Pick<DaemonFlags, "logFormat" | "logLevel">,
): Promise<number> {
  const { clock, env, pid, stderr } = world;
  const logger = ofShard(processLog({ stream: stderr, format: logFormat, level: logLevel, clock }), index);
  logBugs(world, logFormat);
  let lock: StateLock | undefined;
  const scope = new Scope();
  const shard = serveShard(controlSocket(), {
    guardOf: (settings) =>
      // Its supervisor has looked at whether it may do without.
      guardOf(settings, { clock, logger, scope, renews: false, insecureListen: true }),
    insecureListen: true,
    // Its supervisor is the agent.
    gateway: agentGateway({ clock, logger, pid: process.ppid, waitForPort: false }),
    ...{ clock, logger, env, pid },
    version: VERSION,
    residentBytes: () => world.residentBytes(),
    openAudit: ({ audit, agent }, log, shard) =>
      auditOf(
        audit,
        { role: "agent", id: agent.id, stateDir: agent.stateDir, shard },
        { world, logger: log },
      ),
    lock: (directory) => {
      lock = lockState(directory, pid);
    },
    onBegin: (_start, consoleCount) => {
      const warning = descriptorWarning(consoleCount, readLimits());
      if (warning !== undefined) logger.warn(warning);
    },
  });
  scope.own(keepPausesShortAfterStart(world.clock));
  // A terminal's Ctrl-C and a service manager's end reach the whole group: then we end as well.
  const cause = await Promise.race([shard.over, signalled(world)]);
  logger.info("shard ending", { cause });
  await shard.stop();
  await scope.close();
  lock?.release();
  return EXIT.ok;
}

function controlSocket(): Socket {
  try {
    return new Socket({ fd: CONTROL_FD });
  } catch (reason) {
    throw new ConfedError(
      "invalid_argument",
      "agent-shard is started by `confed agent --shards`, not by people",
      {
        cause: reason,
        hint: "confed agent --shards 2 --config FILE",
      },
    );
  }
}

function signalled(world: World): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      world.onSignal(signal, () => {
        if (asked) world.exitNow(EXIT.interrupted);
        asked = true;
        resolve(signal);
      });
    }
    for (const signal of ["SIGHUP", "SIGUSR1"] as const) world.onSignal(signal, () => undefined);
  });
}

/** Lines of all shards go one way: each says whose it is. */
function ofShard(logger: Logger, shard: number): Logger {
  const say = (level: keyof Logger) => (message: string, fields?: LogFields) => {
    logger[level](message, { shard, ...fields });
  };
  return { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
}
