import { Command, CommanderError } from "commander";
import { expect, test } from "vitest";
import { usageError } from "./usage-error.ts";

/** What is said about a command line of a program with `console add|edit|rm` and `ls`. */
async function refused(...args: readonly string[]) {
  const program = new Command("confed").option("--head <address>", "").configureOutput({
    writeOut: () => undefined,
    writeErr: () => undefined,
  });
  const console = program.command("console");
  for (const name of ["add", "edit", "rm"]) console.command(name).action(() => undefined);
  program.command("ls").action(() => undefined);
  program.exitOverride();
  for (const command of [...program.commands, ...console.commands]) command.copyInheritedSettings(program);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (reason) {
    if (!(reason instanceof CommanderError)) throw reason;
    const { code, rawMessage, hint } = usageError(reason, { program, args });
    return { code, rawMessage, hint };
  }
  throw new Error("it was not refused");
}

test.each([
  [["console"], "which of add, edit, rm?", "confed console --help"],
  [["--head", "a:1", "console"], "which of add, edit, rm?", "confed console --help"],
  [["help", "foo"], "unknown command 'foo'", "confed --help"],
  [["--head", "a:1", "help", "foo"], "unknown command 'foo'", "confed --help"],
  [["console", "add", "--fast"], "unknown option '--fast'", "confed console add --help"],
  [["ls", "--fast"], "unknown option '--fast'", "confed ls --help"],
  [["consol"], "unknown command 'consol'", "did you mean console?"],
])("%j is refused: %s", async (args, rawMessage, hint) => {
  expect(await refused(...args)).toEqual({ code: "invalid_argument", rawMessage, hint });
});
