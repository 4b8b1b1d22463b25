import type { ConsoleStatus, ConsoleStatusReceived } from "@confed/wire";
import { messageCodec } from "@confed/wire";
import { beforeEach, expect, test } from "vitest";
import { type AgentRecord, unreachableError } from "./agent-record.ts";
import { Directory } from "./directory.ts";
import { DIRECTORY_LIMITS } from "./directory-limits.ts";

const codec = messageCodec("ConsoleStatus");
const plain = codec.decode(codec.encode({})) as ConsoleStatusReceived;
const said = (status: Partial<ConsoleStatusReceived> & { name: string }): ConsoleStatusReceived => ({
  ...plain,
  state: "CONNECTED",
  ...status,
});
const page = (...names: string[]) => ({ consoles: names.map((name) => said({ name })), removed: [] });

let nowMs = 0;
let directory: Directory;
beforeEach(() => {
  nowMs = 1_000;
  directory = new Directory(() => nowMs);
});

function admit(id: string, instance = "i1"): AgentRecord {
  return directory.admit({ id, instance, version: "1.0", advertise: [`${id}:7110`] });
}

function joined(id: string, ...names: string[]): AgentRecord {
  const agent = admit(id);
  directory.report(agent, page(...names));
  directory.synced(agent);
  return agent;
}

function down(agent: AgentRecord): void {
  directory.setPresence(agent, "down", unreachableError(agent.identity, "is gone"));
}

const shown = (name: string): Partial<ConsoleStatus> | undefined => directory.statusOf(name);

test("a console is its agent's, as the agent said last", () => {
  const agent = joined("sn01", "n1", "n2");
  directory.report(agent, { consoles: [said({ name: "n2", state: "WAITING" })], removed: [] });
  expect(directory.ownerOf("n2")).toBe(agent);
  expect(shown("n1")).toMatchObject({ state: "CONNECTED", owner: "sn01" });
  expect(shown("n2")).toMatchObject({ state: "WAITING" });
  expect(directory.ownerOf("n3")).toBeUndefined();
});

test("a console that changes leaves nothing behind: its status is the same object", () => {
  const agent = joined("sn01", "n1");
  const before = directory.statusOf("n1");
  directory.report(agent, { consoles: [said({ name: "n1", state: "WAITING", sinceMs: 7 })], removed: [] });
  expect(directory.statusOf("n1")).toBe(before);
  expect(before).toMatchObject({ state: "WAITING", sinceMs: 7 });
});

test("consoles are shown unreachable since when and why while their agent is down, and as they are when it is back", () => {
  const agent = joined("sn01", "n1");
  nowMs = 9_000;
  down(agent);
  expect(shown("n1")).toMatchObject({
    state: "UNREACHABLE",
    sinceMs: 9_000,
    cause: { code: "agent_unreachable", subject: "sn01" },
  });
  admit("sn01", "i2");
  expect(shown("n1")).toMatchObject({ state: "CONNECTED" });
});

test("what a snapshot does not repeat is gone, but only once the snapshot is complete", () => {
  joined("sn01", "n1", "n2");
  const agent = admit("sn01", "i2");
  directory.report(agent, page("n2", "n3"));
  expect(directory.names()).toEqual(["n1", "n2", "n3"]);
  directory.synced(agent);
  expect(directory.names()).toEqual(["n2", "n3"]);
  expect(shown("n1")).toBeUndefined();
});

test("a removed console is gone, and a removal of somebody else's does nothing", () => {
  const first = joined("sn01", "n1");
  const second = joined("sn02", "n2");
  directory.report(second, { consoles: [], removed: ["n1"] });
  expect(directory.has("n1")).toBe(true);
  directory.report(first, { consoles: [], removed: ["n1"] });
  expect(directory.has("n1")).toBe(false);
});

test("a console that one agent has stopped is the other's without a conflict, also the second time", () => {
  const [first, second] = [joined("sn01.0", "n1"), joined("sn01.1", "n2")];
  for (const [from, to] of [
    [first, second],
    [second, first],
  ] as const) {
    directory.report(from, { consoles: [said({ name: "n1", state: "STOPPED" })], removed: [] });
    expect(shown("n1")).toMatchObject({ state: "STOPPED", owner: from.id });
    directory.report(to, page("n1"));
    expect(directory.ownerOf("n1")).toBe(to);
    expect(shown("n1")).toMatchObject({ state: "CONNECTED", owner: to.id });
    directory.report(from, { consoles: [], removed: ["n1"] });
    expect(shown("n1")).toMatchObject({ state: "CONNECTED", owner: to.id });
  }
});

