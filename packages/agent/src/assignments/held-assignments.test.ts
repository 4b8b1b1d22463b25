import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assignedTableIn } from "@confed/config";
import { ConfedError, silentLogger } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import type { Assigned, AssignPageReceived } from "@confed/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import { HeldAssignments, type TakenUp } from "./held-assignments.ts";

let directory: string;
let clock: FakeClock;
let outcomes: (TakenUp | ConfedError)[];
let asked: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "held-"));
  clock = new FakeClock();
  outcomes = [];
  asked = [];
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const GOOD: TakenUp = { done: true, refused: [] };

function held(state = directory): HeldAssignments {
  return new HeldAssignments(state, {
    ...{ clock, logger: silentLogger, refused: [] },
    takeUp: async (by) => {
      asked.push(by);
      const outcome = outcomes.shift() ?? GOOD;
      if (outcome instanceof ConfedError) throw outcome;
      return outcome;
    },
  });
}

const page = (version: number, names: readonly string[], more: Partial<AssignPageReceived> = {}) => ({
  ...{ version, whole: true, removed: [], last: true },
  put: names.map((name) => ({ name, epoch: version, entry: JSON.stringify({ name }) })),
  ...more,
});

function inboxOf(assignments: HeldAssignments, head = "h1") {
  const answers: Assigned[] = [];
  return { answers, inbox: assignments.inbox(head, (assigned) => answers.push(assigned)) };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));
const namesIn = (text: string | undefined) =>
  [...(text ?? "").matchAll(/"name":"([^"]+)"/g)].map(([, name]) => name);

test("what a head says is in force when it is whole, kept, and answered when it is in force", async () => {
  const assignments = held();
  const { inbox, answers } = inboxOf(assignments);
  inbox.take(page(3, ["n1"], { last: false }));
  await turn();
  expect([asked, answers, assignments.text]).toEqual([[], [], undefined]);
  inbox.take(page(3, ["n2"], { whole: false }));
  await turn();
  expect([asked, answers]).toEqual([["head h1"], [{ version: 3, refused: [] }]]);
  expect(namesIn(assignments.text)).toEqual(["n1", "n2"]);
  expect(await assignments.written()).toBe(true);
  expect(readFileSync(assignedTableIn(directory), "utf8")).toBe(assignments.text);
  inbox.take(page(4, ["n3"], { whole: false, removed: ["n1"] }));
  await turn();
  expect(namesIn(assignments.text)).toEqual(["n2", "n3"]);
  await assignments.written();

  // The next life begins with it: the same word changes nothing, and is answered.
  const next = held();
  const again = inboxOf(next);
  asked = [];
  const same = { name: "n2", epoch: 3, entry: '{"name":"n2"}' };
  again.inbox.take(page(5, ["n3"], { put: [same, { name: "n3", epoch: 4, entry: '{"name":"n3"}' }] }));
  await turn();
  expect([asked, again.answers]).toEqual([[], [{ version: 5, refused: [] }]]);
});

test("it is tried again until it can be in force, and not answered before", async () => {
  const assignments = held();
  const { inbox, answers } = inboxOf(assignments);
  outcomes = [{ done: false, refused: [] }, new ConfedError("unavailable", "not now")];
  inbox.take(page(3, ["n1"]));
  for (const times of [1, 2]) {
    await turn();
    expect([asked.length, answers]).toEqual([times, []]);
    clock.advance(5_000);
  }
  await turn();
  expect([asked.length, answers.length]).toEqual([3, 1]);
  await assignments.stop();
  expect(clock.pending).toBe(0);
});

test("of several heads the highest version is believed, and the same head whatever it counts", async () => {
  const assignments = held();
  const [one, two] = [inboxOf(assignments, "h1"), inboxOf(assignments, "h2")];
  one.inbox.take(page(7, ["n1"]));
  await turn();
  two.inbox.take(page(6, ["old"]));
  await turn();
  expect(namesIn(assignments.text)).toEqual(["n1"]);
  expect(two.answers).toEqual([]);
  two.inbox.take(page(8, ["n2"]));
  await turn();
  expect(namesIn(assignments.text)).toEqual(["n2"]);
  // Its store was put back from a copy.
  two.inbox.take(page(2, ["n3"]));
  await turn();
  expect(namesIn(assignments.text)).toEqual(["n3"]);
});

test("what is refused is told, and what nobody can be assigned keeps what was assigned before", async () => {
  const assignments = held();
  const { inbox, answers } = inboxOf(assignments);
  outcomes = [
    { done: true, refused: [new ConfedError("invalid_argument", "no such key", { subject: "n1" })] },
  ];
  inbox.take(page(3, ["n1"]));
  await turn();
  expect(answers).toMatchObject([{ version: 3, refused: [{ subject: "n1", message: "no such key" }] }]);
  const bad = [
    { name: "../n1", epoch: 1, entry: "{}" },
    { name: "n2", epoch: 1, entry: '{"name":"n1"}' },
    { name: "n2", epoch: 1, entry: '{"name":"n2"}\n{"name":"n3"}' },
    { name: "n2", epoch: 1, entry: "{" },
  ];
  for (const put of bad) expect(() => inbox.take(page(4, [], { put: [put] }))).toThrow();
  await turn();
  expect(namesIn(assignments.text)).toEqual(["n1"]);
});

test("a disk that takes nothing keeps nothing from being in force", async () => {
  const assignments = held(join(directory, "missing"));
  const { inbox, answers } = inboxOf(assignments);
  inbox.take(page(3, ["n1"]));
  await turn();
  expect(answers).toHaveLength(1);
  expect(namesIn(assignments.text)).toEqual(["n1"]);
  expect(await assignments.written()).toBe(false);
  expect(existsSync(assignedTableIn(directory))).toBe(false);
});
