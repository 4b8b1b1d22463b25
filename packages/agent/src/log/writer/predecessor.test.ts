import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { outlivedBy } from "./predecessor.ts";

test("a log writer that still runs is waited for, one that is gone is not", async () => {
  const dir = mkdtempSync(join(tmpdir(), "confed-writer-"));
  const child = spawn("sleep", ["60"]);
  onTestFinished(() => {
    child.kill("SIGKILL");
    rmSync(dir, { recursive: true });
  });
  await once(child, "spawn");
  expect(outlivedBy(dir, { pid: child.pid ?? 0, waitMs: 0 })).toBe(false);
  expect(outlivedBy(dir, { pid: child.pid ?? 0, waitMs: 20 })).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(outlivedBy(dir, { pid: process.pid, waitMs: 10_000 })).toBe(false);
});
