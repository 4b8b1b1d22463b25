import { neutralise } from "@confed/kernel";

/** A table for people: a row of titles, and columns as wide as their widest cell. What others wrote is neutralised. */
export function rowsOf(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [titles, ...rows.map((row) => row.map((cell) => neutralise(cell, CELL_LENGTH_MAX)))];
  const widths = titles.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

/** A fingerprint is 64 long, and to be compared. */
const CELL_LENGTH_MAX = 100;
