import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { formatAssigned, parseAssigned, takeAssigned } from "./assigned-table.ts";
import { parseConsole } from "./console-table.ts";
import { formatFault } from "./fault.ts";
import { assignedTableIn, loadAgentConfig, loadHeadConfig } from "./load-config.ts";

const entry = (name: string, port = 1) => ({ name, transport: "tcp", host: "h", port });
const spec = (name: string, port = 1) => parseConsole(entry(name, port));

test("a table is read as it was written, and refused when it is cut anywhere or none", () => {
  const text = formatAssigned({ version: 7, head: "h1" }, [{ epoch: 3, entry: JSON.stringify(entry("n1")) }]);
  expect(parseAssigned(text)).toEqual({
    head: { version: 7, head: "h1" },
    consoles: [{ epoch: 3, console: entry("n1") }],
  });
  for (let end = 0; end < text.length; end += 1)
    if (text[end - 1] !== "\n") expect(() => parseAssigned(text.slice(0, end))).toThrow(/cannot be read/);
  expect(() => parseAssigned("[]\n")).toThrow(/cannot be read/);
});

test.each([
  { files: [], assigned: [["n1", 2]], taken: [["n1", 2, undefined]], refused: [] },
  { files: ["n1"], assigned: [], taken: [["n1", undefined, undefined]], refused: [] },
  { files: ["n1"], assigned: [["n1", 2]], taken: [["n1", undefined, true]], refused: [] },
  { files: ["n1"], assigned: [["N1", 2]], taken: [["n1", undefined, undefined]], refused: ["conflict"] },
  {
    files: ["n1"],
    assigned: [["n2", 2]],
    taken: [
      ["n1", undefined, undefined],
      ["n2", 2, undefined],
    ],
    refused: [],
  },
  {
    files: [],
    assigned: [
      ["n1", 2],
      ["..", 3],
    ],
    taken: [["n1", 2, undefined]],
    refused: ["invalid_argument"],
  },
  {
    files: [],
    assigned: [
      ["n1", 2],
      ["n1", 3],
    ],
    taken: [["n1", 2, undefined]],
    refused: [],
  },
] as const)(
  "with files $files, the head's $assigned become $taken",
  ({ files, assigned, taken, refused }) => {
    const all = takeAssigned(
      files.map((name) => spec(name)),
      assigned.map(([name, epoch]) => ({ epoch, console: entry(name, 9) })),
    );
    expect(all.consoles.map(({ name, epoch, overrides }) => [name, epoch, overrides])).toEqual(taken);
    expect(all.refused.map(({ code }) => code)).toEqual(refused);
  },
);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "confed-assigned-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test("what is assigned is part of an agent's configuration, and no fault of it whatever it is", async () => {
  const main = join(directory, "agent.json");
  await writeFile(main, JSON.stringify({ agent: { id: "sn01", state: directory }, consoles: [entry("n1")] }));
  const text = formatAssigned({ version: 1, head: "h1" }, [
    { epoch: 5, entry: JSON.stringify(entry("n1", 9)) },
    { epoch: 6, entry: JSON.stringify(entry("n2")) },
    { epoch: 7, entry: JSON.stringify({ name: "n3", transport: "smoke" }) },
    { epoch: 8, entry: JSON.stringify({ ...entry("n4"), log: { path: "/l/&" } }) },
    { epoch: 9, entry: JSON.stringify({ ...entry("n5"), log: { path: "/l/n4" } }) },
  ]);
  await writeFile(assignedTableIn(directory), text);
  const { ok } = await loadAgentConfig(main);
  expect(ok).toMatchObject({
    consoles: [
      { name: "n1", port: 1, overrides: true },
      { name: "n2", epoch: 6 },
      { name: "n4", epoch: 8, log: { path: "/l/&" } },
    ],
    refused: [
      { subject: "n3", code: "invalid_argument" },
      { subject: "n5", code: "conflict", rawMessage: "its log file is that of console n4" },
    ],
  });
  // Nobody edits it: it is not watched.
  expect(ok?.files).toEqual([main]);
  await writeFile(assignedTableIn(directory), "half");
  expect((await loadAgentConfig(main)).ok).toMatchObject({
    consoles: [{ name: "n1" }],
    refused: [{ code: "data_loss", where: assignedTableIn(directory) }],
  });
  // What is known and could not be written counts.
  expect((await loadAgentConfig(main, { assigned: text })).ok?.consoles).toHaveLength(3);
});

test("tables of a head give consoles to agents, and one console to two of them is a fault of both places", async () => {
  const main = join(directory, "head.json");
  const table = join(directory, "rack1.jsonl");
  await writeFile(table, `${JSON.stringify(entry("n1"))}\n`);
  const assigning = (assign: object) =>
    writeFile(main, JSON.stringify({ head: { state: directory, assign } }));
  await assigning({ sn01: ["rack*.jsonl"] });
  expect((await loadHeadConfig(main)).ok?.assigned).toEqual([
    { name: "n1", agent: "sn01", entry: JSON.stringify(entry("n1")) },
  ]);
  await assigning({ sn01: ["rack1.jsonl"], sn02: ["rack1.jsonl"] });
  const twice = await loadHeadConfig(main);
  expect(twice.faults?.map(formatFault)).toEqual([
    expect.stringContaining("this name is taken by the console at"),
  ]);
  await assigning({ sn01: ["none.jsonl"] });
  expect((await loadHeadConfig(main)).faults?.map(formatFault)).toEqual([
    expect.stringContaining("no such file"),
  ]);
});
