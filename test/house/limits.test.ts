import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const CHECK = join(REPOSITORY, "scripts", "limits.mjs");

let house = "";

beforeEach(async () => {
  house = await mkdtemp(join(tmpdir(), "confed-limits-"));
});

afterEach(async () => {
  await rm(house, { recursive: true });
});

function check(...args: string[]): Promise<{ readonly status: number; readonly said: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CHECK, ...args], (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), said: stdout + stderr });
    });
  });
}

async function source(text: string): Promise<void> {
  await mkdir(join(house, "packages/kernel/src"), { recursive: true });
  await writeFile(join(house, "packages/kernel/src/queue.ts"), text);
}

test("LIMITS.md is what the sources say, and every limit has a reason", async () => {
  expect(await check()).toEqual({ status: 0, said: "" });
}, 30_000);

test("limits are printed with their value in units and their reason, and a change makes the page stale", async () => {
  const limits = (bytes: string) => `/** Bounds, with their reasons. */
export const QUEUE_LIMITS = {
  /** A terminal's worth. */
  backlogBytesMax: ${bytes},
} as const;

/** People give up by then, | or earlier. */
const WAIT_MS = 250;
const WAIT_MS_MAX = 4 * WAIT_MS;
`;
  await source(limits("64 * 1024"));
  expect(await check("--root", house)).toMatchObject({
    status: 1,
    said: expect.stringContaining("npm run limits -- --write"),
  });
  expect(await check("--root", house, "--write")).toEqual({ status: 0, said: "" });
  const page = await readFile(join(house, "packages/LIMITS.md"), "utf8");
  expect(page).toContain("| `QUEUE_LIMITS.backlogBytesMax` | 64 KiB | A terminal's worth. | `queue.ts` |");
  expect(page).toContain("| `WAIT_MS_MAX` | 1 s | People give up by then, \\| or earlier. | `queue.ts` |");
  expect(await check("--root", house)).toMatchObject({ status: 0 });
  await source(limits("1_000_000"));
  expect(await check("--root", house)).toMatchObject({ status: 1 });
}, 30_000);

test("a limit without a reason is a fault that says where", async () => {
  await source("const NAMES_MAX = 3;\n");
  expect(await check("--root", house, "--write")).toMatchObject({
    status: 1,
    said: expect.stringContaining("packages/kernel/src/queue.ts: NAMES_MAX has no reason"),
  });
}, 30_000);
