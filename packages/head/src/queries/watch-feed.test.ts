import { FakeClock, FakeStream, NOBODYS_CALL } from "@confed/testkit";
import { type ConsoleStatusReceived, Encoded, messageCodec, type WatchResponse } from "@confed/wire";
import { beforeEach, expect, test } from "vitest";
import { openHeadAccess } from "../access/open-head-access.ts";
import { type AgentRecord, unreachableError } from "../directory/agent-record.ts";
import { Directory } from "../directory/directory.ts";
import { QuietStreams } from "./quiet-streams.ts";
import { WatchFeed } from "./watch-feed.ts";

const codec = messageCodec("ConsoleStatus");
const plain = codec.decode(codec.encode({})) as ConsoleStatusReceived;

const ANYBODY = openHeadAccess.who(NOBODYS_CALL);

let clock: FakeClock;
let directory: Directory;
let feed: WatchFeed;
let agent: AgentRecord;
beforeEach(() => {
  clock = new FakeClock();
  directory = new Directory(() => clock.wallTimeMs());
  feed = new WatchFeed({ clock, directory, quietStreams: new QuietStreams(clock) });
  agent = directory.admit({ id: "sn01", instance: "i1", version: "1.0", advertise: [] });
});

function say(...statuses: (Partial<ConsoleStatusReceived> & { name: string })[]): void {
  directory.report(agent, {
    consoles: statuses.map((status) => ({ ...plain, state: "CONNECTED", ...status })),
    removed: [],
  });
}

const rack = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `n${index}` }));
type Watching = FakeStream<never, WatchResponse>;

/** A watcher with its snapshot. */
async function watch(selection = ""): Promise<Watching> {
  const outlet: Watching = new FakeStream("WatchResponse");
  await feed.watch({ selection }, outlet, ANYBODY);
  return outlet;
}

const kinds = ({ sent }: Watching) =>
  sent.map((message) => Object.keys(message).find((key) => key !== "message"));
const names = ({ sent }: Watching) =>
  sent.flatMap(({ statuses }) => statuses?.consoles?.map(({ name, state }) => `${name} ${state}`) ?? []);
const removed = ({ sent }: Watching) => sent.flatMap(({ statuses }) => statuses?.removed ?? []);

test("a watcher is sent agents, every console and synced, then what changes once a tick", async () => {
  say({ name: "n2" }, { name: "n10" }, { name: "n1" });
  const watching = await watch();
  expect(kinds(watching)).toEqual(["agent", "statuses", "synced"]);
  expect(names(watching)).toEqual(["n1 CONNECTED", "n2 CONNECTED", "n10 CONNECTED"]);
  watching.sent.length = 0;
  say({ name: "n1", state: "WAITING" });
  say({ name: "n1", state: "CONNECTING" }, { name: "n3" });
  directory.report(agent, { consoles: [], removed: ["n2"] });
  expect(watching.sent).toEqual([]);
  clock.advance(75);
  expect(kinds(watching)).toEqual(["statuses"]);
  expect(names(watching)).toEqual(["n1 CONNECTING", "n3 CONNECTED"]);
  expect(removed(watching)).toEqual(["n2"]);
});

test("a watcher hears of an agent that goes down, and of all its consoles, a share a tick", async () => {
  say(...rack(5_000));
  const watching = await watch();
  expect(names(watching)).toHaveLength(5_000);
  watching.sent.length = 0;
  directory.setPresence(agent, "down", unreachableError(agent.identity, "is gone"));
  clock.advance(75);
  expect(watching.sent[0]?.agent).toMatchObject({
    id: "sn01",
    state: "down",
    cause: { code: "agent_unreachable" },
  });
  expect(names(watching)).toHaveLength(2_000);
  clock.advance(150);
  expect(names(watching)).toHaveLength(5_000);
  expect(names(watching).every((line) => line.endsWith(" UNREACHABLE"))).toBe(true);
});

test("a watcher with a selection is told what comes into it and what leaves it", async () => {
  say({ name: "n1", labels: { rack: "r1" } }, { name: "n2", labels: { rack: "r2" } });
  const watching = await watch("rack=r1");
  expect(names(watching)).toEqual(["n1 CONNECTED"]);
  watching.sent.length = 0;
  say({ name: "n1", labels: { rack: "r2" } }, { name: "n2", labels: { rack: "r1" } }, { name: "n3" });
  clock.advance(75);
  expect(names(watching)).toEqual(["n2 CONNECTED"]);
  expect(removed(watching)).toEqual(["n1"]);
  directory.report(agent, { consoles: [], removed: ["n1", "n2", "n3"] });
  clock.advance(75);
  expect(removed(watching)).toEqual(["n1", "n2"]);
});

