import { spawn } from "node:child_process";
import { type Clock, ConfedError } from "@confed/kernel";
import type { PasswordSource } from "./logins.ts";

export type { PasswordSource };

export interface PamOptions {
  /** The helper program: `pam/confed-pam.c` of this package, compiled. */
  readonly program: string;
  /** A file in /etc/pam.d. */
  readonly service: string;
  readonly clock: Pick<Clock, "after">;
}

/** A module may ask a directory over the network. */
const PAM_MS_MAX = 15_000;
/** Each is a process, and a question to somebody's directory. */
const AT_ONCE_MAX = 8;
/** The names of a few thousand groups. */
const OUTPUT_BYTES_MAX = 64 * 1024;

/**
 * The host's own users, by PAM in a process of its own for each question: modules load what they like into it, and
 * may hang or crash. The password goes through a pipe, never through arguments or the environment.
 */
export function pamSource({ program, service, clock }: PamOptions): PasswordSource {
  let running = 0;
  return {
    async check(user, password) {
      if (running >= AT_ONCE_MAX)
        throw new ConfedError("resource_exhausted", "too many people log in at once (PAM)", {
          hint: "try again in a few seconds",
        });
      running += 1;
      try {
        return await ask({ program, service, clock }, user, password);
      } finally {
        running -= 1;
      }
    },
  };
}

function ask(
  { program, service, clock }: PamOptions,
  user: string,
  password: string,
): Promise<readonly string[] | undefined> {
  // What would end the user's name or the password for the helper is neither.
  if (user.includes("\0") || password.includes("\0")) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const child = spawn(program, [service], { stdio: ["pipe", "pipe", "ignore"], env: {} });
    const cancel = clock.after(PAM_MS_MAX, () => {
      child.kill("SIGKILL");
    });
    let said = "";
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (text: string) => {
      if (said.length < OUTPUT_BYTES_MAX) said += text;
    });
    child.on("error", (reason) => {
      cancel();
      const text = `the PAM helper cannot be run: ${ConfedError.from(reason).rawMessage}`;
      reject(new ConfedError("failed_precondition", text, { where: program, cause: reason }));
    });
    child.on("close", (status, signal) => {
      cancel();
      if (status === 0) resolve(said.split("\n").filter((group) => group !== ""));
      else if (status === DENIED) resolve(undefined);
      else {
        const how = signal === null ? `ended with ${status ?? "nothing"}` : `was ended by ${signal}`;
        reject(new ConfedError("unavailable", `PAM gave no answer: the helper ${how}`, { where: service }));
      }
    });
    // One that ended before it read all has said why by its status.
    child.stdin.on("error", () => undefined);
    child.stdin.end(`${user}\0${password}\0`);
  });
}

/** Of the helper: PAM said no. */
const DENIED = 1;
