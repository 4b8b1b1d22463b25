import { ConfedError, neutralise } from "@confed/kernel";

/** A console behind a program: ipmitool, a vendor's client, a script. */
export interface ExecOptions {
  /** The program and its arguments, as they are: no shell reads them. */
  readonly argv: readonly string[];
  /** Added to the child's environment, which is otherwise minimal: nothing of the agent's own. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Run as this user, with the user's groups. The agent must run as root for that. */
  readonly user?: string | undefined;
  /** Run in this group alone, by its name or number, whatever groups the user has. */
  readonly group?: string | undefined;
  /** The child's working directory; "/" unless given, so that no file system is kept busy. */
  readonly cwd?: string | undefined;
}

/** Throws "invalid_argument" for options that no child could be started with. */
export function checkExecOptions({ argv, env = {}, user, group, cwd }: ExecOptions): void {
  if (argv[0] === undefined || argv[0] === "") throw invalid("argv", "must name a program first");
  for (const text of [...argv, ...Object.entries(env).flat(), user ?? "", group ?? "", cwd ?? ""]) {
    if (text.includes("\0")) throw invalid("argv, env, user, group and cwd", "cannot contain a zero byte");
  }
  for (const name of Object.keys(env)) {
    if (name === "" || name.includes("="))
      throw invalid("env", `"${neutralise(name, 140)}" is not the name of a variable`);
  }
  // getent(1) would take it for an option.
  if (user !== undefined && !/^[^-:\s][^:\s]*$/.test(user))
    throw invalid("user", `"${neutralise(user, 140)}" is not the name of a user`);
  if (group !== undefined && !/^[^-:\s][^:\s]*$/.test(group))
    throw invalid("group", `"${neutralise(group, 140)}" is not the name of a group`);
  if (cwd !== undefined && !cwd.startsWith("/"))
    throw invalid("cwd", `"${neutralise(cwd, 300)}" is not an absolute path`);
}

function invalid(option: string, complaint: string): ConfedError {
  return new ConfedError("invalid_argument", `exec console: ${option} ${complaint}`, { subject: option });
}
