import { readFileSync } from "node:fs";
import { ConfedError, neutralise } from "@confed/kernel";

/** A file as an atom of a noderange: to the next `,`, `@` or `)`. */
const FILE_ATOM = /(^|[,@(-])(\s*)\^(\/[^,@()\s]+)/g;

/** Longer is no list of nodes; and what is asked of a head has a bound anyway. */
const FILE_LENGTH_MAX = 1024 * 1024;

/**
 * A noderange with what its `^/path` stand for in their places: of each line what stands before a colon or a blank, but
 * for those that begin with `#` or `^`. Throws "not_found" or "invalid_argument" with the file and its line.
 */
export function withRangeFiles(selection: string): string {
  return selection.replace(FILE_ATOM, (_, before: string, blank: string, path: string) => {
    return `${before}${blank}(${rangesIn(path).join(",")})`;
  });
}

function rangesIn(path: string): readonly string[] {
  const ranges = textOf(path)
    .split("\n")
    .map((line, index) => ({ range: /^[^:\s]*/.exec(line)?.[0] ?? "", where: `${path}:${index + 1}` }))
    .filter(({ range }) => range !== "" && !/^[#^]/.test(range));
  const left = ranges.find(({ range }) => range.startsWith("-"));
  if (left !== undefined)
    throw new ConfedError("invalid_argument", `${neutralise(left.range, 140)} would leave out nothing`, {
      subject: "noderange",
      where: left.where,
      hint: `a line of a file only adds; write ^${path},${left.range}`,
    });
  // Nothing: no node is in all and not in all.
  return ranges.length === 0 ? ["all", "-all"] : ranges.map(({ range }) => range);
}

function textOf(path: string): string {
  try {
    const text = readFileSync(path, "utf8");
    if (text.length <= FILE_LENGTH_MAX) return text;
  } catch (reason) {
    const { code, rawMessage } = ConfedError.from(reason);
    throw new ConfedError(code, rawMessage, { subject: "noderange", where: path, cause: reason });
  }
  throw new ConfedError("invalid_argument", "this is no list of nodes: it is too long", {
    subject: "noderange",
    where: path,
  });
}
