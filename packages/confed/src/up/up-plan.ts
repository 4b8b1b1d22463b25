import { isAbsolute, join, resolve } from "node:path";
import { ConfedError, parseHostPort } from "@confed/kernel";
import { credentialPath } from "@confed/rcons";

/** What commander makes of the command line of `confed up`. */
export interface UpFlags {
  readonly port: string;
  readonly dir?: string;
  readonly include?: string;
  readonly shell: boolean;
}

/** What `confed up` is about to run. All paths are absolute. */
export interface UpPlan {
  readonly dir: string;
  readonly headPort: number;
  readonly include: string | undefined;
  /** Whoever runs us, as heads and agents call that one. */
  readonly user: string;
  /** Where rcons of that one looks for what it knows of heads; undefined: nowhere. */
  readonly credentials: string | undefined;
  /** The user of the shell console if it is not the one who runs us; "none": no shell. */
  readonly shell: { readonly user?: string | undefined } | "none";
}

/** Where the process is that makes the plan. */
export interface UpPlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  readonly userId: number | undefined;
}

/** From the command line to a plan. Throws "invalid_argument". */
export function planUp(flags: UpFlags, { env, homeDir, userId }: UpPlace): UpPlan {
  // https://specifications.freedesktop.org/basedir-spec: a relative path there is to be ignored.
  const stateHome = env["XDG_STATE_HOME"];
  const base =
    stateHome !== undefined && isAbsolute(stateHome) ? stateHome : join(homeDir, ".local", "state");
  return {
    dir: flags.dir === undefined ? join(base, "confed", "up") : resolve(flags.dir),
    headPort: portOf(flags.port),
    include: flags.include === undefined ? undefined : resolve(flags.include),
    user: userId === 0 ? "root" : (env["USER"] ?? "").replace(/[^A-Za-z0-9._-]/g, "") || "somebody",
    credentials: credentialPath({ ...env, HOME: homeDir }),
    // Root's own shell would be given to every user of this host.
    shell: !flags.shell ? "none" : userId === 0 ? { user: "nobody" } : {},
  };
}

function portOf(text: string): number {
  try {
    return parseHostPort(`127.0.0.1:${text}`, { zeroPort: true }).port;
  } catch (cause) {
    throw new ConfedError("invalid_argument", `--port ${JSON.stringify(text)} is not a port`, {
      subject: "--port",
      hint: "a number from 0 to 65535; 0 takes any free one",
      cause,
    });
  }
}
