import { silentLogger } from "@confed/kernel";
import { FakeClock, FakeStream, NOBODYS_CALL } from "@confed/testkit";
import {
  type ConsoleStatus,
  type JoinHello,
  type JoinReply,
  type JoinReport,
  type JoinReportReceived,
  messageCodec,
} from "@confed/wire";
import { beforeEach, expect, test } from "vitest";
import { openHeadAccess } from "../access/open-head-access.ts";
import { Directory } from "../directory/directory.ts";
import { openAdmission } from "./admission.ts";
import { Joins } from "./joins.ts";

const codec = messageCodec("JoinReport");

/** An agent's side of a join, without a connection. */
class Agent extends FakeStream<JoinReportReceived, JoinReply> {
  constructor() {
    super("JoinReply");
    joins.accept(this, NOBODYS_CALL);
  }

  report(report: JoinReport): void {
    this.say(codec.decode(codec.encode(report)) as JoinReportReceived);
  }

  join(hello: JoinHello = {}, ...consoles: ConsoleStatus[]): this {
    this.report({
      hello: { agent: "sn01", advertise: ["sn01:7110"], version: "1.0", instance: "i1", ...hello },
    });
    this.report({ statuses: { consoles } });
    this.report({ synced: { version: 1 } });
    return this;
  }

  get refusal() {
    return this.sent.find(({ refused }) => refused)?.refused;
  }
}

let clock: FakeClock;
let directory: Directory;
let joins: Joins;
let admitted: [string, boolean][];
beforeEach(() => {
  clock = new FakeClock();
  directory = new Directory(() => clock.wallTimeMs());
  admitted = [];
  joins = new Joins({
    clock,
    directory,
    logger: silentLogger,
    head: "h1",
    version: "2.0",
    access: openHeadAccess,
    admission: openAdmission(() => true),
    onAdmitted: ({ id }, restarted) => admitted.push([id, restarted]),
  });
  return () => {
    joins.stop();
    expect(clock.pending).toBe(0);
  };
});

const presence = (id = "sn01") => directory.agent(id)?.presence.state;
const n1: ConsoleStatus = { name: "n1", state: "CONNECTED" };

test("an agent that says hello is welcomed and sent a heartbeat every 2 s", () => {
  const agent = new Agent().join({}, n1);
  expect(agent.sent).toEqual([{ welcome: { head: "h1", version: "2.0", heartbeatMs: 2_000 } }]);
  expect(directory.statusOf("n1")).toMatchObject({ owner: "sn01", state: "CONNECTED" });
  clock.advance(4_000);
  expect(agent.sent.slice(1)).toHaveLength(2);
  expect(agent.sent[1]).toHaveProperty("heartbeat");
  expect(admitted).toEqual([["sn01", false]]);
});

test("of many agents that come at once 32 tell what they have, the others wait in line, alive, and none for ever", () => {
  const hello = (index: number) => {
    const agent = new Agent();
    agent.report({ hello: { agent: `sn${index}`, advertise: ["sn:1"], version: "1.0", instance: "i1" } });
    return agent;
  };
  const isWelcome = ({ sent }: Agent) => sent.some(({ welcome }) => welcome);
  const agents = Array.from({ length: 40 }, (_, index) => hello(index));
  const told = (index: number) => agents[index]?.report({ synced: { version: 1 } });
  const welcome = () => agents.filter(isWelcome).length;
  expect(welcome()).toBe(32);
  expect([...directory.agents()]).toHaveLength(40);
  expect(presence("sn39")).toBe("up");
  told(0);
  told(0);
  told(1);
  agents[2]?.leave();
  // One that goes while it waits is nobody's turn.
  agents[35]?.leave();
  expect(welcome()).toBe(35);
  expect(isWelcome(agents[36] as Agent)).toBe(false);
  // Whoever waits is heard and hears: it does not try another way.
  for (let beat = 0; beat < 4; beat += 1) {
    clock.advance(2_000);
    for (const agent of agents) agent.report({ heartbeat: {} });
  }
  expect(agents[39]?.sent.filter(({ heartbeat }) => heartbeat)).toHaveLength(4);
  expect(welcome()).toBe(35);
  clock.advance(2_000);
  expect(welcome()).toBe(39);
});

