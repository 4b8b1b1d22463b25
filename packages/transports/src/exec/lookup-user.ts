import { execFile } from "node:child_process";
import { ConfedError, neutralise } from "@confed/kernel";
import { DEFAULT_PATH } from "./find-program.ts";

/** A line of passwd(5), as far as it concerns a child. */
export interface UserEntry {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/**
 * Find a user by name, wherever the host keeps its users (getent(1): files, LDAP, sssd). Rejects
 * with "invalid_argument" if there is none of that name.
 */
export async function lookupUser(name: string, signal: AbortSignal): Promise<UserEntry> {
  if (!isUserName(name)) throw noUserName(name);
  const line = await getent(name, signal);
  // name:password:uid:gid:comment:home:shell
  const [, , uid, gid, , home] = line.trim().split(":");
  if (!isId(uid) || !isId(gid) || home === undefined) {
    throw new ConfedError("internal", `getent passwd ${name} gave no passwd(5) line`, { subject: name });
  }
  return { uid: Number(uid), gid: Number(gid), home: home === "" ? "/" : home };
}

/**
 * What useradd(8) and directories call a user, `user@domain` of SSSD and `DOMAIN\user` of winbind
 * among it; nothing that begins like an option, or could be more than one line of passwd(5).
 */
function isUserName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.@+\\-]{0,127}\$?$/.test(name);
}

function noUserName(name: string): ConfedError {
  return new ConfedError("invalid_argument", `"${neutralise(name, 140)}" is no name of a user`, {
    subject: "user",
    hint: "letters, digits, '_', '.', '@', '+', '\\' and '-', not beginning with '-'",
  });
}

function getent(name: string, signal: AbortSignal): Promise<string> {
  // Behind "--" a name is no option: "-sfiles" would otherwise list every user, root first.
  const options = { signal, env: { PATH: DEFAULT_PATH, LC_ALL: "C" } };
  return new Promise((resolve, reject) => {
    execFile("getent", ["--", "passwd", name], options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(lookupError(name, error));
    });
  });
}

// getent(1): the key was not found.
const EXIT_NOT_FOUND = 2;

function lookupError(name: string, error: Error & { readonly code?: unknown }): ConfedError {
  if (error.code === EXIT_NOT_FOUND) {
    return new ConfedError("invalid_argument", `user ${name} does not exist on this host`, {
      subject: name,
      cause: error,
      hint: `create the user, or change "user" of this console; "getent passwd ${name}" must find it`,
    });
  }
  if (error.code === "ENOENT") {
    return new ConfedError("failed_precondition", 'exec consoles with "user" need the program getent', {
      subject: name,
      cause: error,
    });
  }
  return ConfedError.from(error, "unavailable");
}

function isId(text: string | undefined): boolean {
  return text !== undefined && /^\d+$/.test(text);
}
