import { ConfedError, EXIT, EXIT_CODE_OF, InvariantError } from "@confed/kernel";
import { CommanderError } from "commander";
import { Interruption } from "./interruption.ts";
import { buildProgram } from "./program.ts";
import { errorLines } from "./render/error-lines.ts";
import { usageError } from "./usage-error.ts";
import type { OutputStream, World } from "./world.ts";

/**
 * The whole program, given the world. Resolves with the exit code when everything is said; what
 * goes wrong is said on standard error, as JSON where JSON was asked for. Rejects for bugs only.
 */
export async function runRcons(world: World): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = buildProgram(async (body) => {
    exitCode = await body(world);
  });
  program.configureOutput({
    writeOut: (text) => world.stdout.write(text),
    getOutHelpWidth: () => world.stdout.columns ?? 100,
  });
  for (const command of program.commands) command.copyInheritedSettings(program);
  const names = new Set(program.commands.map((command) => command.name()));
  try {
    if (world.args.length === 0) {
      throw new ConfedError("invalid_argument", "no console is named", {
        hint: "rcons NODE, or rcons --help",
      });
    }
    await program.parseAsync(withoutAmbiguity(world.args, names), { from: "user" });
  } catch (reason) {
    if (reason instanceof InvariantError) throw reason;
    if (reason instanceof CommanderError && reason.exitCode === 0) return EXIT.ok;
    const error =
      reason instanceof CommanderError
        ? usageError(reason, { program, args: world.args })
        : ConfedError.from(reason);
    if (error instanceof Interruption) return error.exitCode;
    // Who pressed ^C knows.
    if (error.code !== "canceled")
      say(world.stderr, errorLines(error, { json: world.args.includes("--json"), program: "rcons" }));
    return EXIT_CODE_OF[error.code];
  }
  return exitCode;
}

/** `rcons -- ls` means a console of that name: after `--` nothing is a command. */
function withoutAmbiguity(args: readonly string[], names: ReadonlySet<string>): readonly string[] {
  const at = args.indexOf("--");
  if (at === -1 || args.slice(0, at).some((arg) => names.has(arg))) return args;
  return ["attach", ...args];
}

function say(stream: OutputStream, lines: readonly string[]): void {
  stream.write(lines.map((line) => `${line}\n`).join(""));
}
