import { ConfedError, EXIT, type LogFields, type Logger, Scope } from "@confed/kernel";
import type { SignalName, World } from "../world.ts";
import { logBugs } from "./log-bugs.ts";
import type { LogFormat, LogLevel } from "./log-line.ts";

/** How a process that serves is run. */
export interface DaemonOptions {
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
  /** End when standard input ends: for a parent that must not leave children behind. */
  readonly untilStdinEnds: boolean;
}

/** What serves until it is told to stop. */
export interface Daemon {
  /** Said with the line that it is ready: its role, its address, what it serves. */
  readonly ready: LogFields;
  /** Called when it serves and takes signals. */
  readonly onReady?: (() => void) | undefined;
  /** SIGHUP and SIGUSR1, for what does something at them; without it SIGHUP ends the process. */
  readonly onReopen?: ((signal: SignalName) => void) | undefined;
  /** Resolves with the reason when it has nothing to do any more. */
  readonly over?: Promise<string> | undefined;
  /** Resolves when nothing is left. */
  stop(): Promise<void>;
}

/**
 * Run in the foreground until SIGTERM or SIGINT, and resolve with the exit status. A second signal
 * ends the process at once. What nobody caught is a bug: it is logged and the process ends.
 * `start` may own what it takes on the way to its scope, which is closed after `stop`; it rejects
 * with what a person shall read.
 */
export async function runDaemon(
  world: World,
  { logFormat, logLevel, untilStdinEnds }: DaemonOptions,
  start: (deps: { readonly logger: Logger; readonly scope: Scope }) => Promise<Daemon>,
): Promise<number> {
  const { processLog } = await import("./process-log.ts");
  const { stderr, clock } = world;
  const logger = processLog({ stream: stderr, format: logFormat, level: logLevel, clock });
  logBugs(world, logFormat);

  const scope = new Scope();
  const end = endOf(world, scope, untilStdinEnds);
  try {
    const daemon = await start({ logger, scope });
    const { onReopen } = daemon;
    if (onReopen !== undefined) {
      for (const signal of ["SIGHUP", "SIGUSR1"] as const) {
        scope.own(
          world.onSignal(signal, () => {
            onReopen(signal);
          }),
        );
      }
    }
    logger.info("ready", { ...daemon.ready, pid: world.pid });
    daemon.onReady?.();
    const cause = await Promise.race([end, ...(daemon.over === undefined ? [] : [daemon.over])]);
    logger.info("ending", { cause });
    await daemon.stop();
    logger.info("ended");
    return EXIT.ok;
  } finally {
    await scope.close();
  }
}

/** Resolves with what asked for the end; from the second time on, that ends the process itself. */
function endOf(world: World, scope: Scope, untilStdinEnds: boolean): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      scope.own(
        world.onSignal(signal, () => {
          if (asked) world.exitNow(EXIT.interrupted);
          asked = true;
          resolve(signal);
        }),
      );
    }
    if (!untilStdinEnds) return;
    const onEnd = () => {
      asked = true;
      resolve("end of standard input");
    };
    world.stdin.once("end", onEnd).once("error", onEnd).resume();
    scope.own(() => {
      world.stdin.off("end", onEnd).off("error", onEnd).pause();
    });
  });
}

/** The option or CONFED_CONFIG, or an error that says how to name a file. */
export function configPathOf(option: string | undefined, env: World["env"]): string {
  const path = option ?? env["CONFED_CONFIG"];
  if (path !== undefined && path !== "") return path;
  throw new ConfedError("invalid_argument", "no configuration file is named", {
    hint: "give --config FILE, or set CONFED_CONFIG",
  });
}
