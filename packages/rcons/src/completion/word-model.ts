import type { Command, Option } from "commander";

/** One command as a shell completes it. */
export interface CommandWords {
  readonly name: string;
  readonly description: string;
  /** What its argument is: names of consoles, one of a few words, or nothing. */
  readonly argument: "console" | "none" | { readonly choices: readonly string[] };
  readonly options: readonly OptionWords[];
}

/** One option likewise. */
export interface OptionWords {
  /** "-f" and "--force". */
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** What a completion script needs to know, taken from the definitions that the program runs by. */
export interface ProgramWords {
  readonly name: string;
  readonly commands: readonly CommandWords[];
  readonly options: readonly OptionWords[];
}

/** Read a program. Hidden commands and options stay hidden. */
export function wordsOf(program: Command): ProgramWords {
  const help = program.createHelp();
  const global = help.visibleOptions(program).map(optionWords);
  return {
    name: program.name(),
    options: global,
    commands: help
      .visibleCommands(program)
      .filter((command) => command.name() !== "help")
      .map((command) => ({
        name: command.name(),
        description: command.description(),
        argument: argumentOf(command),
        options: [
          ...help.visibleOptions(command).map(optionWords),
          ...global.filter(({ takesValue }) => takesValue),
        ],
      })),
  };
}

function argumentOf(command: Command): CommandWords["argument"] {
  const [first] = command.registeredArguments;
  if (first === undefined) return "none";
  return first.argChoices === undefined ? "console" : { choices: first.argChoices };
}

function optionWords({ short, long, description, required, optional, argChoices = [] }: Option): OptionWords {
  const flags = [short, long].filter((flag) => flag !== undefined);
  return { flags, description, takesValue: required || optional, choices: argChoices };
}
