import type { OptionWords, ProgramWords } from "./word-model.ts";

/** A completion script for fish. */
export function fishCompletion({ name, commands, options }: ProgramWords): string {
  const names = commands.map((command) => command.name).join(" ");
  const none = `not __fish_seen_subcommand_from ${names}`;
  const attach = commands.find((command) => command.name === "attach");
  const lines = [
    `# fish completion of ${name}: put it into ~/.config/fish/completions/${name}.fish`,
    `function __${name}_consoles`,
    "  set -l words (commandline -opc)",
    "  set -l asked",
    "  for i in (seq (count $words))",
    "    if contains -- $words[$i] --head --agent",
    "      set -a asked $words[$i] $words[(math $i + 1)]",
    "    end",
    "  end",
    `  ${name} $asked __complete -- (commandline -ct) 2>/dev/null`,
    "end",
    `complete -c ${name} -f`,
    ...commands.map(
      (command) =>
        `complete -c ${name} -n ${quoted(none)} -a ${command.name} -d ${quoted(command.description)}`,
    ),
    `complete -c ${name} -n ${quoted(none)} -a '(__${name}_consoles)'`,
    ...[...options, ...(attach?.options ?? [])].map((option) => optionLine(name, none, option)),
    ...commands.flatMap((command) => {
      const seen = `__fish_seen_subcommand_from ${command.name}`;
      const words =
        command.argument === "console"
          ? [`complete -c ${name} -n ${quoted(seen)} -a '(__${name}_consoles)'`]
          : command.argument === "none"
            ? []
            : [`complete -c ${name} -n ${quoted(seen)} -a ${quoted(command.argument.choices.join(" "))}`];
      return [...words, ...command.options.map((option) => optionLine(name, seen, option))];
    }),
  ];
  return `${[...new Set(lines)].join("\n")}\n`;
}

function optionLine(
  name: string,
  condition: string,
  { flags, description, takesValue, choices }: OptionWords,
): string {
  const parts = [`complete -c ${name} -n ${quoted(condition)}`];
  for (const flag of flags) parts.push(flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`);
  if (takesValue) parts.push("-x");
  if (choices.length > 0) parts.push(`-a ${quoted(choices.join(" "))}`);
  parts.push(`-d ${quoted(description)}`);
  return parts.join(" ");
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
