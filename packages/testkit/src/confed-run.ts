import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { descendantsOf, type ProcessId, untilGone } from "./process-tree.ts";

/** The bundle that administrators run; scripts/build-programs.mjs makes it. */
const CONFED = fileURLToPath(new URL("../../confed/dist/confed.mjs", import.meta.url));

/** Children of a command that was killed end by themselves within this, on a busy machine. */
const GONE_MS = 20_000;

export interface ConfedRunOptions {
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** All of standard input; without it, it stays open and empty. */
  readonly input?: string | undefined;
  /** `ulimit -n` of it. */
  readonly descriptorsMax?: number | undefined;
  /** In a process group of its own, as a shell starts it; see {@link ConfedRun.interrupt}. */
  readonly ownGroup?: boolean | undefined;
  /** Put in front of the command. */
  readonly wrapper?: readonly string[] | undefined;
}

/** One run of the `confed` command. What still runs at the end of its test is killed. */
export class ConfedRun {
  stdout = "";
  stderr = "";
  /** Resolves with the exit status when all output was read; 128 if a signal ended it. */
  readonly exited: Promise<number>;
  readonly pid: number;
  readonly #child: ReturnType<typeof spawn>;
  #waiting: (() => void)[] = [];
  #over = false;

  constructor(
    args: readonly string[],
    { cwd, env, input, descriptorsMax, ownGroup = false, wrapper = [] }: ConfedRunOptions = {},
  ) {
    const limit = descriptorsMax === undefined ? "" : `ulimit -n ${descriptorsMax}; `;
    const command = [...wrapper, process.execPath, CONFED, ...args];
    const child = spawn("/bin/sh", ["-c", `${limit}exec "$@"`, "sh", ...command], {
      cwd,
      detached: ownGroup,
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, CONFED_HEAD: "", CONFED_CONFIG: "", ...env },
    });
    this.#child = child;
    this.pid = child.pid ?? 0;
    child.stdin.on("error", () => undefined); // It ended first; its status says why.
    if (input !== undefined) child.stdin.end(input);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.#look();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.#look();
    });
    this.exited = new Promise((resolve) => {
      child.once("close", (status) => {
        this.#over = true;
        this.#look();
        resolve(status ?? 128);
      });
    });
    onTestFinished(async () => {
      const left = this.descendants();
      this.signal("SIGKILL");
      await this.exited;
      await untilGone(left, GONE_MS);
    });
  }

  /** Its children and theirs. */
  descendants(): readonly ProcessId[] {
    return this.#over ? [] : descendantsOf(this.pid);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ctrl-C: a terminal sends it to the whole group. Needs `ownGroup`. */
  interrupt(): void {
    process.kill(-this.pid, "SIGINT");
  }

  /** Resolves with the match in what it printed; rejects if it ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(() => pattern.exec(this.stdout), `it printed ${pattern}`);
  }

  /** Resolves with the match in what it said on standard error; rejects if it ends before. */
  told(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(() => pattern.exec(this.stderr), `it said ${pattern}`);
  }

  async #until(find: () => RegExpExecArray | null, what: string): Promise<RegExpExecArray> {
    for (;;) {
      const found = find();
      if (found !== null) return found;
      if (this.#over) throw new Error(`confed ended before ${what}:\n${this.stdout}\n${this.stderr}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #look(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** A run from its beginning to its end. */
export async function runConfed(
  args: readonly string[],
  options: ConfedRunOptions = {},
): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  const run = new ConfedRun(args, options);
  const status = await run.exited;
  return { status, stdout: run.stdout, stderr: run.stderr };
}
