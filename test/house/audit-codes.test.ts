import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AUDIT_CODES } from "@confed/trust/audit";
import { expect, test } from "vitest";

const packages = fileURLToPath(new URL("../../packages", import.meta.url));

/** What is told by whoever sees it happen: everything but the table itself, and its tests. */
const sources = readdirSync(packages, { withFileTypes: true }).flatMap((entry) => {
  if (!entry.isDirectory()) return [];
  const folder = join(packages, entry.name, "src");
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !path.endsWith("audit/codes.ts"))
    .map((path) => readFileSync(join(folder, path), "utf8"));
});

test.each(Object.keys(AUDIT_CODES))("%s is audited somewhere", (name) => {
  const told = new RegExp(`(event: |audit\\(|audited\\(|\\? )"${name}"|: "${name}"`);
  expect(sources.some((text) => told.test(text))).toBe(true);
});

test("no code is given twice, and each says how bad it is", () => {
  const codes = Object.values(AUDIT_CODES);
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) expect(code).toMatch(/^RC[1-9]\d{3}[IWEC]$/);
});
