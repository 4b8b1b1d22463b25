import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConsoleSpec, DEFAULT_MODE } from "@confed/config";
import { type ConfedError, DialGate, silentLogger, systemClock } from "@confed/kernel";
import { type MemoryPair, memory } from "@confed/transports";
import { type AttachResponse, Encoded, messageCodec } from "@confed/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LogFeed } from "../log/log-feed.ts";
import { spawnWriter } from "../log/writer-process.ts";
import type { Seat } from "../viewers/seat.ts";
import { Cadence } from "./cadence.ts";
import { ConsoleFleet } from "./console-fleet.ts";
import { ConsoleTable } from "./console-table.ts";
import { planReload } from "./plan-reload.ts";

let dir: string;
let feed: LogFeed;
let fleet: ConsoleFleet;
let table: ConsoleTable;
/** By host: where specs lead. */
let ways: Map<string, MemoryPair>;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "confed-fleet-"));
  feed = new LogFeed(
    { stateDir: join(dir, "state"), pathTemplate: join(dir, "&.log"), mode: 0o640 },
    { clock: systemClock, logger: silentLogger, spawn: (events) => spawnWriter(silentLogger, events) },
  );
  table = new ConsoleTable("sn01");
  ways = new Map();
  const deps = { clock: systemClock, timers: systemClock, logger: silentLogger };
  fleet = new ConsoleFleet({
    ...{ ...deps, table, feed, gate: new DialGate(8, systemClock), cadence: new Cadence(systemClock, feed) },
    logModeOf: () => DEFAULT_MODE,
    transportOf: (spec) => wayTo((spec as { readonly host: string }).host).transport(deps as never),
  });
});
afterEach(async () => {
  await fleet.stop();
  await feed.stop();
  rmSync(dir, { recursive: true });
});

function wayTo(host: string): MemoryPair {
  const way = ways.get(host) ?? memory();
  ways.set(host, way);
  return way;
}

const farEnd = (host: string) => wayTo(host).farEnd;

function spec(name: string, more: Partial<ConsoleSpec> = {}): ConsoleSpec {
  const said = { labels: {}, groups: [], onDemand: false, retry: { firstMs: 10, maxMs: 20 } };
  return { name, transport: "tcp", host: name, port: 1, ...said, ...more } as ConsoleSpec;
}

async function reload(...specs: readonly ConsoleSpec[]) {
  const plan = planReload(fleet.specs, new Map(specs.map((each) => [each.name, each])));
  await fleet.apply(plan);
  return plan;
}

/** Resolves when a console is in this state. */
function phase(name: string, wanted: string): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (table.find(name)?.console.state.phase !== wanted) return;
      stop();
      resolve();
    };
    const stop = table.watch(look);
    look();
  });
}

class PlayedViewer implements Seat {
  readonly sessionId = "s1";
  readonly subject = "tester";
  readonly sinceMs = 0;
  mode = "VIEW" as const;
  readonly told: AttachResponse[] = [];
  readonly offsets: number[] = [];
  ended: { readonly error: ConfedError; readonly reattach: boolean } | undefined;

  tell(message: AttachResponse | Encoded): void {
    const { decode } = messageCodec("AttachResponse");
    this.told.push(message instanceof Encoded ? (decode(message.bytes) as AttachResponse) : message);
  }

  output(_message: Encoded, offset: number): void {
    this.offsets.push(offset);
  }

  end(error: ConfedError, { reattach = false } = {}): void {
    this.ended = { error, reattach };
  }
}

function watched(name: string): PlayedViewer {
  const viewer = new PlayedViewer();
  table.get(name).console.viewers.add(viewer, "VIEW", false);
  return viewer;
}

test("consoles that did not change keep link, viewers and offsets when others come, go and change", async () => {
  await reload(spec("kept"), spec("gone"), spec("moved"));
  await Promise.all(["kept", "gone", "moved"].map((name) => phase(name, "connected")));
  const viewer = watched("kept");
  farEnd("kept").feed(Buffer.from("before"));
  const { console } = table.get("kept");
  await reload(spec("kept"), spec("moved", { host: "elsewhere" }), spec("new"));
  await Promise.all(["moved", "new"].map((name) => phase(name, "connected")));
  farEnd("kept").feed(Buffer.from("after"));
  expect(table.get("kept").console).toBe(console);
  expect(farEnd("kept").opens).toBe(1);
  expect(viewer.offsets).toEqual([0, 6]);
  expect(viewer.told).toEqual([]);
  expect(viewer.ended).toBeUndefined();
  expect(farEnd("gone").connected).toBe(false);
  expect(farEnd("moved").connected).toBe(false);
  expect(farEnd("elsewhere").opens).toBe(1);
});