test("heartbeats of many agents are spread over the time between two", () => {
  const agents = Array.from({ length: 8 }, (_, index) => new Agent().join({ agent: `sn0${index}` }));
  const sent = () => agents.reduce((sum, agent) => sum + agent.sent.length - 1, 0);
  for (let sweep = 1; sweep <= 8; sweep += 1) {
    clock.advance(500);
    expect(sent()).toBe(2 * sweep);
  }
  for (const agent of agents) expect(agent.sent).toHaveLength(3);
});

test("heartbeats do not pile up before an agent that does not read", () => {
  const agent = new Agent().join();
  agent.backlogBytes = 10;
  clock.advance(60_000);
  expect(agent.sent).toHaveLength(1);
});

test("an agent is stalled after one late heartbeat, down after three, up with the next", () => {
  const agent = new Agent().join({}, n1);
  clock.advance(2_500);
  expect(presence()).toBe("up");
  clock.advance(1_000);
  expect(presence()).toBe("stalled");
  expect(directory.statusOf("n1")?.state).toBe("CONNECTED");
  clock.advance(2_500);
  expect(presence()).toBe("down");
  expect(directory.statusOf("n1")).toMatchObject({ state: "UNREACHABLE", cause: { subject: "sn01" } });
  agent.report({ heartbeat: {} });
  expect(presence()).toBe("up");
  expect(directory.statusOf("n1")?.state).toBe("CONNECTED");
  clock.advance(6_000);
  expect(presence()).toBe("down");
});

test("an agent that sends heartbeats stays up", () => {
  const agent = new Agent().join();
  for (let beat = 0; beat < 10; beat++) {
    clock.advance(2_000);
    agent.report({ heartbeat: {} });
    expect(presence()).toBe("up");
  }
});

test("an agent that is heard and hears nothing is down 5.5 s after the last heartbeat it answered, twice", () => {
  const agent = new Agent().join({ answersHeartbeats: true }, n1);
  /** Half a second in which the agent speaks, and hears or not. */
  const pass = (hears: boolean) => {
    const heard = agent.sent.length;
    clock.advance(500);
    const counts = agent.sent.slice(heard).map((reply) => reply.heartbeat?.count ?? 0);
    agent.report({ heartbeat: { count: (hears && counts[0]) || 0 } });
    return counts.length > 0;
  };
  for (const _round of [1, 2]) {
    while (!pass(true));
    for (let sweep = 0; sweep < 10; sweep += 1) pass(false);
    expect(presence()).toBe("up");
    pass(false);
    expect(presence()).toBe("down");
    expect(directory.statusOf("n1")).toMatchObject({
      state: "UNREACHABLE",
      cause: {
        subject: "sn01",
        message: expect.stringContaining("has heard nothing of this head for 5.5 s") as string,
      },
    });
    for (let sweep = 0; sweep < 20; sweep += 1) pass(false);
    expect(presence()).toBe("down");
    while (!pass(true));
    expect(presence()).toBe("up");
  }
});

test("an agent that hears nothing from the first is down within 6 s of its hello", () => {
  const agent = new Agent().join({ answersHeartbeats: true }, n1);
  for (let sweep = 0; sweep < 12; sweep += 1) {
    clock.advance(500);
    agent.report({ heartbeat: {} });
  }
  expect(presence()).toBe("down");
});

test("an agent whose answers come late, in order, hears", () => {
  const agent = new Agent().join({ answersHeartbeats: true });
  const counts = () => agent.sent.flatMap(({ heartbeat }) => heartbeat?.count ?? []);
  let answered = 0;
  const answer = () => {
    agent.report({ heartbeat: { count: counts()[answered] ?? 0 } });
    answered += 1;
  };
  clock.advance(2_000);
  answer();
  clock.advance(3_000);
  for (let beat = 0; beat < 10; beat += 1) {
    clock.advance(2_000);
    answer();
    expect(presence()).toBe("up");
  }
});

test("an agent that answers no heartbeat by its number is believed to hear", () => {
  const agent = new Agent().join();
  for (let beat = 0; beat < 10; beat += 1) {
    clock.advance(2_000);
    agent.report({ heartbeat: { count: 4_000_000 } });
    expect(presence()).toBe("up");
  }
});

