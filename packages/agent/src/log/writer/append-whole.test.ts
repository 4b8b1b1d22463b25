import type * as Fs from "node:fs";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { appendWhole } from "./append-whole.ts";

/** How much each write takes; then there is no room. */
const disk = vi.hoisted(() => ({ takes: [] as number[] }));

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof Fs>();
  return {
    ...fs,
    writeSync: (fd: number, bytes: Uint8Array, from = 0) => {
      const takes = disk.takes.shift();
      if (takes === undefined) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
      return fs.writeSync(fd, bytes, from, Math.min(takes, bytes.byteLength - from));
    },
  };
});

test.each([
  ["taken bit by bit is whole", [3, 4, 100], "before\na whole line\n"],
  ["taken in part is taken back, and said to be refused", [3, 4], "before\n"],
  ["refused leaves nothing", [], "before\n"],
])("a line %s", (_what, takes, expected) => {
  const path = join(tmpdir(), `confed-append-${process.pid}`);
  const fd = openSync(path, "a");
  onTestFinished(() => {
    closeSync(fd);
    rmSync(path);
  });
  disk.takes = [100];
  appendWhole(fd, "before\n");
  disk.takes = takes;
  const refused = !expected.includes("whole");
  if (refused) expect(() => appendWhole(fd, "a whole line\n")).toThrow("ENOSPC");
  else appendWhole(fd, "a whole line\n");
  expect(readFileSync(path, "utf8")).toBe(expected);
});
