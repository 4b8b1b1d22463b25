import type { CommandWords, OptionWords, ProgramWords } from "./word-model.ts";

/** A completion script for bash. */
export function bashCompletion({ name, commands, options }: ProgramWords): string {
  const attach = commands.find((command) => command.name === "attach");
  const cases = commands.map((command) => `    ${command.name})\n${bodyOf(command)}\n      ;;`).join("\n");
  const valued = flagsOf(
    [...options, ...commands.flatMap((command) => command.options)].filter(({ takesValue }) => takesValue),
  );
  return `# bash completion of ${name}: source it, or put it into /etc/bash_completion.d
_${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= word skip= i
  local -a asked=()
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $skip ]]; then
      skip=
      continue
    fi
    case $word in
      --head|--agent)
        asked+=("$word" "\${COMP_WORDS[i+1]}")
        skip=1
        ;;
      ${valued.join("|")}) skip=1 ;;
      -*) ;;
      *) [[ -z $command ]] && command=$word ;;
    esac
  done
  local consoles="${name} \${asked[*]} __complete -- "
  case $command in
    "")
      if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "${flagsOf([...options, ...(attach?.options ?? [])]).join(" ")}" -- "$current"))
      else
        COMPREPLY=($(compgen -W "${commands.map((command) => command.name).join(" ")} $($consoles "$current" 2>/dev/null)" -- "$current"))
      fi
      return
      ;;
${cases}
    *)
      COMPREPLY=($(compgen -W "${flagsOf(attach?.options ?? []).join(" ")}" -- "$current"))
      ;;
  esac
}
complete -F _${name} ${name}
`;
}

function bodyOf({ argument, options }: CommandWords): string {
  const choices = options
    .filter((option) => option.choices.length > 0)
    .map(
      ({ flags, choices }) =>
        `        ${flags.join("|")}) COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$current")); return ;;\n`,
    );
  const words =
    argument === "console"
      ? '$($consoles "$current" 2>/dev/null)'
      : argument === "none"
        ? ""
        : argument.choices.join(" ");
  return `${choices.length === 0 ? "" : `      case $previous in\n${choices.join("")}      esac\n`}      if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "${flagsOf(options).join(" ")}" -- "$current"))
      else
        COMPREPLY=($(compgen -W "${words}" -- "$current"))
      fi`;
}

function flagsOf(options: readonly OptionWords[]): readonly string[] {
  return [...new Set(options.flatMap(({ flags }) => flags))];
}
