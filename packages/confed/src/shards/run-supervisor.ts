import { Supervisor } from "@confed/agent/supervisor";
import { type AgentConfig, loadAgentConfig, managedTableIn } from "@confed/config";
import { ConfedError, formatHostPort, isLoopbackHost } from "@confed/kernel";
import { guardOf } from "../agent/guard-of.ts";
import { auditOf } from "../audit/audit-of.ts";
import type { LiveConserverFile } from "../conserver/conserver-file.ts";
import { type DaemonFlags, daemonOptions } from "../process/daemon-flags.ts";
import { RemarkLog } from "../process/remark-log.ts";
import { runDaemon } from "../process/run-daemon.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import { shardCount } from "./shard-count.ts";
import { spawnShard } from "./spawn-shard.ts";
import { takeState } from "./take-state.ts";

export interface SupervisorFlags extends DaemonFlags {
  readonly shards?: string;
  readonly insecureListen?: true;
}

/** `confed agent --shards N`: start the shards and look after them. */
export function runSupervisor(
  world: World,
  config: AgentConfig,
  {
    path,
    flags,
    conserver,
  }: { readonly path: string; readonly flags: SupervisorFlags; readonly conserver: LiveConserverFile },
): Promise<number> {
  return runDaemon(world, daemonOptions(flags), async ({ logger, scope }) => {
    const { clock, pid } = world;
    const { id, listen, stateDir } = config.agent;
    const state = await takeState(stateDir, { pid, clock, alone: false });
    scope.own(() => {
      state.release();
    });
    // Of the host, not of a shard: renewed here, and read again by each of them.
    const insecureListen = flags.insecureListen === true;
    guardOf(config.agent, { ...{ clock, logger, scope, insecureListen }, renews: true });
    if (!isLoopbackHost(listen.host) && config.agent.tls === "off" && !insecureListen)
      throw notWithoutTls(formatHostPort(listen));
    const audit = auditOf(config.audit, { role: "agent", id, stateDir }, { world, logger });
    scope.own(() => audit.end());
    audit.event({ event: "process.start", agent: id, details: { version: VERSION } });
    const remarks = new RemarkLog(logger);
    remarks.say(config.remarks);
    const managedTable = managedTableIn(stateDir);
    const supervisor = new Supervisor(config, {
      ...{ clock, logger, managedTable, audit },
      residentBytes: () => world.residentBytes(),
      leaveFiles: state.leaveFiles,
      countOf: (desired) => shardCount(desired, flags.shards),
      load: async () => {
        const loaded = await loadAgentConfig(path, { managedTable, conserver: conserver.read });
        remarks.say(loaded.ok?.remarks);
        return loaded;
      },
      spawn: (index) => spawnShard(world, index, flags),
      kill: (shardPid) => {
        world.kill(shardPid);
      },
    });
    await supervisor.start();
    return {
      ready: {
        role: "agent",
        id,
        address: formatHostPort({ host: listen.host, port: supervisor.port }),
        consoles: config.consoles.length,
        shards: supervisor.count,
      },
      stop: async () => {
        await supervisor.stop();
        audit.event({ event: "process.stop", agent: id });
      },
      onReopen(signal) {
        supervisor.reopenLogs();
        logger.info("console logs opened anew", { signal });
        if (signal === "SIGHUP") void supervisor.reload({ by: signal });
      },
    };
  });
}

/** Each shard would be let listen, for it does not know what its supervisor was told. */
function notWithoutTls(where: string): ConfedError {
  return new ConfedError("failed_precondition", `${where} can be reached from other hosts: not without TLS`, {
    where,
    hint: "agent: { tls: auto }, listen on 127.0.0.1, or --insecure-listen",
  });
}