test("a change while the snapshot is on its way is not missed", async () => {
  say(...rack(5_000));
  const outlet: Watching = new FakeStream("WatchResponse");
  const synced = feed.watch({ selection: "" }, outlet, ANYBODY);
  say({ name: "n0", state: "WAITING" }, { name: "new" });
  directory.report(agent, { consoles: [], removed: ["n1"] });
  clock.advance(75);
  await synced;
  const last = new Map<string, string>();
  for (const { statuses } of outlet.sent) {
    for (const { name = "", state } of statuses?.consoles ?? []) last.set(name, String(state));
    for (const name of statuses?.removed ?? []) last.delete(name);
  }
  expect(last.size).toBe(5_000);
  expect(last.get("n0")).toBe("WAITING");
  expect(last.get("new")).toBe("CONNECTED");
  expect(last.has("n1")).toBe(false);
});

test("a watcher that does not read is sent nothing more, and a fresh snapshot when it reads again", async () => {
  say(...rack(10));
  const slow = await watch();
  const quick = await watch();
  slow.backlogBytes = 1024 * 1024 + 1;
  slow.handedBytes = 128 * 1024;
  slow.sent.length = quick.sent.length = 0;
  say({ name: "n1", state: "WAITING" });
  clock.advance(75);
  for (let change = 0; change < 100; change++) {
    say({ name: `n${change % 10}`, state: change % 2 === 0 ? "WAITING" : "CONNECTED" });
    clock.advance(75);
  }
  expect(kinds(slow)).toEqual(["statuses"]);
  // What was on its way already, and nothing else, is kept for it.
  expect(slow.backlogBytes).toBe(128 * 1024);
  expect(kinds(quick)).toHaveLength(101);
  slow.sent.length = 0;
  slow.drain();
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  expect(kinds(slow)).toEqual(["reset", "agent", "statuses", "synced"]);
  expect(names(slow)).toHaveLength(10);
});

/** Keeps what it was given as it was given. */
class GivenStream extends FakeStream<never, WatchResponse> {
  readonly given: (WatchResponse | Encoded)[] = [];

  override send(message: WatchResponse | Encoded): void {
    this.given.push(message);
    super.send(message);
  }
}

test("a tick is encoded once, however many watch", async () => {
  say(...rack(100));
  const watching = Array.from({ length: 50 }, () => new GivenStream("WatchResponse"));
  for (const outlet of watching) await feed.watch({ selection: "" }, outlet, ANYBODY);
  for (const outlet of watching) outlet.given.length = 0;
  say({ name: "n1", state: "WAITING" }, { name: "n2", state: "WAITING" });
  directory.setPresence(agent, "stalled");
  clock.advance(75);
  const [first] = watching;
  expect(first?.given).toEqual([expect.any(Encoded), expect.any(Encoded)]);
  for (const { given } of watching) {
    expect(given).toHaveLength(2);
    given.forEach((message, index) => {
      expect(message).toBe(first?.given[index]);
    });
  }
});

test("a snapshot that a fresh one overtakes says nothing more", async () => {
  say(...rack(5_000));
  const outlet: Watching = new FakeStream("WatchResponse");
  const first = feed.watch({ selection: "" }, outlet, ANYBODY);
  outlet.backlogBytes = 1024 * 1024 + 1;
  outlet.handedBytes = 128 * 1024;
  say({ name: "n1", state: "WAITING" });
  clock.advance(75);
  outlet.drain();
  await first;
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(kinds(outlet).filter((kind) => kind === "reset" || kind === "synced")).toEqual(["reset", "synced"]);
});

test("a snapshot waits for its reader", async () => {
  say(...rack(20_000));
  const outlet: Watching = new FakeStream("WatchResponse");
  outlet.backlogBytes = 200_000;
  const synced = feed.watch({ selection: "" }, outlet, ANYBODY);
  await new Promise((resolve) => setImmediate(resolve));
  expect(kinds(outlet)).toEqual(["agent", "statuses"]);
  outlet.drain();
  await synced;
  expect(names(outlet)).toHaveLength(20_000);
});

test("a quiet watcher is sent a heartbeat every 2 s, a busy one none", async () => {
  say({ name: "n1" });
  const watching = await watch();
  watching.sent.length = 0;
  clock.advance(2_000);
  expect(kinds(watching)).toEqual([]);
  clock.advance(2_000);
  expect(kinds(watching)).toEqual(["heartbeat"]);
  say({ name: "n1", state: "WAITING" });
  clock.advance(2_000);
  expect(kinds(watching)).toEqual(["heartbeat", "statuses"]);
});

test("nothing is armed and nothing gathered when the last watcher has left", async () => {
  const watching = await watch();
  say({ name: "n1" });
  watching.end();
  expect(clock.pending).toBe(0);
  say({ name: "n1" });
  expect(clock.pending).toBe(0);
});

test("a selection that is none is refused", () => {
  expect(() => feed.watch({ selection: "n[" }, new FakeStream("WatchResponse"), ANYBODY)).toThrow(
    /invalid_argument/,
  );
});
