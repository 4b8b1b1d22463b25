import type { ConsoleSpec } from "@confed/config";
import fc from "fast-check";
import { expect, test } from "vitest";
import { planReload, type ReloadPlan } from "./plan-reload.ts";

const BASE: ConsoleSpec = {
  name: "n1",
  transport: "tcp",
  host: "10.0.0.1",
  port: 2001,
  labels: {},
  groups: [],
  onDemand: false,
  retry: { firstMs: 1_000, maxMs: 60_000 },
};

function planOf(before: ConsoleSpec | undefined, after: ConsoleSpec | undefined): ReloadPlan {
  const mapOf = (spec: ConsoleSpec | undefined) => new Map(spec === undefined ? [] : [[spec.name, spec]]);
  return planReload(mapOf(before), mapOf(after));
}

const kindOf = ({ start, stop, restart, demand, relabel, untouchedCount }: ReloadPlan) => ({
  start: start.length,
  stop: stop.length,
  restart: restart.length,
  demand: demand.length,
  relabel: relabel.length,
  untouched: untouchedCount,
});

const NOTHING = { start: 0, stop: 0, restart: 0, demand: 0, relabel: 0, untouched: 0 };

test.each<[string, Partial<ConsoleSpec>, keyof typeof NOTHING]>([
  ["nothing", {}, "untouched"],
  ["an undefined description", { description: undefined }, "untouched"],
  ["a label", { labels: { rack: "r1" } }, "relabel"],
  ["a label named as an inherited property", { labels: { constructor: "x" } }, "relabel"],
  ["a group", { groups: ["g"] }, "relabel"],
  ["the description", { description: "the door" }, "relabel"],
  ["the path of its log", { log: { path: "/l/&" } }, "relabel"],
  ["the waiting time", { retry: { firstMs: 1, maxMs: 2 } }, "relabel"],
  ["the time for which it stays down", { bringUpAfterMs: 60_000 }, "relabel"],
  ["the demand", { onDemand: true }, "demand"],
  ["the demand and a label", { onDemand: true, labels: { rack: "r1" } }, "demand"],
  ["the port", { port: 2002 }, "restart"],
  ["the port and a label", { port: 2002, labels: { rack: "r1" } }, "restart"],
  ["the transport", { transport: "telnet" }, "restart"],
  ["a key that was not there", { connectTimeoutMs: 5 }, "restart"],
])("a console is planned by what changed when it is %s", (_what, change, kind) => {
  expect(kindOf(planOf(BASE, { ...BASE, ...change } as ConsoleSpec))).toEqual({ ...NOTHING, [kind]: 1 });
});

test("what came is started and what went is stopped", () => {
  expect(kindOf(planOf(undefined, BASE))).toEqual({ ...NOTHING, start: 1 });
  expect(planOf(BASE, undefined)).toMatchObject({ stop: ["n1"], start: [] });
});

const retries = fc.record({ firstMs: fc.integer({ min: 1, max: 3 }), maxMs: fc.constant(9) });
const names = fc.constantFrom("a", "b", "c", "d", "e");
const common = {
  name: names,
  labels: fc.dictionary(fc.constantFrom("rack", "constructor", "__proto__"), fc.constantFrom("1", "2")),
  groups: fc.array(fc.constantFrom("g", "h"), { maxLength: 2 }),
  onDemand: fc.boolean(),
  retry: retries,
};
const specs = fc.oneof(
  fc.record({
    ...common,
    transport: fc.constant("tcp"),
    host: fc.constant("h"),
    port: fc.constantFrom(1, 2),
  }),
  fc.record({
    ...common,
    transport: fc.constant("exec"),
    argv: fc.array(fc.constantFrom("x", "y"), { minLength: 1, maxLength: 2 }),
    env: fc.dictionary(fc.constantFrom("A", "B"), fc.constantFrom("1", "2")),
  }),
) as fc.Arbitrary<ConsoleSpec>;
const tables = fc
  .uniqueArray(specs, { selector: ({ name }) => name })
  .map((list) => new Map(list.map((spec) => [spec.name, spec] as const)));

test("the plan applied to what runs gives what is desired; what it does not name is equal in both", () => {
  fc.assert(
    fc.property(tables, tables, (running, desired) => {
      const plan = planReload(running, desired);
      const applied = new Map(running);
      for (const name of plan.stop) applied.delete(name);
      const touched = [...plan.start, ...plan.restart, ...plan.demand, ...plan.relabel];
      for (const spec of touched) applied.set(spec.name, spec);
      expect(Object.fromEntries(applied)).toEqual(Object.fromEntries(desired));
      const named = [...touched.map(({ name }) => name), ...plan.stop];
      expect(new Set(named).size).toBe(named.length);
      expect(plan.untouchedCount).toBe(desired.size - touched.length);
      for (const { name } of plan.start) expect(running.has(name)).toBe(false);
      for (const { name } of plan.restart) expect(running.has(name)).toBe(true);
    }),
  );
});

test("nothing is planned when both are the same, read twice", () => {
  fc.assert(
    fc.property(tables, (table) => {
      const plan = planReload(table, structuredClone(table));
      expect(kindOf(plan)).toEqual({ ...NOTHING, untouched: table.size });
    }),
  );
});

test("a plan names no link of a console whose way is the same", () => {
  fc.assert(
    fc.property(specs, fc.record({ labels: common.labels, groups: common.groups }), (spec, said) => {
      const { restart, demand } = planOf(spec, { ...spec, ...said });
      expect(restart).toEqual([]);
      expect(demand).toEqual([]);
    }),
  );
});