test("of two claims the older one is kept, the conflict is shown, and it resolves when one gives up", () => {
  const first = joined("sn01", "n1");
  const second = joined("sn02", "n1");
  expect(directory.ownerOf("n1")).toBe(first);
  expect(shown("n1")).toMatchObject({ state: "CONFLICT", owner: "sn01", cause: { code: "conflict" } });
  expect(shown("n1")?.cause?.message).toContain("sn01 and sn02");
  directory.report(first, { consoles: [], removed: ["n1"] });
  expect(directory.ownerOf("n1")).toBe(second);
  expect(shown("n1")).toMatchObject({ state: "CONNECTED", owner: "sn02" });
  expect(directory.size).toBe(1);
});

test("a claim of an agent that is down yields to one that is heard, and does not come back to it", () => {
  const first = joined("sn01", "n1");
  const second = joined("sn02", "n1");
  down(first);
  expect(directory.ownerOf("n1")).toBe(second);
  expect(shown("n1")).toMatchObject({ state: "CONNECTED", owner: "sn02" });
  joined("sn01", "n1");
  expect(directory.ownerOf("n1")).toBe(second);
  expect(shown("n1")).toMatchObject({ state: "CONFLICT", owner: "sn02" });
  down(second);
  directory.setPresence(second, "up");
  expect(directory.ownerOf("n1")).toBe(first);
});

test("listeners hear of a changed console, and of all of an agent's in one call", () => {
  const names: string[] = [];
  const agents: [string, boolean][] = [];
  const agent = joined("sn01", "n1", "n2");
  const stop = directory.listen({
    consoleChanged: (name) => names.push(name),
    agentChanged: ({ id }, consolesToo) => agents.push([id, consolesToo]),
  });
  directory.report(agent, page("n2"));
  directory.setPresence(agent, "stalled");
  down(agent);
  down(agent);
  stop();
  directory.setPresence(agent, "up");
  expect(names).toEqual(["n2"]);
  expect(agents).toEqual([
    ["sn01", false],
    ["sn01", true],
  ]);
});

test("membership changes with labels, not with states", () => {
  const agent = joined("sn01", "n1");
  let changes = 0;
  directory.listen({ membershipChanged: () => (changes += 1) });
  directory.report(agent, { consoles: [said({ name: "n1", state: "WAITING" })], removed: [] });
  expect(changes).toBe(0);
  directory.report(agent, { consoles: [said({ name: "n1", labels: { rack: "r1" } })], removed: [] });
  expect(changes).toBe(1);
});

test("more consoles than the bound are refused by its name", () => {
  const agent = admit("sn01");
  const { consolesPerAgentMax } = DIRECTORY_LIMITS;
  const names = Array.from({ length: consolesPerAgentMax }, (_, index) => `n${index}`);
  directory.report(agent, page(...names));
  expect(directory.size).toBe(consolesPerAgentMax);
  expect(() => {
    directory.report(agent, page("one-more"));
  }).toThrow(/consolesPerAgentMax/);
  // Those it has may change all the same.
  directory.report(agent, page("n5"));
  // An agent goes down without a look at any of them.
  let called = 0;
  directory.listen({ consoleChanged: () => (called += 1) });
  down(agent);
  expect(called).toBe(0);
  expect(shown("n99999")).toMatchObject({ state: "UNREACHABLE" });
});

test("a shard that its host goes on without is gone, and is back when it joins again, twice", () => {
  joined("sn01.0", "n1");
  joined("sn02.0", "n5");
  for (const _round of [1, 2]) {
    const superfluous = joined("sn01.1", "n2");
    const stays = joined("sn01.0", "n1", "n2");
    directory.report(superfluous, { consoles: [], removed: ["n2"] });
    expect(directory.agent("sn01.1")).toBe(superfluous);
    down(superfluous);
    expect(directory.agent("sn01.1")).toBeUndefined();
    expect(directory.ownerOf("n2")).toBe(stays);
    joined("sn01.0", "n1");
  }
});

test("an agent that is started again with another number of shards leaves no row behind", () => {
  const before = [joined("sn01.0", "n1"), joined("sn01.1", "n2")];
  for (const agent of before) down(agent);
  const alone = joined("sn01", "n1", "n2");
  expect(Array.from(directory.agents(), ({ id }) => id)).toEqual(["sn01"]);
  down(alone);
  joined("sn01.0", "n2");
  joined("sn01.1", "n1");
  expect(Array.from(directory.agents(), ({ id }) => id)).toEqual(["sn01.0", "sn01.1"]);
  expect([directory.ownerOf("n1")?.id, directory.ownerOf("n2")?.id]).toEqual(["sn01.1", "sn01.0"]);
});

test("a shard that died is shown down with its consoles, whatever the rest of its host and others have", () => {
  joined("sn01.0", "n1");
  joined("sn02.0", "n3");
  const died = joined("sn01.1", "n2", "n3");
  const alone = joined("sn03");
  down(died);
  down(alone);
  joined("sn01.0", "n1");
  expect(directory.agent("sn01.1")).toBe(died);
  expect(directory.agent("sn03")).toBe(alone);
  expect(shown("n2")).toMatchObject({ state: "UNREACHABLE", owner: "sn01.1" });
});
