import type { Command, Option } from "commander";

/** One place of the command line, "" or "hostkeys scan", and what may stand there. */
export interface CommandPlace {
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly OptionWords[];
}

/** An option as a shell completes it. */
export interface OptionWords {
  /** "-c" and "--config". */
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** Empty: any text, which is completed as the name of a file. */
  readonly choices: readonly string[];
}

/** Every place of a program, from the definitions it runs by. What is hidden stays so. */
export function placesOf(program: Command): readonly CommandPlace[] {
  return placesBelow(program, []);
}

function placesBelow(command: Command, path: readonly string[]): readonly CommandPlace[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  const here: CommandPlace = {
    path: path.join(" "),
    commands: commands.map((child) => ({ name: child.name(), description: child.description() })),
    options: help.visibleOptions(command).map(optionWords),
  };
  return [here, ...commands.flatMap((child) => placesBelow(child, [...path, child.name()]))];
}

function optionWords({ short, long, description, required, optional, argChoices = [] }: Option): OptionWords {
  const flags = [short, long].filter((flag) => flag !== undefined);
  return { flags, description, takesValue: required || optional, choices: argChoices };
}
