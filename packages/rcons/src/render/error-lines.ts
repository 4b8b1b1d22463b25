import { type ConfedError, neutralise } from "@confed/kernel";
import { jsonLine } from "./json-line.ts";

/**
 * A failure as an operator reads it: `rcons: n0001: what happened`, and a line with what to do. As
 * JSON it is one object on one line, with the names that scripts match on.
 */
export function errorLines(
  { code, rawMessage, subject, where, hint }: ConfedError,
  { json, program }: { readonly json: boolean; readonly program: string },
): readonly string[] {
  if (json) return [jsonLine({ code, message: rawMessage, subject, where, hint })];
  const about = subject === undefined || rawMessage.includes(subject) ? "" : `${neutralise(subject, 140)}: `;
  const at = where === undefined || rawMessage.includes(where) ? "" : ` (${neutralise(where, 200)})`;
  const first = `${program}: ${about}${neutralise(rawMessage)}${at}`;
  return hint === undefined ? [first] : [first, `  hint: ${neutralise(hint)}`];
}
