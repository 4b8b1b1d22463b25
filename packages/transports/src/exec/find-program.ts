import { access, constants, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { ConfedError } from "@confed/kernel";

/** Where programs are looked for unless a console's own `env` says otherwise. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Where a relative name starts from. */
export interface ProgramSearch {
  /** As the environment variable PATH. */
  readonly path: string;
  readonly cwd: string;
}

/**
 * The absolute path of a program, found as execvp(3) would. Rejects with "device_missing" naming
 * the program when it does not exist or is not executable: said before anything is started, because
 * afterwards it would only be a child that ends at once.
 */
export async function findProgram(name: string, { path, cwd }: ProgramSearch): Promise<string> {
  const directories = name.includes("/") ? [cwd] : path.split(":");
  let unusable: string | undefined;
  for (const directory of directories) {
    const candidate = resolve(cwd, directory, name);
    const verdict = await judge(candidate);
    if (verdict === "executable") return candidate;
    if (verdict === "unusable") unusable ??= candidate;
  }
  if (unusable !== undefined) {
    throw new ConfedError("device_missing", `program ${unusable} is not executable`, {
      subject: name,
      where: unusable,
      hint: `chmod +x ${unusable}, or name another program in argv`,
    });
  }
  const searched = name.includes("/") ? "" : ` in ${path}`;
  throw new ConfedError("device_missing", `program ${name} does not exist${searched}`, {
    subject: name,
    hint: "install it on this agent's host, or give its absolute path in argv",
  });
}

async function judge(candidate: string): Promise<"executable" | "unusable" | "absent"> {
  try {
    if (!(await stat(candidate)).isFile()) return "unusable";
  } catch (reason) {
    return (reason as NodeJS.ErrnoException).code === "EACCES" ? "unusable" : "absent";
  }
  try {
    await access(candidate, constants.X_OK);
    return "executable";
  } catch {
    return "unusable";
  }
}
