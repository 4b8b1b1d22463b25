import { spawn } from "node:child_process";
import { timingSafeEqual } from "node:crypto";
import type { ConfigFiles } from "@confed/config";
import { ConfedError } from "@confed/kernel";

/** What conserver.passwd(5) says of a user. */
export type PasswordEntry =
  /** No password is needed. */
  | { readonly type: "open" }
  /** The host's own users: PAM. */
  | { readonly type: "host" }
  /** As crypt(3) made it. */
  | { readonly type: "crypt"; readonly hash: string };

/** The line that counts for a user: the first with the name, or with `*any*`. Undefined: nobody may be that user. */
export function findPasswordEntry(text: string, user: string): PasswordEntry | undefined {
  for (const line of text.split("\n")) {
    const [, name, secret] = /^\s*([^:#]+):([^:]*)/.exec(line.trimEnd()) ?? [];
    if (name === undefined || secret === undefined || (name !== user && name !== "*any*")) continue;
    if (secret === "") return { type: "open" };
    return secret === "*passwd*" ? { type: "host" } : { type: "crypt", hash: secret };
  }
  return undefined;
}

/** What a password is checked with. */
export interface PasswordChecking {
  readonly files: ConfigFiles;
  readonly path: string;
  /** For users of the host. */
  readonly checkHostUser: (user: string, password: string) => Promise<boolean>;
}

/** False if the file lets the user in as he is. Rejects if it cannot be read. */
export async function needsPassword(
  user: string,
  { files, path }: Pick<PasswordChecking, "files" | "path">,
): Promise<boolean> {
  const text = Buffer.from(await files.read(path)).toString("utf8");
  return findPasswordEntry(text, user)?.type !== "open";
}

/**
 * True if the file lets the user in with the password. It is read each time, as conserver does; where it cannot be
 * read nobody is let in, where conserver would ask the host for everybody. Rejects if there is no way to check.
 */
export async function checkPassword(
  user: string,
  password: string,
  { files, path, checkHostUser }: PasswordChecking,
): Promise<boolean> {
  const text = Buffer.from(await files.read(path)).toString("utf8");
  const entry = findPasswordEntry(text, user);
  switch (entry?.type) {
    case "open":
      return true;
    case "host":
      return checkHostUser(user, password);
    case "crypt":
      return cryptMatches(password, entry.hash);
    case undefined:
      // As slow as for a user that there is.
      return cryptMatches(password, NOBODYS);
  }
}

/** Of no password: its salt makes crypt(3) work, and its rest is not what that can give. */
const NOBODYS = "$6$nobody$!";

/**
 * crypt(3) through perl, which every Debian has and which knows all that the host's libcrypt knows; Node has none. The
 * password goes through a pipe, never in argv.
 */
function cryptMatches(password: string, hash: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn("perl", ["-e", CRYPT], { stdio: ["pipe", "pipe", "ignore"], env: {} });
    let made = "";
    child.stdout.setEncoding("latin1").on("data", (part: string) => {
      made += part;
    });
    child.once("error", (reason) => {
      reject(
        new ConfedError("unavailable", `passwords cannot be checked: ${reason.message}`, {
          hint: "is perl installed?",
        }),
      );
    });
    child.once("close", () => {
      const [given, kept] = [Buffer.from(made, "latin1"), Buffer.from(hash, "latin1")];
      resolve(given.length === kept.length && timingSafeEqual(given, kept));
    });
    // It may be gone already; then nothing was made.
    child.stdin.on("error", () => undefined);
    child.stdin.end(`${Buffer.from(password).toString("hex")}\n${hash}\n`);
  });
}

const CRYPT = "chomp(my ($password, $salt) = <STDIN>); print crypt(pack('H*', $password), $salt) // ''";
