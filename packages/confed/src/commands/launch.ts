import type { Command } from "commander";
import type { World } from "../world.ts";

/**
 * Runs the body of a command; what it resolves with is the exit status of the process. Bodies load
 * what they need when they run, so that describing a command (help, completion, man page) is cheap.
 */
export type Launch = (body: (world: World) => Promise<number>) => Promise<void>;

/** Adds one command to the program. */
export type DefineCommand = (program: Command, launch: Launch) => Command;
