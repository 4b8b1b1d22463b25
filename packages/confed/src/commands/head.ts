import { hostname } from "node:os";
import { EXIT, formatHostPort } from "@confed/kernel";
import { withExamples, withSection } from "@confed/rcons";
import type { Command } from "commander";
import { type DaemonFlags, daemonOptions, withDaemonFlags } from "../process/daemon-flags.ts";
import { keepPausesShort } from "../process/short-pauses.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import type { Launch } from "./launch.ts";
import { defineMachineEnrolment } from "./machine-enrolment.ts";

interface HeadFlags extends DaemonFlags {
  readonly config?: string;
  readonly insecureListen?: true;
}

/** `confed head`: knows who owns what, routes attaches, answers queries. */
export function defineHead(program: Command, launch: Launch): Command {
  const command = program
    .command("head")
    .description("run a head in the foreground: it knows which agent owns which console")
    .option("-c, --config <file>", "configuration with a head section (CONFED_CONFIG)")
    .option("--insecure-listen", "listen beyond this host without TLS: whoever reaches it may do everything")
    .action(async (flags: HeadFlags) => {
      await launch((world) => runHead(world, flags));
    });
  withDaemonFlags(command);
  defineMachineEnrolment(command, "head", launch);
  withSection(command, {
    title: "Signals",
    lines: [
      "SIGTERM, SIGINT  end in order; a second one ends at once",
      "SIGHUP           read head.assign and head.conserver.file again; other settings hold from the next start",
    ],
  });
  return withExamples(command, [{ line: "confed head --config /etc/confed/head.yaml", does: "run it" }]);
}

async function runHead(world: World, flags: HeadFlags): Promise<number> {
  keepPausesShort();
  const [{ loadHeadConfig }, { loadOrSay }, { configPathOf, runDaemon }, { conserverFile }, { HeadReload }] =
    await Promise.all([
      import("@confed/config"),
      import("../process/load-or-say.ts"),
      import("../process/run-daemon.ts"),
      import("../conserver/conserver-file.ts"),
      import("../head/head-reload.ts"),
    ]);
  const path = configPathOf(flags.config, world.env);
  const conserver = conserverFile(world.clock).read;
  const config = await loadOrSay(loadHeadConfig(path, { conserver }), world.stderr);
  if (config === undefined) return EXIT.usage;
  const { listen, stateDir } = config.head;
  return runDaemon(world, daemonOptions(flags), async ({ logger, scope }) => {
    const [{ lockState }, { startNameResolver }, { startHead }, identity, { auditOf }] = await Promise.all([
      import("../process/state-lock.ts"),
      import("@confed/transports"),
      import("@confed/head"),
      import("@confed/agent/identity"),
      import("../audit/audit-of.ts"),
    ]);
    const lock = lockState(stateDir, world.pid);
    scope.own(() => {
      lock.release();
    });
    const { clock } = world;
    const owner = { role: "head", id: config.head.id ?? hostname(), stateDir } as const;
    const audit = auditOf(config.audit, owner, { world, logger });
    scope.own(() => audit.end());
    const resolver = startNameResolver({ clock, logger, scope });
    const resolveHost = async (host: string, signal: AbortSignal) =>
      (await resolver.resolve(host, signal)).map(({ address }) => address);
    const keeper = identity.IdentityKeeper.open(identity.identityDirectory(stateDir), {
      ...{ clock, logger, resolveHost },
      renewAt: config.head.heads,
    });
    scope.own(() => keeper?.stop());
    const { headGateway } = await import("../gateway/head-gateway.ts");
    let reloadNow: (by: string) => Promise<void> = () => Promise.resolve();
    const head = await startHead(
      { ...config.head, assigned: config.assigned },
      {
        gateway: headGateway(config.head.conserver, { world, logger, reload: (by) => reloadNow(by) }),
        clock,
        logger,
        audit,
        version: VERSION,
        resolveHost,
        enrolled: keeper && { id: keeper.id, tls: keeper, authority: () => keeper.authority },
        insecureListen: flags.insecureListen,
      },
    );
    const reload = new HeadReload({
      ...{ clock, logger, running: config },
      load: () => loadHeadConfig(path, { conserver }),
      assign: (assigned) => {
        head.assign(assigned);
      },
    });
    reloadNow = (by) => reload.now(by);
    await reload.start();
    return {
      ready: {
        role: "head",
        address: formatHostPort({ host: listen.host, port: head.port }),
        ...(head.conserverPort === undefined ? {} : { conserver: head.conserverPort }),
      },
      stop: async () => {
        await reload.stop();
        await head.close();
      },
      onReopen(signal) {
        if (signal !== "SIGHUP") return;
        void reload.now(signal);
      },
    };
  });
}
