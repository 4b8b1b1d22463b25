import { execFile } from "node:child_process";
import { chmodSync, chownSync, renameSync, rmSync, statSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { ConfedError, type Logger, makeDirectory } from "@confed/kernel";
import type { PeerIdentity } from "./peer-identity.ts";

/** A socket of this host that one group can open. */
export interface LocalSocket {
  /** Absolute. Its directory is its guard, and has nothing else in it. */
  readonly path: string;
  /** Whoever comes through it is `local:` this. */
  readonly group: string;
  /** The host's group that may; without it, only the user of this process, and root. */
  readonly owner?: string | undefined;
}

/**
 * Serve the host's own people. Node tells nothing of who is at the other end of a Unix socket, so its directory
 * guards it: 0700, or 0750 of a group. What is there already, of a process that is gone or that this one takes over
 * from, is replaced, and is found by nobody any more. Rejects, with none left open, when one cannot be made. Returns how to end it:
 * nobody else comes then, and connections are the server's that took them.
 */
export async function listenLocally(
  sockets: readonly LocalSocket[],
  server: { take(socket: Socket, peer: PeerIdentity): void },
  logger: Logger,
): Promise<() => void> {
  const open: { readonly listener: Server; readonly path: string; readonly inode: number | undefined }[] = [];
  const close = () => {
    for (const { listener, path, inode } of open.splice(0)) {
      // By now it may be a successor's.
      if (inodeOf(path) === inode) rmSync(path, { force: true });
      listener.close();
    }
  };
  try {
    for (const { path, group, owner } of sockets) {
      const listener = createServer((socket) => {
        server.take(socket, { class: "local", group });
      });
      await listen(listener, path, owner === undefined ? undefined : await groupIdOf(owner));
      listener.on("error", (error) => {
        logger.error("a local socket failed", { path, error: error.message });
      });
      open.push({ listener, path, inode: inodeOf(path) });
    }
  } catch (reason) {
    close();
    throw reason;
  }
  return close;
}

async function listen(listener: Server, path: string, groupId: number | undefined): Promise<void> {
  const directory = dirname(path);
  // A listener that ends removes what it was bound to, whoever made it: each has a name of its own.
  const bound = `${path}.${process.pid}`;
  try {
    // Closed to others before there is anything in it.
    makeDirectory(directory, 0o700);
    rmSync(bound, { force: true });
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject);
      listener.listen(bound, resolve);
    });
    if (groupId !== undefined) {
      chownSync(bound, -1, groupId);
      chmodSync(bound, 0o660);
      chownSync(directory, -1, groupId);
      chmodSync(directory, 0o750);
    }
    // Whoever has the state directory has its sockets.
    renameSync(bound, path);
  } catch (reason) {
    listener.close();
    const { code, rawMessage } = ConfedError.from(reason);
    throw new ConfedError(code, `cannot listen on ${path}: ${rawMessage}`, { where: path, cause: reason });
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

/** By getent(1), wherever the host keeps its groups: files, LDAP, sssd. */
function groupIdOf(group: string): Promise<number> {
  return new Promise((resolve, reject) => {
    execFile("getent", ["group", "--", group], { timeout: LOOKUP_MS_MAX }, (error, stdout) => {
      const id = Number(stdout.split(":")[2]);
      if (error === null && Number.isInteger(id)) resolve(id);
      else
        reject(
          new ConfedError("invalid_argument", `this host has no group ${group}`, {
            subject: "sockets",
            hint: `groupadd ${group}, or name another one`,
          }),
        );
    });
  });
}

/** A directory server that does not answer must not keep a start waiting. */
const LOOKUP_MS_MAX = 5_000;
