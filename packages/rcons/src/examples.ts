import type { Command } from "commander";

/** One line to try, and what it does. */
export interface Example {
  readonly line: string;
  readonly does: string;
}

/** Further text about a command: a heading and paragraphs, lines kept as they are. */
export interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

const examplesOfCommand = new WeakMap<Command, readonly Example[]>();
const sectionsOfCommand = new WeakMap<Command, readonly Section[]>();

/** Give a command examples; its help and its man page show them. */
export function withExamples(command: Command, examples: readonly Example[]): Command {
  examplesOfCommand.set(command, examples);
  const width = Math.max(...examples.map(({ line }) => line.length));
  const lines = examples.map(({ line, does }) => `  ${line.padEnd(width)}  ${does}`);
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

/** Give a command a section of further text; its help and its man page show it. */
export function withSection(command: Command, section: Section): Command {
  sectionsOfCommand.set(command, [...sectionsOf(command), section]);
  return command.addHelpText(
    "after",
    `\n${section.title}:\n${section.lines.map((line) => `  ${line}`).join("\n")}`,
  );
}

/** What was given by {@link withExamples}. */
export function examplesOf(command: Command): readonly Example[] {
  return examplesOfCommand.get(command) ?? [];
}

/** What was given by {@link withSection}, in order. */
export function sectionsOf(command: Command): readonly Section[] {
  return sectionsOfCommand.get(command) ?? [];
}
