import type { Command } from "commander";
import { type CommandPlace, type OptionWords, placesOf } from "./word-list.ts";

/** The shells that there is a script for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** The script that makes a shell complete a program: commands, options, their choices, else files. */
export function completionScript(program: Command, shell: Shell): string {
  const name = program.name();
  const places = placesOf(program);
  if (shell === "fish") return fishScript(name, places);
  const script = bashScript(name, places);
  // zsh runs a completion function of bash as it is (zshcompsys(1), bashcompinit).
  return shell === "bash" ? script : `autoload -U +X bashcompinit && bashcompinit\n${script}`;
}

function bashScript(name: string, places: readonly CommandPlace[]): string {
  const paths = places.map(({ path }) => path).filter((path) => path !== "");
  const words = places.map(({ path, commands, options }) => {
    const all = [...commands.map((command) => command.name), ...options.flatMap(({ flags }) => flags)];
    return `    "${path}") words="${all.join(" ")}" ;;`;
  });
  const choices = chosenOptions(places).map(
    ({ flags, choices: offered }) => `    ${flags.join("|")}) words="${offered.join(" ")}" ;;`,
  );
  return `_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" place="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${place:+$place }\${COMP_WORDS[i]}" in
      ${paths.map((path) => `"${path}"`).join("|")}) place="\${place:+$place }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$place" in
${words.join("\n")}
  esac
  case "$previous" in
${choices.join("\n")}
    ${fileOptions(places).join("|")}) words="" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${name} ${name}
`;
}

function fishScript(name: string, places: readonly CommandPlace[]): string {
  const lines = places.flatMap(({ path, commands, options }) => {
    const place = placeInFish(path, commands);
    const below = commands.map(
      (command) =>
        `complete -c ${name} -f -n '${place}' -a ${command.name} -d '${quoted(command.description)}'`,
    );
    const flags = options.map((option) => {
      const spelled = option.flags.map((flag) =>
        flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const value = !option.takesValue
        ? ""
        : option.choices.length > 0
          ? ` -x -a '${option.choices.join(" ")}'`
          : " -r";
      return `complete -c ${name} -n '${place}' ${spelled.join(" ")}${value} -d '${quoted(option.description)}'`;
    });
    return [...below, ...flags];
  });
  return `${lines.join("\n")}\n`;
}

/** Where the words of the path were typed and none of the commands that could follow. */
function placeInFish(path: string, commands: CommandPlace["commands"]): string {
  const seen = path === "" ? [] : path.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
  const next = commands.map((command) => command.name).join(" ");
  const unseen = next === "" ? [] : [`not __fish_seen_subcommand_from ${next}`];
  return [...seen, ...unseen].join("; and ");
}

function chosenOptions(places: readonly CommandPlace[]): readonly OptionWords[] {
  const chosen = places.flatMap(({ options }) => options).filter(({ choices }) => choices.length > 0);
  return [...new Map(chosen.map((option) => [option.flags.join(" "), option])).values()];
}

function fileOptions(places: readonly CommandPlace[]): readonly string[] {
  const any = places
    .flatMap(({ options }) => options)
    .filter(({ takesValue, choices }) => takesValue && choices.length === 0);
  return [...new Set(any.flatMap(({ flags }) => flags))];
}

function quoted(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
}
