import { ConfedError } from "./errors.ts";
import { neutralise } from "./neutralise.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** True if `text` may name a console or an agent: safe as a file name, a DNS label path, a shell word. */
export function isConsoleName(text: string): boolean {
  return NAME.test(text) && !text.includes("..");
}

/** Returns `text` or throws "invalid_argument" with the rule. `what` is "console" or "agent". */
export function checkName(text: string, what: "console" | "agent" = "console"): string {
  if (isConsoleName(text)) return text;
  const article = what === "agent" ? "an" : "a";
  throw new ConfedError("invalid_argument", `"${neutralise(text, 140)}" is not ${article} ${what} name`, {
    subject: what,
    hint: "letters, digits, '.', '_' and '-', at most 128, beginning with a letter or digit, without '..'",
  });
}

/**
 * The form under which two names collide. Log files of `N1` and `n1` are one file on some file
 * systems and one mistake on all.
 */
export function foldName(name: string): string {
  return name.toLowerCase();
}
