/** A command for exec. */
export interface CommandLine {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * What `/bin/sh -ce COMMAND` would start: the words themselves where the shell would do nothing to them,
 * variables in front taken as environment, and else the shell. One process less for each console.
 */
export function commandLine(command: string): CommandLine {
  const words = command.split(/[ \t]+/).filter((word) => word !== "");
  const assigned = words.findIndex((word) => !ASSIGNMENT.test(word));
  const argv = assigned < 0 ? [] : words.slice(assigned);
  const variables = words.slice(0, Math.max(0, assigned));
  const [program = ""] = argv;
  const plain = words.every((word) => PLAIN.test(word)) && program.includes("/");
  if (!plain) return { argv: ["/bin/sh", "-ce", command], env: {} };
  return {
    argv,
    env: Object.fromEntries(
      variables.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]),
    ),
  };
}

const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*=/;

// Nothing that a shell looks at. A program without a slash could be a builtin of it.
const PLAIN = /^[A-Za-z0-9_./:=@%+,-]+$/;
