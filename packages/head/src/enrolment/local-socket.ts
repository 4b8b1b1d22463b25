import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { ConfedError, type Logger, makeDirectory } from "@confed/kernel";
import type { RunningServer } from "@confed/wire";

/** Where the host's own administrators reach a head, whatever certificates they have. */
export function localSocketOf(stateDir: string): string {
  return join(stateDir, "control", "head.sock");
}

/**
 * Serve whoever can open a socket in the head's state directory: its own user, and root. Node tells nothing of who is at the other
 * end, so the directory guards it. Returns how to end it.
 */
export async function serveLocally(
  stateDir: string,
  server: Pick<RunningServer, "take">,
  logger: Logger,
): Promise<() => Promise<void>> {
  const path = localSocketOf(stateDir);
  makeDirectory(join(stateDir, "control"), 0o700);
  // That of a process that is gone: the state directory is ours alone.
  rmSync(path, { force: true });
  const listener = createServer((socket) => {
    server.take(socket, { class: "local", group: "admin" });
  });
  await new Promise<void>((resolve, reject) => {
    listener.once("error", (reason) => {
      const { code, rawMessage } = ConfedError.from(reason);
      reject(
        new ConfedError(code, `cannot listen on ${path}: ${rawMessage}`, { where: path, cause: reason }),
      );
    });
    listener.listen(path, resolve);
  });
  listener.on("error", (error) => {
    logger.error("the local socket failed", { error: error.message });
  });
  return () =>
    new Promise((resolve) => {
      listener.close(() => {
        resolve();
      });
    });
}
