import { expect, test } from "vitest";
import { formatFault } from "./fault.ts";
import { checkConfig } from "./load-config.ts";
import { logModes } from "./log-modes.ts";

async function check(logs: string) {
  const text = `agent: { id: sn01, state: /var/lib/confed }\nlogs: ${logs}\n`;
  const read = (path: string) =>
    path === "/etc/confed/c.yaml"
      ? Promise.resolve(new TextEncoder().encode(text))
      : Promise.reject(Object.assign(new Error("ENOENT"), { code: "ENOENT" }));
  return checkConfig("/etc/confed/c.yaml", { files: { read, list: () => Promise.resolve([]) } });
}

test("rotation, compression and retention are read with their units", async () => {
  const { ok } = await check(
    '{ rotate: { size: "64MiB", age: "1d" }, compress: gzip, keep: { age: "30d", count: 10, size: "1GiB", free: "2GiB" } }',
  );
  expect(ok?.logs).toMatchObject({
    rotate: { sizeBytes: 64 * 1024 ** 2, ageMs: 86_400_000 },
    compress: "gzip",
    keep: { ageMs: 30 * 86_400_000, count: 10, sizeBytes: 1024 ** 3, freeBytes: 2 * 1024 ** 3 },
  });
});

test("nothing is rotated when nothing says so", async () => {
  const { ok } = await check("{ path: /var/log/consoles/& }");
  expect(ok?.logs.rotate).toBeUndefined();
});

test.each([
  ["{ rotate: {} }", 'logs.rotate must say when (write { size: "64MiB" }, { age: "1d" } or both)'],
  [
    "{ rotate: { size: 64 } }",
    'logs.rotate.size must be a size of at least 64KiB, not 64 (write "512KiB", "64MiB" or "10GiB")',
  ],
  [
    '{ rotate: { age: "10s" } }',
    'logs.rotate.age must be a time from a minute to ten years, not "10s" (write "12h" or "30d")',
  ],
  [
    "{ compress: gzip, keep: { count: 3 } }",
    'logs.compress means nothing without rotate (add rotate: { size: "64MiB" })',
  ],
  [
    '{ rotate: { size: "1MiB" }, keep: { count: 1.5 } }',
    "logs.keep.count must be a whole number from 0 to 100000, not 1.5",
  ],
  ['{ for: [{ consoles: "n[1-", strict: true }] }', "logs.for[0].consoles: column "],
  ["{ format: stampt }", 'logs.format must be one of exact, stamped, not "stampt"'],
  ['{ for: [{ consoles: "n1" }] }', "logs.for[0] says nothing of these consoles (add strict, sync, format)"],
  [
    '{ for: [{ consoles: "n1", strikt: true }] }',
    'unknown key "strikt" in logs.for[0] (did you mean "strict"?)',
  ],
  ['{ rotate: { sise: "1MiB" } }', 'unknown key "sise" in logs.rotate (did you mean "size"?)'],
])("the fault of %s is named with what to write", async (logs, expected) => {
  const { faults } = await check(logs);
  expect((faults ?? []).map(formatFault).join("\n")).toContain(expected);
});

test("a console is logged as the last entry says that selects it, and else as all", async () => {
  const { ok } = await check(
    '{ strict: true, for: [{ consoles: "n[1-9]", strict: false }, { consoles: "@db", strict: true }] }',
  );
  const modeOf = logModes(ok?.logs ?? { pathTemplate: "", mode: 0 });
  const strict = (name: string, ...groups: string[]) => modeOf({ name, groups, labels: {} }).strict;
  expect([strict("x1"), strict("n1"), strict("n1", "db")]).toEqual([true, false, true]);
  // Ten thousand consoles do not make ten thousand modes.
  expect(modeOf({ name: "x1", groups: [], labels: {} })).toBe(modeOf({ name: "x2", groups: [], labels: {} }));
});

test("zstd is refused where Node does not have it", async () => {
  const { faults } = await check('{ rotate: { size: "1MiB" }, compress: zstd }');
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const hasZstd = major > 22 || (major === 22 && minor >= 15);
  expect((faults ?? []).map(formatFault)).toEqual(
    hasZstd ? [] : [expect.stringContaining("logs.compress must be gzip or none with this version of Node")],
  );
});
