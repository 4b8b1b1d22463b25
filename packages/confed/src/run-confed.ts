import { ConfedError, EXIT, EXIT_CODE_OF, InvariantError } from "@confed/kernel";
import { errorLines, usageError } from "@confed/rcons";
import { CommanderError } from "commander";
import { buildProgram } from "./program.ts";
import type { World } from "./world.ts";

/**
 * The whole program, given the world. Resolves with the exit status when everything is said; what
 * goes wrong is said on standard error, as JSON where JSON was asked for. Rejects for bugs only.
 */
export async function runConfed(world: World): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = buildProgram(
    async (body) => {
      exitCode = await body(world);
    },
    {
      writeOut: (text) => world.stdout.write(text),
      getOutHelpWidth: () => world.stdout.columns ?? 100,
    },
  );
  try {
    if (world.args.length === 0) {
      throw new ConfedError("invalid_argument", "no command is named", { hint: "confed --help" });
    }
    await program.parseAsync(world.args, { from: "user" });
  } catch (reason) {
    if (reason instanceof InvariantError) throw reason;
    if (reason instanceof CommanderError && reason.exitCode === 0) return EXIT.ok;
    const error =
      reason instanceof CommanderError
        ? usageError(reason, { program, args: world.args })
        : ConfedError.from(reason);
    const lines = errorLines(error, { json: world.args.includes("--json"), program: "confed" });
    world.stderr.write(lines.map((line) => `${line}\n`).join(""));
    return EXIT_CODE_OF[error.code];
  }
  return exitCode;
}
