import { MemoryStore } from "@confed/testkit";
import type { AssignPage } from "@confed/wire";
import { beforeEach, expect, test } from "vitest";
import type { Change } from "../store/store.ts";
import { Assignments } from "./assignments.ts";

let store: MemoryStore;
let assignments: Assignments;
let settled: string[];
const forbidden = new Set<string>();
beforeEach(() => {
  store = new MemoryStore();
  settled = [];
  forbidden.clear();
  assignments = new Assignments({
    store,
    refuses: (agent, console) =>
      (forbidden.has(`${agent} ${console}`) ? new Error("no") : undefined) as undefined,
    onSettled: (agent) => settled.push(agent),
  });
});

const entry = (name: string, more = "") => `{"name":"${name}"${more}}`;
const defined = (key: string, agent: string, more?: string): Change => ({
  ...{ kind: "definitions", key },
  value: { told: { agent, entry: entry(key, more), by: "anna", atMs: 1 } },
});
const claimed = (key: string, agent: string): Change => ({
  kind: "claims",
  key,
  value: { agent, sinceMs: 1 },
});

/** A join of an agent, and what it was told: names, those that are gone with a minus. */
function joined(agent: string) {
  const pages: AssignPage[] = [];
  const join = assignments.join(agent, {
    send: (page) => pages.push(page),
    drained: () => Promise.resolve(),
    isOver: false,
  });
  const take = () =>
    pages
      .splice(0)
      .flatMap(({ put = [], removed = [] }) => [
        ...put.map(({ name }) => name),
        ...removed.map((name) => `-${name}`),
      ]);
  const done = () => {
    join.done({ version: Number(pages.at(-1)?.version ?? store.revision), refused: [] });
  };
  return { pages, take, done, join };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("an agent is told all that is its own when it joins, and then what changes", async () => {
  await store.commit([
    defined("n1", "sn01"),
    claimed("n1", "sn01"),
    defined("n2", "sn02"),
    claimed("n2", "sn02"),
  ]);
  const sn01 = joined("sn01");
  expect(sn01.pages).toEqual([
    expect.objectContaining({
      version: 1,
      whole: true,
      last: true,
      put: [{ name: "n1", epoch: 1, entry: entry("n1") }],
    }),
  ]);
  sn01.take();
  await store.commit([defined("n3", "sn01"), claimed("n3", "sn01")]);
  await turn();
  expect(sn01.pages).toMatchObject([
    { version: 2, whole: false, last: true, put: [{ name: "n3", epoch: 2 }] },
  ]);
  sn01.take();
  await store.commit([{ kind: "definitions", key: "n1", value: undefined }]);
  await turn();
  expect(sn01.take()).toEqual(["-n1"]);
  await store.commit([defined("n2", "sn02", ',"port":2')]);
  await turn();
  expect(sn01.take()).toEqual([]);
});

test("a console that moves is told to the next only when it is recorded as that one's", async () => {
  await store.commit([defined("n1", "sn01"), claimed("n1", "sn01")]);
  const [sn01, sn02] = [joined("sn01"), joined("sn02")];
  sn01.done();
  expect([sn01.take(), sn02.take()]).toEqual([["n1"], []]);
  await store.commit([defined("n1", "sn02")]);
  await turn();
  expect([sn01.pages, sn02.pages]).toMatchObject([[{ removed: ["n1"] }], []]);
  expect(assignments.isSettled("sn01")).toBe(false);
  sn01.done();
  expect(assignments.isSettled("sn01")).toBe(true);
  expect(settled.at(-1)).toBe("sn01");
  await store.commit([claimed("n1", "sn02")]);
  await turn();
  expect(sn02.take()).toEqual(["n1"]);
});

test("nobody has let go who is not there, or has not answered the last that he was told", async () => {
  expect(assignments.isSettled("sn01")).toBe(true);
  await store.commit([defined("n1", "sn01"), claimed("n1", "sn01")]);
  expect(assignments.isSettled("sn01")).toBe(false);
  const first = joined("sn01");
  first.done();
  expect(assignments.isSettled("sn01")).toBe(true);
  await store.commit([defined("n1", "sn01", ',"port":2')]);
  // The answer to what was said before comes late.
  first.join.done({ version: 1, refused: [] });
  expect(assignments.isSettled("sn01")).toBe(false);
  const second = joined("sn01");
  first.join.close();
  expect(assignments.takes("sn01")).toBe(true);
  second.done();
  expect(assignments.isSettled("sn01")).toBe(true);
  second.join.close();
  expect([assignments.isSettled("sn01"), assignments.takes("sn01")]).toEqual([false, false]);
});

test("thousands of consoles come in pages below a message's bound, and those that an agent may not have do not", async () => {
  const names = Array.from({ length: 2_000 }, (_, at) => `n${at}`);
  const long = `,"description":"${"x".repeat(200)}"`;
  await store.commit(names.flatMap((name) => [defined(name, "sn01", long), claimed(name, "sn01")]));
  forbidden.add("sn01 n7");
  const { pages } = joined("sn01");
  await turn();
  await turn();
  expect(pages.length).toBeGreaterThan(5);
  for (const page of pages) expect(JSON.stringify(page).length).toBeLessThan(64 * 1024);
  expect(pages.map(({ whole }) => whole)).toEqual(pages.map((_, at) => at === 0));
  expect(pages.map(({ last }) => last)).toEqual(pages.map((_, at) => at === pages.length - 1));
  expect(pages.flatMap(({ put = [] }) => put)).toHaveLength(1_999);
});
