import { spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import type { ShardProcess } from "@confed/agent/supervisor";
import { invariant } from "@confed/kernel";
import type { DaemonFlags } from "../process/daemon-flags.ts";
import type { World } from "../world.ts";

/** The descriptor of a shard that is its control channel. Whoever takes over from a shard inherits it. */
export const CONTROL_FD = 3;

/** Start a process that is a shard: what it says goes where we say ours. */
export function spawnShard(
  { self }: Pick<World, "self">,
  index: number,
  { logFormat, logLevel }: Pick<DaemonFlags, "logFormat" | "logLevel">,
): ShardProcess {
  const [program, ...first] = self;
  const args = ["agent-shard", String(index), "--log-format", logFormat, "--log-level", logLevel];
  const child = spawn(program, [...first, ...args], { stdio: ["ignore", "ignore", "inherit", "pipe"] });
  const socket = child.stdio[CONTROL_FD];
  invariant(socket !== undefined && socket !== null, "asked for a pipe, Node makes a pair of sockets");
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => {
      resolve(error.message);
    });
    child.once("exit", (status, signal) => {
      resolve(signal ?? `exit status ${status ?? "unknown"}`);
    });
  });
  return { pid: child.pid, socket: socket as Duplex, exited };
}
