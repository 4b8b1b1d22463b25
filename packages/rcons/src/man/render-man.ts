import type { Command, Option } from "commander";
import { examplesOf, sectionsOf } from "../examples.ts";

/** What a man page says beside what the program says of itself. */
export interface ManOptions {
  /** Shown at the foot: "confed 0.1.0". */
  readonly source: string;
  /** Further sections at the end, plain paragraphs. */
  readonly sections?: readonly { readonly title: string; readonly paragraphs: readonly string[] }[];
}

/** The man page of a program and all its commands, in the man(7) macros. Same input, same output. */
export function renderMan(program: Command, { source, sections = [] }: ManOptions): string {
  const help = program.createHelp();
  const commands = commandsBelow(program);
  const lines = [
    `.TH ${program.name().toUpperCase()} 1 "" "${source}" "User Commands"`,
    // Names of options and variables are copied from here: no hyphens of ours.
    ".nh",
    ".SH NAME",
    `${text(program.name())} \\- ${text(program.description())}`,
    ".SH SYNOPSIS",
    ".B",
    `${text(program.name())} ${text(program.usage())}`,
    ".br",
    ...commands.flatMap((command) => [
      ".B",
      `${text(program.name())} ${text(help.commandUsage(command).split(" ").slice(1).join(" "))}`,
      ".br",
    ]),
    ".SH OPTIONS",
    ...help.visibleOptions(program).flatMap(option),
    ".SH COMMANDS",
    ...commands.flatMap((command) => commandLines(command)),
    ...sectionsOf(program).flatMap(({ title, lines: shown }) => [
      `.SH ${text(title.toUpperCase())}`,
      ...verbatim(shown),
    ]),
    ...sections.flatMap(({ title, paragraphs }) => [
      `.SH ${text(title.toUpperCase())}`,
      ...paragraphs.flatMap((paragraph) => [".PP", text(paragraph)]),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

/** All of them, those below commands, too, each after the one it belongs to. */
function commandsBelow(parent: Command): readonly Command[] {
  const commands = parent.createHelp().visibleCommands(parent);
  return commands
    .filter((command) => command.name() !== "help")
    .flatMap((command) => [command, ...commandsBelow(command)]);
}

/** As it is typed behind the program's name. */
function pathOf(command: Command): readonly string[] {
  const { parent } = command;
  return parent === null || parent.parent === null ? [command.name()] : [...pathOf(parent), command.name()];
}

function commandLines(command: Command): readonly string[] {
  const help = command.createHelp();
  const usage = [
    ...pathOf(command),
    ...command.registeredArguments.map((argument) =>
      argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
    ),
  ];
  const examples = examplesOf(command);
  return [
    `.SS ${text(usage.join(" "))}`,
    text(`${command.description()}.`),
    ...command.registeredArguments
      .filter(({ description }) => description !== "")
      .flatMap((argument) => [".TP", `.I ${text(argument.name())}`, text(argument.description)]),
    ...help
      .visibleOptions(command)
      .filter(({ long }) => long !== "--help")
      .flatMap(option),
    ...sectionsOf(command).flatMap(({ title, lines }) => [".PP", `${text(title)}:`, ...verbatim(lines)]),
    ...(examples.length === 0 ? [] : [".PP", "Examples:"]),
    ...examples.flatMap(({ line, does }) => [".TP", `.B ${text(line)}`, text(does)]),
  ];
}

function option({ flags, description, argChoices, defaultValue }: Option): readonly string[] {
  const choices = argChoices === undefined ? "" : ` (${argChoices.join(", ")})`;
  const byDefault =
    defaultValue === undefined || typeof defaultValue === "boolean"
      ? ""
      : ` (default: ${String(defaultValue)})`;
  return [".TP", `.B ${text(flags)}`, text(description + choices + byDefault)];
}

/** Lines kept as they are. */
function verbatim(lines: readonly string[]): readonly string[] {
  return [".PP", ".nf", ...lines.map((line) => (line === "" ? ".sp" : text(line))), ".fi"];
}

/** Text that troff shows as it is. */
function text(plain: string): string {
  const escaped = plain
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replaceAll("`", "\\(ga")
    .replaceAll("'", "\\(aq");
  // A line that begins with a dot would be a request.
  return escaped.replace(/^\./gm, "\\&.").replaceAll("\n", " ");
}
