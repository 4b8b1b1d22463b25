import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { type Clock, ConfedError, makeDirectory } from "@confed/kernel";

/** What a person's programs know of one head, by its address as the person writes it. */
export interface HeadCredential {
  /** PEM, of its cluster: who answers there must prove to be a head of that. */
  readonly authority: string;
  /** Undefined: logged out, or known by a certificate. */
  readonly login?: Login | ApiToken | undefined;
  /** The log-in is that of this head of the same cluster, by its address. */
  readonly loginAt?: string | undefined;
  /** A file with a certificate and its key, which is shown there. */
  readonly certificate?: string | undefined;
}

/** By a password; renewed until its end. */
export interface Login {
  readonly subject: string;
  readonly access: string;
  /** Wall clocks of this host. */
  readonly accessUntilMs: number;
  readonly refresh: string;
  readonly untilMs: number;
}

/** For programs; good until it is removed. */
export interface ApiToken {
  readonly subject: string;
  readonly token: string;
}

/** All that a person's programs know, by the address of the head. */
export type Credentials = Readonly<Record<string, HeadCredential>>;

/** The environment of an entry point. */
export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Where the credentials of whoever has this environment are; undefined where it has no home.
 * https://specifications.freedesktop.org/basedir-spec: a relative XDG_STATE_HOME is to be ignored.
 */
export function credentialPath(env: Env): string | undefined {
  const { CONFED_CREDENTIALS: own, XDG_STATE_HOME: state, HOME: home } = env;
  if (own !== undefined && own !== "") return own;
  if (state !== undefined && isAbsolute(state)) return join(state, FILE);
  return home === undefined || home === "" ? undefined : join(home, ".local", "state", FILE);
}

/** Empty where there is no file. Throws "permission_denied" for one that others can read, "invalid_argument" for a damaged one. */
export function readCredentials(path: string): Credentials {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return {};
  if ((stat.mode & 0o077) !== 0) {
    throw new ConfedError("permission_denied", `${path} can be read by others than you`, {
      where: path,
      hint: `chmod 600 ${path}; if others could read it: rcons logout, and rcons login`,
    });
  }
  try {
    const { version, heads } = JSON.parse(readFileSync(path, "utf8")) as {
      readonly version?: unknown;
      readonly heads?: Credentials;
    };
    if (version === VERSION && typeof heads === "object") return heads;
  } catch (reason) {
    const { code } = reason as NodeJS.ErrnoException;
    if (code !== undefined) throw ConfedError.from(reason);
  }
  throw new ConfedError("invalid_argument", `${path} is not what rcons wrote`, {
    where: path,
    hint: "move it away, and rcons login",
  });
}

/**
 * Change what is known of one head, alone among all processes of this person: what `change` is given was read under the lock.
 * Undefined forgets the head. Rejects with what `change` rejects with; nothing is written then.
 */
export async function changeCredential(
  path: string,
  head: string,
  {
    clock,
    change,
  }: {
    readonly clock: Clock;
    readonly change: (known: HeadCredential | undefined) => Promise<HeadCredential | undefined>;
  },
): Promise<HeadCredential | undefined> {
  makeDirectory(dirname(path), 0o700);
  const lock = `${path}.lock`;
  await take(lock, clock);
  try {
    const { [head]: known, ...others } = readCredentials(path);
    const next = await change(known);
    if (next === known) return next;
    const heads = next === undefined ? others : { ...others, [head]: next };
    if (Object.keys(heads).length === 0) {
      rmSync(path, { force: true });
      return next;
    }
    const temporary = `${path}.new`;
    rmSync(temporary, { force: true });
    writeFileSync(temporary, `${JSON.stringify({ version: VERSION, heads }, null, 1)}\n`, {
      mode: 0o600,
      flush: true,
    });
    renameSync(temporary, path);
    return next;
  } finally {
    rmSync(lock, { force: true });
  }
}

async function take(lock: string, clock: Clock): Promise<void> {
  const startedMs = clock.nowMs();
  for (;;) {
    try {
      closeSync(openSync(lock, "wx", 0o600));
      return;
    } catch (reason) {
      if ((reason as NodeJS.ErrnoException).code !== "EEXIST") throw ConfedError.from(reason);
    }
    // Nobody holds it that long: whoever made it was killed.
    const sinceMs = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
    if (sinceMs !== undefined && clock.wallTimeMs() - sinceMs > LOCK_MS_MAX) rmSync(lock, { force: true });
    else if (clock.nowMs() - startedMs > 2 * LOCK_MS_MAX)
      throw new ConfedError("deadline_exceeded", `another rcons keeps ${lock}`, { where: lock });
    else
      await new Promise<void>((resolve) => {
        clock.after(LOOK_INTERVAL_MS, resolve);
      });
  }
}

const FILE = "confed/credentials.json";
const VERSION = 1;
/** A question to a head takes at most as long. */
const LOCK_MS_MAX = 15_000;
const LOOK_INTERVAL_MS = 50;