test("an agent is down at once when its stream ends, and no stream is kept", () => {
  new Agent().join({}, n1).leave();
  expect(presence()).toBe("down");
  const again = new Agent().join({ instance: "i2" }, n1);
  expect(presence()).toBe("up");
  expect(again.refusal).toBeUndefined();
  expect(admitted).toEqual([
    ["sn01", false],
    ["sn01", true],
  ]);
});

test("statuses before hello are refused", () => {
  const agent = new Agent();
  agent.report({ statuses: { consoles: [n1] } });
  expect(agent.refusal).toMatchObject({ error: { code: "invalid_argument" }, reattach: false });
  expect(agent.ended).toBeDefined();
  agent.join({}, n1);
  expect(directory.size).toBe(0);
});

test("a join that says nothing is refused after 10 s", () => {
  const agent = new Agent();
  clock.advance(10_000);
  expect(agent.refusal?.error).toMatchObject({ code: "deadline_exceeded" });
});

test.each<[string, JoinHello, string]>([
  ["a name that leads elsewhere", { agent: "../x" }, "invalid_argument"],
  ["no name", { agent: "" }, "invalid_argument"],
  ["no instance", { instance: "" }, "invalid_argument"],
  ["an address that is none", { advertise: ["sn01:99999"] }, "invalid_argument"],
  ["too many addresses", { advertise: Array.from({ length: 100 }, () => "sn01:1") }, "resource_exhausted"],
])("%s is refused", (_what, hello, code) => {
  const agent = new Agent().join(hello);
  expect(agent.refusal?.error).toMatchObject({ code });
  expect([...directory.agents()]).toEqual([]);
});

test("a console name that leads elsewhere ends the join, and says why the agent is down", () => {
  const agent = new Agent().join({}, n1, { name: "../etc/passwd" });
  expect(agent.refusal?.error).toMatchObject({ code: "invalid_argument", subject: "console" });
  expect(directory.agent("sn01")?.presence).toMatchObject({
    state: "down",
    cause: { code: "invalid_argument" },
  });
});

test("a second hello is refused", () => {
  const agent = new Agent().join().join();
  expect(agent.refusal?.error).toMatchObject({ code: "invalid_argument" });
});

test("a message of a kind that is not known yet only shows that the agent lives", () => {
  const agent = new Agent().join();
  clock.advance(5_000);
  agent.report({});
  expect(agent.refusal).toBeUndefined();
  expect(presence()).toBe("up");
});

test("the same process replaces its old stream, and the agent stays up", () => {
  const old = new Agent().join({}, n1);
  const again = new Agent().join({}, n1);
  expect(old.refusal?.error).toMatchObject({ code: "conflict", subject: "sn01" });
  expect(old.ended).toBeDefined();
  old.leave();
  expect(presence()).toBe("up");
  expect(again.refusal).toBeUndefined();
  expect(admitted[1]).toEqual(["sn01", false]);
});

test("another process in the same name is refused while the first is heard, and believed when it is not", () => {
  const first = new Agent().join({}, n1);
  const clone = new Agent().join({ instance: "i2" });
  expect(clone.refusal).toMatchObject({ error: { code: "conflict", subject: "sn01" }, reattach: true });
  expect(presence()).toBe("up");
  expect(directory.has("n1")).toBe(true);
  clock.advance(6_000);
  const second = new Agent().join({ instance: "i2" });
  expect(second.refusal).toBeUndefined();
  expect(first.refusal?.error).toMatchObject({ code: "conflict" });
  expect(presence()).toBe("up");
  expect(admitted).toEqual([
    ["sn01", false],
    ["sn01", true],
  ]);
});

test("nobody is taken for silent when it was the head that stood still", () => {
  let nowMs = 0;
  let ring: () => void = () => undefined;
  const slept = new Joins({
    clock: {
      nowMs: () => nowMs,
      wallTimeMs: () => nowMs,
      after: (_delayMs, run) => {
        ring = run;
        return () => undefined;
      },
    },
    directory,
    logger: silentLogger,
    head: "h1",
    version: "2.0",
    access: openHeadAccess,
    admission: openAdmission(() => true),
    onAdmitted: () => undefined,
  });
  joins.stop();
  joins = slept;
  new Agent().join({}, n1);
  nowMs = 60_000;
  ring();
  expect(presence()).toBe("up");
  for (let sweep = 0; sweep < 11; sweep++) ring();
  expect(presence()).toBe("down");
});
