import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SqliteFile } from "./sqlite-file.ts";
import type { WrittenEntry } from "./store.ts";
import type { WrittenChange } from "./store-messages.ts";

function newPath(): string {
  const directory = mkdtempSync(join(tmpdir(), "confed-store-"));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  return join(directory, "store.db");
}

const put = (key: string, value: unknown, ifRevision?: number): WrittenChange => ({
  ...{ kind: "users", key, value },
  ifRevision,
});

function contents(file: SqliteFile): readonly WrittenEntry[] {
  return [...file.pages()].flatMap(({ entries }) => entries);
}

test("a file has what was committed when it is opened again", () => {
  const path = newPath();
  const file = new SqliteFile(path);
  expect(file.commit([[put("ann", { a: [1] })], [put("bob", "b"), { kind: "users", key: "eve" }]])).toEqual([
    { is: "committed", revision: 1 },
    { is: "committed", revision: 2 },
  ]);
  file.commit([[{ kind: "users", key: "bob" }]]);
  file.close();
  const again = new SqliteFile(path);
  expect(contents(again)).toEqual([{ kind: "users", key: "ann", value: { a: [1] }, revision: 1 }]);
  // A revision is never given twice, though what had the last one is gone.
  expect(again.commit([[put("eve", 1)]])).toEqual([{ is: "committed", revision: 4 }]);
  again.close();
});

test("a commit of which one change is stale writes nothing, and those beside it do", () => {
  const file = new SqliteFile(newPath());
  const outcomes = file.commit([
    [put("ann", 1, 0)],
    [put("bob", 1, 0), put("ann", 2, 7)],
    [put("ann", 2, 1)],
    [put("ann", 3, 1)],
  ]);
  expect(outcomes).toEqual([
    { is: "committed", revision: 1 },
    { is: "conflict", kind: "users", key: "ann" },
    { is: "committed", revision: 2 },
    { is: "conflict", kind: "users", key: "ann" },
  ]);
  expect(contents(file)).toEqual([{ kind: "users", key: "ann", value: 2, revision: 2 }]);
  file.close();
});

test("what is in a file comes in pages that fit a line of the channel", () => {
  const file = new SqliteFile(newPath());
  const value = "x".repeat(100_000);
  for (let at = 0; at < 10; at++) file.commit([[put(`u${at}`, value)]]);
  const pages = [...file.pages()];
  expect(pages.length).toBeGreaterThan(2);
  expect(pages.map(({ done }) => done)).toEqual([...pages.slice(1).map(() => false), true]);
  for (const page of pages) expect(JSON.stringify(page).length).toBeLessThan(512 * 1024);
  file.close();
});

test.each<[string, (path: string) => void, string, string]>([
  [
    "of a later version",
    (path) => {
      new SqliteFile(path).close();
      // https://www.sqlite.org/fileformat2.html, section 1.3: user_version.
      const bytes = readFileSync(path);
      bytes.writeUInt32BE(99, 60);
      writeFileSync(path, bytes);
    },
    "failed_precondition",
    "later version",
  ],
  [
    "that is no database",
    (path) => {
      writeFileSync(path, "these are not the bytes of a database".repeat(200));
    },
    "data_loss",
    "damaged",
  ],
  [
    "that was cut off",
    (path) => {
      const file = new SqliteFile(path);
      for (let at = 0; at < 200; at++) file.commit([[put(`u${at}`, "x".repeat(1_000))]]);
      file.close();
      truncateSync(path, 20_000);
    },
    "data_loss",
    "damaged",
  ],
])("a file %s is refused by name, and left alone", (_what, make, code, why) => {
  const path = newPath();
  make(path);
  const error = { code, where: path, message: expect.stringContaining(why), hint: expect.any(String) };
  expect(() => new SqliteFile(path)).toThrow(expect.objectContaining(error));
});

test("a commit that the disk does not take is answered as failed, and the next is taken", () => {
  const file = new SqliteFile(newPath());
  // What a value cannot be serialised from fails inside the transaction, as a full disk does.
  const bad = put("ann", 1n);
  expect(file.commit([[put("bob", 1)], [bad]])).toEqual([
    { is: "failed", why: expect.stringContaining("BigInt") },
    { is: "failed", why: expect.stringContaining("BigInt") },
  ]);
  expect(contents(file)).toEqual([]);
  expect(file.commit([[put("bob", 2)]])).toEqual([{ is: "committed", revision: 1 }]);
  file.close();
});
