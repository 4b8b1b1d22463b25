import { spawn } from "node:child_process";
import type { Logger } from "@confed/kernel";
import type { World } from "../world.ts";

/**
 * Tell systemd which process is the service's from now on: sd_notify(3). Does nothing outside
 * systemd. The unit needs NotifyAccess=all. Resolves when it was said; never rejects.
 */
export function notifySystemd(pid: number, { env }: Pick<World, "env">, logger: Logger): Promise<void> {
  if (env["NOTIFY_SOCKET"] === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const child = spawn("systemd-notify", [`MAINPID=${pid}`], { stdio: "ignore", timeout: NOTIFY_MS_MAX });
    child.once("error", (error) => {
      logger.error("systemd is not told of the new process", { pid, error: error.message });
      resolve();
    });
    child.once("exit", (status) => {
      if (status !== 0) logger.error("systemd is not told of the new process", { pid, status: status ?? 0 });
      resolve();
    });
  });
}

/** systemd is next door; one that does not listen keeps nobody. */
const NOTIFY_MS_MAX = 5_000;
