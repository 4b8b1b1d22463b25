import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

// The tables of threats and of faults name a test for each row: that test is there, under that name.

const root = fileURLToPath(new URL("../..", import.meta.url));
const map = readFileSync(join(root, "packages/README.md"), "utf8");

function rowsOf(name: string): readonly (readonly string[])[] {
  const [, table = ""] = map.split(`<!-- ${name} -->\n`);
  const [rows = ""] = table.split(`<!-- /${name} -->`);
  return rows
    .trimEnd()
    .split("\n")
    .slice(2)
    .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")));
}
const rows = [...rowsOf("threats"), ...rowsOf("faults")];

/** The tests that a cell names: a path, then titles up to the next path. */
function testsIn(cell: string): readonly (readonly [path: string, title: string])[] {
  return cell.split("; ").flatMap((part) => {
    const [, path = "", titles = ""] = /^`([^`]+)` (.+)$/.exec(part) ?? [];
    return titles.split(/(?<="), (?=")/).map((title) => [path, title.slice(1, -1)] as const);
  });
}

test("there are rows, each an attack, a defence and its tests", () => {
  expect(rowsOf("threats").length).toBeGreaterThan(30);
  expect(rowsOf("faults").length).toBeGreaterThanOrEqual(10);
  for (const row of rows) expect(row).toHaveLength(3);
});

test.each(rows.map(([attack = "", , tests = ""]) => [attack, tests]))(
  "%s: its tests exist",
  (_attack, cell) => {
    const named = testsIn(cell);
    expect(named.length).toBeGreaterThan(0);
    for (const [path, title] of named) {
      expect(path).toMatch(/\.test\.ts$/);
      expect(existsSync(join(root, path)), path).toBe(true);
      const text = readFileSync(join(root, path), "utf8");
      expect(
        text.includes(`"${title}"`) || text.includes(`\`${title}\``) || text.includes(`\`${title}\${`),
        `${path}: ${title}`,
      ).toBe(true);
      // Named to be found, so it says what it tests.
      expect(title.length).toBeGreaterThan(15);
    }
  },
);
