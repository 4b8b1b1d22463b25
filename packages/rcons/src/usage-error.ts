import { ConfedError } from "@confed/kernel";
import type { Command, CommanderError } from "commander";

/** The command line that was refused. */
export interface RefusedLine {
  readonly program: Command;
  readonly args: readonly string[];
}

/** What commander found wrong with the command line, as one of our errors. `helpLine` shows what is right. */
export function usageError(
  { code, message }: CommanderError,
  helpLine: string,
  line: RefusedLine,
): ConfedError {
  // Commander answers with the whole help, and with this for a message: "(outputHelp)".
  if (code === "commander.help") return incomplete(line, helpLine);
  // "error: unknown option '--focre'\n(Did you mean --force?)"
  const [first = "", ...rest] = message.replace(/^error: /, "").split("\n");
  const suggestion = /^\(Did you mean (.+)\?\)$/.exec(rest.join(" ").trim())?.[1];
  return new ConfedError("invalid_argument", first, {
    hint: suggestion === undefined ? helpLine : `did you mean ${suggestion}?`,
  });
}

/** A command that has commands under it was named alone, or help was asked for what is no command. */
function incomplete({ program, args }: RefusedLine, helpLine: string): ConfedError {
  const helpAt = args.indexOf("help");
  if (helpAt !== -1) {
    const word = args[helpAt + 1] ?? "";
    return new ConfedError("invalid_argument", `unknown command '${word}'`, { hint: helpLine });
  }
  let command = program;
  const path = [program.name()];
  for (const arg of args) {
    const child = command.commands.find((one) => one.name() === arg);
    if (child === undefined) continue;
    command = child;
    path.push(arg);
  }
  const names = command
    .createHelp()
    .visibleCommands(command)
    .map((one) => one.name());
  return new ConfedError(
    "invalid_argument",
    `which of ${names.filter((name) => name !== "help").join(", ")}?`,
    {
      hint: `${path.join(" ")} --help`,
    },
  );
}
