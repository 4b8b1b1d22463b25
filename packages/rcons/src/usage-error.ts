import { ConfedError } from "@confed/kernel";
import type { CommanderError } from "commander";

/** What commander found wrong with the command line, as one of our errors. `helpLine` shows what is right. */
export function usageError({ message }: CommanderError, helpLine = "rcons --help"): ConfedError {
  // "error: unknown option '--focre'\n(Did you mean --force?)"
  const [first = "", ...rest] = message.replace(/^error: /, "").split("\n");
  const suggestion = /^\(Did you mean (.+)\?\)$/.exec(rest.join(" ").trim())?.[1];
  return new ConfedError("invalid_argument", first, {
    hint: suggestion === undefined ? helpLine : `did you mean ${suggestion}?`,
  });
}
