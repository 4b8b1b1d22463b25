import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ConfedError, makeDirectory } from "@confed/kernel";
import { type Authority, type AuthorityRole, makeAuthority, openAuthority } from "@confed/trust/certificates";

/** The two authorities of a cluster, with their keys: a head that has them can enrol. */
export interface Authorities {
  readonly machines: Authority;
  readonly users: Authority;
}

/** Where a head keeps the keys of its cluster. A copy of this directory is all that a backup needs of them. */
export function authorityDirectory(stateDir: string): string {
  return join(stateDir, "authority");
}

/** Make both authorities. Throws "conflict" where there are some: nothing is ever overwritten. */
export async function makeAuthorities(
  directory: string,
  { cluster, nowMs }: { readonly cluster: string; readonly nowMs: number },
): Promise<void> {
  if (existsSync(directory)) {
    throw new ConfedError("conflict", `there is an authority in ${directory} already`, {
      subject: directory,
      hint: "a new one would make every agent's certificate worthless; move the old one away if that is meant",
    });
  }
  const made = {
    machines: await makeAuthority("machines", { cluster, nowMs }),
    users: await makeAuthority("users", { cluster, nowMs }),
  };
  // Under another name until it is whole.
  const temporary = `${directory}.new`;
  makeDirectory(dirname(directory), 0o700);
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { mode: 0o700 });
  for (const role of ["machines", "users"] as const) {
    writeFileSync(join(temporary, `${role}-key.pem`), made[role].keyPem, { mode: 0o600, flush: true });
    writeFileSync(join(temporary, `${role}.pem`), made[role].certificatePem, { mode: 0o600, flush: true });
  }
  chmodSync(temporary, 0o700);
  renameSync(temporary, directory);
}

/** Undefined where there are none. Throws "invalid_argument" for damaged ones, "permission_denied" for open ones. */
export function readAuthorities(directory: string): Authorities | undefined {
  if (!existsSync(directory)) return undefined;
  return { machines: read(directory, "machines"), users: read(directory, "users") };
}

function read(directory: string, role: AuthorityRole): Authority {
  const where = join(directory, `${role}.pem`);
  try {
    return openAuthority(
      role,
      {
        certificatePem: readFileSync(where, "utf8"),
        keyPem: readFileSync(join(directory, `${role}-key.pem`), "utf8"),
      },
      { where },
    );
  } catch (reason) {
    const error = ConfedError.from(reason);
    if (error.code === "invalid_argument") throw error;
    throw new ConfedError(error.code, `the authority of ${role} cannot be read: ${error.rawMessage}`, {
      subject: directory,
      where,
      hint: "it belongs to the user that runs the head; put back a copy of the directory if it is damaged",
      cause: reason,
    });
  }
}
