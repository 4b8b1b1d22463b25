import type { Inheritance, TakeoverHost } from "@confed/agent";
import type { AgentConfig, ConfigFiles, LoadOptions } from "@confed/config";
import { ConfedError, EXIT, formatHostPort, type Logger, type Scope } from "@confed/kernel";
import type { SaidOfAll } from "../conserver/conserver-file.ts";
import { type DaemonFlags, daemonOptions } from "../process/daemon-flags.ts";
import type { Daemon } from "../process/run-daemon.ts";
import { keepPausesShortAfterStart } from "../process/short-pauses.ts";
import type { TakenState } from "../shards/take-state.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";

/** What commander makes of the command line of `confed agent`. */
export interface AgentFlags extends DaemonFlags {
  readonly config?: string;
  readonly shards?: string;
  readonly insecureListen?: true;
}

/** A configuration that stands in no file of the administrator's; of an agent that only conserver's clients come to. */
export interface GivenConfig {
  /** Where it would stand. */
  readonly path: string;
  /** With it among them. */
  readonly files: ConfigFiles;
  /** What counts for all consoles of its conserver.cf. */
  readonly said: SaidOfAll;
  /** It serves. */
  readonly onReady: () => void;
}

/** `confed agent`; `given`: of no file. */
export async function runAgent(world: World, flags: AgentFlags, given?: GivenConfig): Promise<number> {
  const [{ loadAgentConfig }, { loadOrSay }, { configPathOf, runDaemon }, { inheritanceOf }] =
    await Promise.all([
      import("@confed/config"),
      import("../process/load-or-say.ts"),
      import("../process/run-daemon.ts"),
      import("./inheritance-of.ts"),
    ]);
  const path = given?.path ?? configPathOf(flags.config, world.env);
  const inheritance = await inheritanceOf(world);
  const { conserverFile } = await import("../conserver/conserver-file.ts");
  const conserver = conserverFile(world.clock, given?.said);
  const reading = { conserver: conserver.read, files: given?.files };
  const config = await loadOrSay(loadAgentConfig(path, reading), world.stderr);
  if (config === undefined) {
    await inheritance?.failed(new ConfedError("invalid_argument", `there are faults in ${path}`));
    return EXIT.usage;
  }
  const { shardCount } = await import("../shards/shard-count.ts");
  if (shardCount(config, flags.shards) > 1) {
    await inheritance?.failed(new ConfedError("failed_precondition", `${path} asks for shards now`));
    if (inheritance !== undefined) return EXIT.usage;
    const { runSupervisor } = await import("../shards/run-supervisor.ts");
    return runSupervisor(world, config, { path, flags, conserver });
  }
  return runDaemon(world, daemonOptions(flags), async ({ logger, scope }) => {
    try {
      return await startDaemon(world, config, {
        ...{ path, flags, logger, scope, inheritance, reading },
        given,
      });
    } catch (reason) {
      await inheritance?.failed(reason);
      throw reason;
    }
  });
}

interface DaemonParts {
  readonly path: string;
  readonly flags: AgentFlags;
  readonly logger: Logger;
  readonly scope: Scope;
  readonly inheritance: Inheritance | undefined;
  readonly reading: Pick<LoadOptions, "conserver" | "files">;
  readonly given: GivenConfig | undefined;
}

async function startDaemon(
  world: World,
  config: AgentConfig,
  { path, flags, logger, scope, inheritance, reading, given }: DaemonParts,
): Promise<Daemon> {
  const [
    { takeState },
    { descriptorWarning, readLimits },
    { startAgent },
    { loadAgentConfig, managedTableIn },
  ] = await Promise.all([
    import("../shards/take-state.ts"),
    import("../process/descriptor-limit.ts"),
    import("@confed/agent"),
    import("@confed/config"),
  ]);
  const [{ spawnSuccessor }, { auditOf }, { notifySystemd }] = await Promise.all([
    import("./spawn-successor.ts"),
    import("../audit/audit-of.ts"),
    import("./notify-systemd.ts"),
  ]);
  const { id, listen, stateDir } = config.agent;
  const warning = descriptorWarning(config.consoles.length, readLimits());
  if (warning !== undefined) logger.warn(warning);
  const { RemarkLog } = await import("../process/remark-log.ts");
  const remarks = new RemarkLog(logger);
  remarks.say(config.remarks);
  let lock: TakenState | undefined;
  scope.own(() => {
    lock?.release();
  });
  const takeOurState = async () => {
    lock = await takeState(stateDir, { pid: world.pid, clock: world.clock, alone: true });
  };
  if (inheritance === undefined) await takeOurState();
  const takeover: TakeoverHost = {
    spawn: (descriptors) => spawnSuccessor(world, descriptors),
    passState: (pid) => {
      lock?.pass(pid);
    },
  };
  const [{ guardOf }, { agentGateway }] = await Promise.all([
    import("./guard-of.ts"),
    import("../gateway/agent-gateway.ts"),
  ]);
  const insecureListen = flags.insecureListen === true;
  const agent = await startAgent(config, {
    guard: guardOf(config.agent, { clock: world.clock, logger, scope, renews: true, insecureListen }),
    gateway: agentGateway({
      ...{ clock: world.clock, logger, pid: world.pid, waitForPort: inheritance !== undefined },
    }),
    insecureListen,
    behindGateway: given !== undefined,
    clock: world.clock,
    logger,
    version: VERSION,
    env: world.env,
    residentBytes: () => world.residentBytes(),
    inheritance,
    takeState: inheritance === undefined ? undefined : takeOurState,
    openAudit: (own, log) => auditOf(own.audit, { role: "agent", id, stateDir }, { world, logger: log }),
    // Whoever holds our standard input lets go of it when this process ends, whatever comes after it.
    // And with the first process of a container all others end.
    takeover: flags.untilStdinEnds === true || world.pid === 1 ? undefined : takeover,
    // The state directory stays the one that this process holds, whatever the file says by then.
    load: async (assigned) => {
      const options = { ...reading, managedTable: managedTableIn(stateDir), assigned };
      const loaded = await loadAgentConfig(path, options);
      remarks.say(loaded.ok?.remarks);
      return loaded;
    },
  });
  scope.own(keepPausesShortAfterStart(world.clock));
  return {
    ready: {
      role: "agent",
      id,
      ...(given !== undefined ? {} : { address: formatHostPort({ host: listen.host, port: agent.port }) }),
      consoles: config.consoles.length,
      ...(agent.conserverPort === undefined ? {} : { conserver: agent.conserverPort }),
    },
    onReady: given?.onReady,
    over: agent.succeeded.then(async (pid) => {
      await notifySystemd(pid, world, logger);
      return `process ${pid} has taken over`;
    }),
    stop: () => agent.stop(),
    onReopen(signal) {
      agent.reopenLogs();
      logger.info("console logs opened anew", { signal });
      if (signal !== "SIGHUP") return;
      agent.reload({ by: signal }).catch((reason: unknown) => {
        logger.warn("the configuration was not read again", { cause: ConfedError.from(reason).message });
      });
    },
  };
}