test("a console that is reached in another way keeps log, number and viewers, who are told", async () => {
  await reload(spec("n1"));
  await phase("n1", "connected");
  const viewer = watched("n1");
  const { number, end } = table.get("n1").console;
  farEnd("n1").feed(Buffer.from("old"));
  await reload(spec("n1", { host: "other" }));
  await phase("n1", "connected");
  farEnd("other").feed(Buffer.from("new"));
  const after = table.get("n1").console;
  expect(after.number).toBe(number);
  expect(after.end).toEqual({ logId: end.logId, offset: 6 });
  expect(viewer.offsets).toEqual([0, 3]);
  expect(viewer.ended).toBeUndefined();
  expect(viewer.told).toContainEqual(
    expect.objectContaining({
      event: expect.objectContaining({
        kind: "NOTICE",
        text: expect.stringContaining("changed") as string,
      }) as object,
    }),
  );
  await feed.settled(5_000);
  expect(readFileSync(join(dir, "n1.log"), "latin1")).toBe("oldnew");
});

test("a removed console ends its viewers for good and its log cleanly; its number is not given again", async () => {
  await reload(spec("n1"));
  await phase("n1", "connected");
  const viewer = watched("n1");
  const { number } = table.get("n1").console;
  farEnd("n1").feed(Buffer.from("first"));
  const heard: string[] = [];
  table.watchMembers((name) => heard.push(name));
  await reload();
  expect(heard).toEqual(["n1"]);
  expect(viewer.ended).toMatchObject({
    reattach: false,
    error: { code: "not_found", rawMessage: "n1 was removed from the configuration" },
  });
  expect(table.find("n1")).toBeUndefined();
  expect(() => table.get("n1")).toThrow("no console");

  await reload(spec("n1"));
  await phase("n1", "connected");
  const again = table.get("n1").console;
  expect(again.number).toBeGreaterThan(number);
  // Clean: numbering goes on behind the last byte, without a gap.
  expect(again.end.offset).toBe(5);
  farEnd("n1").feed(Buffer.from("second"));
  await feed.settled(5_000);
  expect(readFileSync(join(dir, "n1.log"), "latin1")).toBe("firstsecond");
  expect(again.output.gapBytes).toBe(0);
});

test("a link on demand is let go when nobody needs it, kept when somebody does, opened when it is always", async () => {
  await reload(spec("idle"), spec("used"));
  await Promise.all([phase("idle", "connected"), phase("used", "connected")]);
  watched("used");
  await reload(spec("idle", { onDemand: true }), spec("used", { onDemand: true }));
  expect(table.get("idle").console.state.phase).toBe("idle");
  expect(table.get("used").console.state.phase).toBe("connected");
  expect(table.status(table.get("used")).onDemand).toBe(true);
  await reload(spec("idle"), spec("used"));
  await phase("idle", "connected");
  expect(farEnd("idle").opens).toBe(2);
  expect(farEnd("used").opens).toBe(1);
});

test("what a person took down comes up in its time, also if that is said later, and not if it is there on demand by then", async () => {
  const soon = { bringUpAfterMs: 20 };
  await reload(spec("n1", soon), spec("n2"), spec("n3", soon));
  await Promise.all(["n1", "n2", "n3"].map((name) => phase(name, "connected")));
  const takeDown = (name: string) => {
    table.get(name).console.reconnect("taken_down");
    expect(table.get(name).console.state.phase).toBe("idle");
  };
  for (const opens of [2, 3]) {
    takeDown("n1");
    await phase("n1", "connected");
    expect(farEnd("n1").opens).toBe(opens);
  }
  takeDown("n2");
  takeDown("n3");
  const { demand, relabel } = await reload(
    spec("n1", soon),
    spec("n2", soon),
    spec("n3", { ...soon, onDemand: true }),
  );
  expect([demand.length, relabel.length]).toEqual([1, 1]);
  await phase("n2", "connected");
  // Its time came before that of the other.
  expect(table.get("n3").console.state.phase).toBe("idle");
});

test("what is only said about a console changes at once and touches no link", async () => {
  await reload(spec("n1"));
  await phase("n1", "connected");
  await reload(spec("n1", { labels: { rack: "r2" }, groups: ["g"], description: "door" }));
  expect(table.status(table.get("n1"))).toMatchObject({
    labels: { rack: "r2" },
    groups: ["g"],
    description: "door",
  });
  expect(table.select("rack=r2").found).toHaveLength(1);
  expect(farEnd("n1").opens).toBe(1);
});

test("a console that is removed before its log was opened leaves nothing behind", async () => {
  await reload(spec("n1"));
  const { console } = table.get("n1");
  await reload();
  await console.output.numbered;
  expect(console.removed).toBe(true);
  expect(farEnd("n1").opens).toBe(0);
  await reload(spec("n1"));
  await phase("n1", "connected");
  expect(table.get("n1").console.end.offset).toBe(0);
});
