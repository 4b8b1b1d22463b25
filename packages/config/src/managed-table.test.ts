import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { formatFault } from "./fault.ts";
import { loadAgentConfig, managedTableIn } from "./load-config.ts";

let directory: string;
let main: string;
let state: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "confed-managed-"));
  state = join(directory, "state");
  main = join(directory, "agent.yaml");
  await mkdir(state);
  await writeFile(main, `agent: { id: sn01, state: ${state} }\nconsoles: [${entry("n1")}]\n`);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const entry = (name: string, more = "") =>
  `{ "name": "${name}", "transport": "tcp", "host": "h", "port": 1${more} }`;

test("the table in the state directory is part of the configuration when it is there, and no fault when not", async () => {
  expect((await loadAgentConfig(main)).ok).toMatchObject({ files: [main], consoles: [{ name: "n1" }] });
  await writeFile(managedTableIn(state), `${entry("n2")}\n`);
  expect((await loadAgentConfig(main)).ok).toMatchObject({
    files: [main, managedTableIn(state)],
    consoles: [{ name: "n1" }, { name: "n2" }],
  });
});

test("its faults have places, and a name that another file defines is its fault, whoever comes first", async () => {
  await writeFile(managedTableIn(state), `${entry("n2", ', "prot": 1')}\n${entry("n1")}\n`);
  const loaded = await loadAgentConfig(main);
  const lines = loaded.faults!.map(formatFault);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain(`${managedTableIn(state)}:1:`);
  expect(lines[1]).toContain(`${managedTableIn(state)}:2:`);
  expect(lines[1]).toContain(`taken by the console at ${main}:2:`);
  // What was read is known also with faults: there they will be mended.
  expect(loaded).toMatchObject({ files: [main, managedTableIn(state)] });
});

test("an agent that runs keeps its own table when the file names another state directory", async () => {
  await writeFile(managedTableIn(state), `${entry("n2")}\n`);
  await writeFile(main, `agent: { id: sn01, state: ${directory} }\n`);
  const { ok } = await loadAgentConfig(main, { managedTable: managedTableIn(state) });
  expect(ok?.consoles.map(({ name }) => name)).toEqual(["n2"]);
});

test("a table that a pattern includes as well is read once", async () => {
  await writeFile(managedTableIn(state), `${entry("n2")}\n`);
  await writeFile(main, `agent: { id: sn01, state: ${state} }\ninclude: ["state/*.jsonl"]\n`);
  const { ok } = await loadAgentConfig(main);
  expect(ok?.consoles.map(({ name }) => name)).toEqual(["n2"]);
  expect(ok?.directories).toEqual([state]);
});
