import type { CommandWords, OptionWords, ProgramWords } from "./word-model.ts";

/** A completion script for zsh. */
export function zshCompletion({ name, commands, options }: ProgramWords): string {
  const attach = commands.find((command) => command.name === "attach");
  const cases = commands
    .map((command) => `    (${command.name}) _arguments -s ${specsOf(command, name)} ;;`)
    .join("\n");
  return `#compdef ${name}
# zsh completion of ${name}: put it as _${name} into a directory of $fpath, or source it

_${name}_consoles() {
  local -a names asked
  local i
  for ((i = 1; i < $#words; i++)); do
    [[ $words[i] == (--head|--agent) ]] && asked+=($words[i] $words[i+1])
  done
  names=(\${(f)"$(${name} $asked __complete -- "$PREFIX" 2>/dev/null)"})
  compadd -a names
}

_${name}_first() {
  local -a commands
  commands=(
${commands.map((command) => `    ${quoted(`${command.name}:${command.description}`)}`).join("\n")}
  )
  _describe command commands
  _${name}_consoles
}

_${name}() {
  local command=\${words[(r)(${commands.map((command) => command.name).join("|")})]}
  case $command in
${cases}
    (*) _arguments -s ${[...options, ...(attach?.options ?? [])].flatMap(specOf).join(" ")} '1: :_${name}_first' ;;
  esac
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

function specsOf({ argument, options }: CommandWords, program: string): string {
  const words =
    argument === "console"
      ? [`'2: :_${program}_consoles'`]
      : argument === "none"
        ? []
        : [quoted(`2: :(${argument.choices.join(" ")})`)];
  return ["'1: :'", ...options.flatMap(specOf), ...words].join(" ");
}

function specOf({ flags, description, takesValue, choices }: OptionWords): readonly string[] {
  const says = description.replace(/[[\]:\\]/g, "\\$&");
  const value = !takesValue ? "" : choices.length > 0 ? `:value:(${choices.join(" ")})` : ":value:";
  return flags.map((flag) => quoted(`${flag}[${says}]${value}`));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
