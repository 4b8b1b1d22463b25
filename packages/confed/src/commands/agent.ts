import { ConfedError, EXIT, formatHostPort } from "@confed/kernel";
import { withExamples, withSection } from "@confed/rcons";
import type { Command } from "commander";
import { type DaemonFlags, daemonOptions, withDaemonFlags } from "../process/daemon-flags.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import type { Launch } from "./launch.ts";

interface AgentFlags extends DaemonFlags {
  readonly config?: string;
  readonly shards?: string;
}

/** `confed agent`: owns consoles, logs them, serves viewers. */
export function defineAgent(program: Command, launch: Launch): Command {
  const command = program
    .command("agent")
    .description("run an agent in the foreground: it owns consoles, logs them and serves viewers")
    .option("-c, --config <file>", "configuration with an agent section (CONFED_CONFIG)")
    .option(
      "--shards <count>",
      "processes that share the consoles: a number or auto, one for each processor (agent.shards; 1)",
    )
    .action(async (flags: AgentFlags) => {
      await launch((world) => runAgent(world, flags));
    });
  withDaemonFlags(command);
  withSection(command, {
    title: "Signals",
    lines: [
      "SIGTERM, SIGINT  end in order: viewers are told, logs written; a second one ends at once",
      "SIGUSR1, SIGHUP  open the console logs anew by name, after logrotate has moved them",
      "SIGHUP           read the configuration again as well, as `confed reload` does",
    ],
  });
  return withExamples(command, [
    { line: "confed agent --config /etc/confed/agent.yaml", does: "run it" },
    { line: "confed agent --config /etc/confed/agent.yaml --shards auto", does: "use every processor" },
    { line: "confed check /etc/confed/agent.yaml", does: "look at the file first" },
  ]);
}

async function runAgent(world: World, flags: AgentFlags): Promise<number> {
  const [{ loadAgentConfig, managedTableIn }, { loadOrSay }, { configPathOf, runDaemon }] = await Promise.all(
    [import("@confed/config"), import("../process/load-or-say.ts"), import("../process/run-daemon.ts")],
  );
  const path = configPathOf(flags.config, world.env);
  const config = await loadOrSay(loadAgentConfig(path), world.stderr);
  if (config === undefined) return EXIT.usage;
  const { shardCount } = await import("../shards/shard-count.ts");
  if (shardCount(config, flags.shards) > 1) {
    const { runSupervisor } = await import("../shards/run-supervisor.ts");
    return runSupervisor(world, config, { path, flags });
  }
  return runDaemon(world, daemonOptions(flags), async ({ logger, scope }) => {
    const [{ takeState }, { descriptorWarning, readLimits }, { startAgent }] = await Promise.all([
      import("../shards/take-state.ts"),
      import("../process/descriptor-limit.ts"),
      import("@confed/agent"),
    ]);
    const { id, listen, stateDir } = config.agent;
    const lock = await takeState(stateDir, { pid: world.pid, clock: world.clock, alone: true });
    scope.own(() => {
      lock.release();
    });
    const warning = descriptorWarning(config.consoles.length, readLimits());
    if (warning !== undefined) logger.warn(warning);
    const agent = await startAgent(config, {
      clock: world.clock,
      logger,
      version: VERSION,
      env: world.env,
      residentBytes: () => world.residentBytes(),
      // The state directory stays the one that this process holds, whatever the file says by then.
      load: () => loadAgentConfig(path, { managedTable: managedTableIn(stateDir) }),
    });
    return {
      ready: {
        role: "agent",
        id,
        address: formatHostPort({ host: listen.host, port: agent.port }),
        consoles: config.consoles.length,
      },
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
  });
}
