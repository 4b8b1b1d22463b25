import { ConfedError } from "@confed/kernel";
import type { Command, CommanderError } from "commander";

/** The command line that was refused. */
export interface RefusedLine {
  readonly program: Command;
  readonly args: readonly string[];
}

/** What commander found wrong with the command line, as one of our errors; the hint is the help of the command that was meant. */
export function usageError({ code, message }: CommanderError, line: RefusedLine): ConfedError {
  const { command, path } = commandOf(line);
  const helpLine = `${path.join(" ")} --help`;
  // Commander answers with the whole help, and with this for a message: "(outputHelp)".
  if (code === "commander.help") return incomplete(command, line, helpLine);
  // "error: unknown option '--focre'\n(Did you mean --force?)"
  const [first = "", ...rest] = message.replace(/^error: /, "").split("\n");
  const suggestion = /^\(Did you mean (.+)\?\)$/.exec(rest.join(" ").trim())?.[1];
  return new ConfedError("invalid_argument", first, {
    hint: suggestion === undefined ? helpLine : `did you mean ${suggestion}?`,
  });
}

function commandOf({ program, args }: RefusedLine): { command: Command; path: readonly string[] } {
  let command = program;
  const path = [program.name()];
  for (const arg of args) {
    const child = command.commands.find((one) => one.name() === arg);
    if (child === undefined) continue;
    command = child;
    path.push(arg);
  }
  return { command, path };
}

/** A command that has commands under it was named alone, or help was asked for what is no command. */
function incomplete(command: Command, { args }: RefusedLine, helpLine: string): ConfedError {
  const helpAt = args.indexOf("help");
  if (helpAt !== -1) {
    const word = args[helpAt + 1] ?? "";
    return new ConfedError("invalid_argument", `unknown command '${word}'`, { hint: helpLine });
  }
  const names = command
    .createHelp()
    .visibleCommands(command)
    .map((one) => one.name())
    .filter((name) => name !== "help");
  return new ConfedError("invalid_argument", `which of ${names.join(", ")}?`, { hint: helpLine });
}
