import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemClock } from "@confed/kernel";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConfigWatch, SETTLE_MS, type Watched } from "./config-watch.ts";

let dir: string;
let watch: ConfigWatch;
let changes: number[];
let whenChanged: () => void = () => undefined;
let onChange: () => Promise<void>;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "confed-watch-"));
  changes = [];
  onChange = () => Promise.resolve();
});
afterEach(async () => {
  await watch.stop();
  rmSync(dir, { recursive: true });
});

async function watching(watched: Partial<Watched>) {
  watch = new ConfigWatch({
    clock: systemClock,
    logger: silentLogger,
    onChange: async () => {
      await onChange();
      changes.push(systemClock.nowMs());
      whenChanged();
    },
  });
  await watch.start({ files: [], directories: [], ...watched });
}

async function changed(count: number): Promise<void> {
  while (changes.length < count) await new Promise<void>((resolve) => (whenChanged = resolve));
}

test("a file written in place, replaced and removed is told each time, once it is left alone", async () => {
  const file = join(dir, "agent.yaml");
  writeFileSync(file, "a");
  await watching({ files: [file] });
  const fromMs = systemClock.nowMs();
  appendFileSync(file, "b");
  appendFileSync(file, "c");
  await changed(1);
  expect(changes[0]! - fromMs).toBeGreaterThanOrEqual(SETTLE_MS - 5);
  writeFileSync(`${file}.new`, "d");
  renameSync(`${file}.new`, file);
  await changed(2);
  // The watch is on the directory, so what took the file's place is watched as well.
  appendFileSync(file, "e");
  await changed(3);
  rmSync(file);
  await changed(4);
  expect(changes).toHaveLength(4);
});

test("a neighbour of a watched file changes nothing, in a directory of a pattern it does", async () => {
  const file = join(dir, "agent.yaml");
  const tables = join(dir, "consoles.d");
  mkdirSync(tables);
  writeFileSync(file, "a");
  await watching({ files: [file], directories: [tables] });
  writeFileSync(join(dir, "neighbour"), "x");
  writeFileSync(join(tables, "rack1.jsonl"), "x");
  await changed(1);
  expect(changes).toHaveLength(1);
});

test("a file that is missing is told when it comes, in a directory that did not exist either", async () => {
  const file = join(dir, "later", "rack1.jsonl");
  await watching({ files: [file] });
  mkdirSync(join(dir, "later"));
  writeFileSync(file, "x");
  await changed(1);
});

test("what is written while it is read is read again", async () => {
  const file = join(dir, "agent.yaml");
  writeFileSync(file, "a");
  await watching({ files: [file] });
  onChange = () => {
    if (changes.length === 0) appendFileSync(file, "during");
    return Promise.resolve();
  };
  appendFileSync(file, "b");
  await changed(2);
});

test("another set of files is followed without a word about what they were", async () => {
  const before = join(dir, "before.yaml");
  const after = join(dir, "after.yaml");
  writeFileSync(before, "a");
  writeFileSync(after, "a");
  await watching({ files: [before] });
  onChange = () => {
    watch.follow({ files: [after], directories: [] });
    return Promise.resolve();
  };
  appendFileSync(before, "b");
  await changed(1);
  appendFileSync(before, "not ours any more");
  appendFileSync(after, "b");
  await changed(2);
  expect(changes).toHaveLength(2);
});
