import type { Command } from "commander";
import type { TargetOptions } from "../route/targets.ts";
import type { World } from "../world.ts";

/**
 * Runs the body of a command; what it resolves with is the exit code of the process. Bodies load
 * what they need when they run, so that describing a command (help, completion, man page) is cheap.
 */
export type Launch = (body: (world: World) => Promise<number>) => Promise<void>;

/** Adds one command to the program. */
export type DefineCommand = (program: Command, launch: Launch) => Command;

/** The options of the program itself, which may stand anywhere on the line. */
export function targetOptionsOf(command: Command): TargetOptions {
  const { head, agent, socket } = command.optsWithGlobals<TargetOptions>();
  return { head, agent, socket };
}
