import { spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { SUCCESSOR_FDS, type SuccessorProcess } from "@confed/agent";
import { invariant } from "@confed/kernel";
import type { World } from "../world.ts";
import { SUCCESSOR_VARIABLE } from "./successor-variable.ts";

/**
 * Start this program again, as it is installed now, with the arguments that it was started with.
 * `descriptors` come behind its channel. Never a path that somebody else names.
 */
export function spawnSuccessor(
  { self, args, env }: Pick<World, "self" | "args" | "env">,
  descriptors: readonly number[],
): SuccessorProcess {
  const [program, ...first] = self;
  const child = spawn(program, [...first, ...args], {
    stdio: ["inherit", "inherit", "inherit", "pipe", ...descriptors],
    env: { ...env, [SUCCESSOR_VARIABLE]: "1" },
  });
  const socket = child.stdio[SUCCESSOR_FDS.channel];
  invariant(socket !== undefined && socket !== null, "asked for a pipe, Node makes a pair of sockets");
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => {
      resolve(error.message);
    });
    child.once("exit", (status, signal) => {
      resolve(signal ?? `exit status ${status ?? "unknown"}`);
    });
  });
  // It outlives us, if all goes well.
  child.unref();
  return {
    pid: child.pid,
    socket: socket as Duplex,
    exited,
    kill: () => {
      child.kill("SIGKILL");
    },
  };
}
