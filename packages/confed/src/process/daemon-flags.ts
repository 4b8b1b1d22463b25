import { type Command, Option } from "commander";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "./log-line.ts";
import type { DaemonOptions } from "./run-daemon.ts";

/** What commander makes of the options that {@link withDaemonFlags} adds. */
export interface DaemonFlags {
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
  readonly untilStdinEnds?: true;
}

/** Adds the options that every serving process has. */
export function withDaemonFlags(command: Command): Command {
  return command
    .addOption(
      new Option("--log-format <format>", "of the log on standard error")
        .choices(LOG_FORMATS)
        .default("text"),
    )
    .addOption(
      new Option("--log-level <level>", "the least urgent that is logged")
        .choices(LOG_LEVELS)
        .default("info"),
    )
    .addOption(new Option("--until-stdin-ends", "end when standard input ends").hideHelp());
}

export function daemonOptions({ logFormat, logLevel, untilStdinEnds }: DaemonFlags): DaemonOptions {
  return { logFormat, logLevel, untilStdinEnds: untilStdinEnds === true };
}
