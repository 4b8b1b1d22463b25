import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./root.ts";

/** Compiled with the benchmark, into .cache/bench. */
export interface Programs {
  readonly rack: string;
  readonly logcheck: string;
  readonly ptyClient: string;
}

/** Compiles the programs in C. Throws what to do where there is no compiler. */
export function compilePrograms(): Programs {
  const dir = join(ROOT, ".cache/bench");
  mkdirSync(dir, { recursive: true });
  const compile = (name: string): string => {
    const made = join(dir, name);
    try {
      const source = join(ROOT, `test/bench/${name}.c`);
      execFileSync("cc", [
        "-O2",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-std=gnu11",
        "-o",
        `${made}.${process.pid}`,
        source,
      ]);
      // Whole or not at all, also for a test that runs it at this moment.
      renameSync(`${made}.${process.pid}`, made);
    } catch (reason) {
      if ((reason as NodeJS.ErrnoException).code !== "ENOENT") throw reason;
      throw new Error("no C compiler (cc) for the load generator; on Debian: apt install gcc libc6-dev", {
        cause: reason,
      });
    }
    return made;
  };
  return { rack: compile("rack"), logcheck: compile("logcheck"), ptyClient: compile("pty-client") };
}
