import { parseHostPort } from "@confed/kernel";
import {
  type FakeAgent,
  FakeClock,
  type FakeHead,
  FakeWorld,
  followRealTime,
  startFakeAgent,
  startFakeHead,
} from "@confed/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DEFAULT_ESCAPE } from "./escape-sequence.ts";
import { type AttachOptions, runAttach } from "./run-attach.ts";

let agent: FakeAgent;
let head: FakeHead;
let clock: FakeClock;
let world: FakeWorld;

beforeEach(async () => {
  agent = await startFakeAgent(["n0001"]);
  head = await startFakeHead(agent);
  clock = new FakeClock();
  world = new FakeWorld({ clock });
});

afterEach(async () => {
  await agent.stop();
  await head.stop();
  // A stream hears of its end a few turns after the servers are gone.
  await expect.poll(() => clock.pending).toBe(0);
  expect(world.leftovers).toBe(0);
  expect(world.raw).toBe(false);
});

const console1 = () => agent.console("n0001");

function attach(options: Partial<AttachOptions> = {}): Promise<number> {
  return runAttach(world, {
    console: "n0001",
    targets: { kind: "heads", heads: [parseHostPort(head.address)] },
    policy: "auto",
    mode: "WRITE",
    force: false,
    escape: DEFAULT_ESCAPE,
    lingerMs: 1_000,
    rawTerminal: false,
    ...options,
  });
}

/** Quit as a person does, and let the moment for late answers pass. */
async function quit(done: Promise<number>): Promise<number> {
  world.type("\x05c.");
  await world.shows("[disconnected]");
  clock.advance(50);
  return done;
}

/** The session of the test, once it is open. */
async function session(number = 0) {
  await console1().until(() => console1().sessions[number] !== undefined);
  return console1().sessions[number]!;
}

test("an attach shows where it is, passes bytes both ways, and gives the terminal back", async () => {
  const done = attach();
  const viewer = await session();
  await world.shows("[n0001 on sn01, direct");
  expect(world.shown).toContain("[Enter '^Ec?' for help]\r\n");
  expect(world.shown).toContain(
    "write, nobody else, connected to nowhere:1, no output yet, log /var/log/fake.log @0]",
  );
  expect(world.raw).toBe(true);
  console1().print("login: ");
  await world.shows("login: ");
  world.type("root\r");
  await console1().until(() => viewer.input.length === 5);
  expect(viewer.input.toString()).toBe("root\r");
  expect(viewer.open).toMatchObject({
    console: "n0001",
    mode: "WRITE",
    subject: "tester@here",
    window: { columns: 80, rows: 24 },
  });
  expect(await quit(done)).toBe(0);
  expect(console1().sessions).toHaveLength(0);
});

test("a session goes straight to the agent and does not notice when the head dies", async () => {
  const done = attach();
  await world.shows("direct");
  await head.stop();
  console1().print("still here");
  await world.shows("still here");
  expect(await quit(done)).toBe(0);
  expect(world.shown).not.toContain("unreachable");
});

test("a session goes through the head when the agent's address leads nowhere", async () => {
  head.addresses = ["127.0.0.1:1"];
  const done = attach();
  await world.shows(`relay ${head.address}`);
  expect(head.relayed).toBe(1);
  expect(await quit(done)).toBe(0);
});

test("--route direct fails where the agent cannot be reached, --route relay does not try", async () => {
  head.addresses = ["127.0.0.1:1"];
  await expect(attach({ policy: "direct" })).rejects.toMatchObject({ code: "agent_unreachable" });
  head.addresses = [agent.address];
  const done = attach({ policy: "relay" });
  await world.shows(`relay ${head.address}`);
  expect(await quit(done)).toBe(0);
});

test("an unknown console is refused before the terminal is touched", async () => {
  await expect(attach({ console: "n9" })).rejects.toMatchObject({
    code: "not_found",
    hint: "rcons ls shows all",
  });
  expect(world.shown).toBe("");
});

test("the second head is asked when the first is dead", async () => {
  const done = attach({
    targets: { kind: "heads", heads: [parseHostPort("127.0.0.1:1"), parseHostPort(head.address)] },
  });
  await world.shows("[n0001 on sn01");
  expect(await quit(done)).toBe(0);
});

test("an agent is attached without any head", async () => {
  await head.stop();
  const done = attach({ targets: { kind: "agent", agent: parseHostPort(agent.address) } });
  await world.shows("[n0001 on sn01, direct");
  expect(await quit(done)).toBe(0);
});

test("a killed agent is attached again from the last position, with what was missed", async () => {
  const done = attach();
  const first = await session();
  console1().print("before ");
  await world.shows("before ");
  console1().acknowledging = false;
  world.type("half a command");
  await console1().until(() => first.input.length === 14);
  await agent.stop();
  await world.shows("[rcons ");
  expect(world.shown).toContain("[14 bytes typed were not acknowledged and are not sent again]");
  expect(world.shown).toMatch(/\[rcons \d\d:\d\d:\d\d agent sn01 unreachable, retry now, \^Ec\. quits\]/);
  world.type("deaf");
  await world.shows("[not attached: what is typed now is not sent]");
  console1().print("missed ");
  await agent.start();
  clock.advance(21_000);
  const second = await session();
  await world.shows("[back after 21 s, 7 bytes shown from log, no gap]");
  expect(world.shown).toContain("missed ");
  expect(second.open).toMatchObject({
    from: { logId: console1().logId, offset: 7 },
    supersedesSessionId: first.id,
    mode: "WRITE",
  });
  expect(second.input.toString()).toBe("");
  console1().acknowledging = true;
  world.type("x");
  await console1().until(() => second.input.length === 1);
  expect(await quit(done)).toBe(0);
});

test("bytes that a restarted agent does not have are a gap", async () => {
  const done = attach();
  await session();
  console1().print("before");
  await world.shows("before");
  await agent.stop();
  await world.shows("[rcons ");
  console1().output = Buffer.alloc(0);
  console1().base = 16_384;
  await agent.start();
  clock.advance(500);
  await world.shows("[back after");
  expect(world.shown).toContain("[gap: bytes lost, how many is unknown, agent restarted]");
  expect(world.shown).toContain("1 gap, see above]");
  expect(await quit(done)).toBe(0);
});

test("a log that was begun anew is said once, and before the line that says what was missed, twice", async () => {
  const done = attach();
  for (const logId of ["00000000000000bb", "00000000000000cc"]) {
    await session();
    console1().print(`before ${logId}`);
    await world.shows(`before ${logId}`);
    const from = world.shown.length;
    await agent.stop();
    await world.until(() => world.shown.slice(from).includes("[rcons "));
    console1().output = Buffer.alloc(0);
    console1().logId = logId;
    await agent.start();
    clock.advance(500);
    await session();
    console1().print(`after ${logId}`);
    await world.shows(`after ${logId}`);
    expect(world.shown.slice(from).match(/\[(gap|back)[^\]]*\]/g)).toEqual([
      "[gap: bytes lost, how many is unknown, log begun anew]",
      expect.stringMatching(/^\[back after .*, 1 gap, see above\]$/),
    ]);
  }
  expect(await quit(done)).toBe(0);
});

test("the owner is reached again without any head when all heads are dead", async () => {
  const done = attach();
  await session();
  await world.shows("[n0001 on sn01");
  await head.stop();
  await agent.stop();
  await world.shows("[rcons ");
  await agent.start();
  clock.advance(500);
  await world.shows("[back after");
  expect(await quit(done)).toBe(0);
});

test("quitting works while the agent is away", async () => {
  const done = attach();
  await session();
  await world.shows("[n0001 on sn01");
  await agent.stop();
  await world.shows("[rcons ");
  expect(await quit(done)).toBe(0);
});

test("a writer that finds the keyboard taken may watch, and take it", async () => {
  const holder = attach();
  await session();
  const other = world;
  world = new FakeWorld({ clock });
  const done = attach();
  await world.shows("[read-only: tester@here holds the keyboard; ^Ecf takes it]");
  world.type("\x05cf");
  await world.shows("[you hold the keyboard]");
  await other.shows("[read-only: tester@here (another session of yours) took the keyboard; ^Ecf takes it]");
  world.type("\x05cs");
  await world.shows("^Eca takes it again]");
  expect(await quit(done)).toBe(0);
  world = other;
  expect(await quit(holder)).toBe(0);
});

test("--force takes the keyboard at once, --spy never", async () => {
  const done = attach({ force: true });
  expect((await session()).open).toMatchObject({ mode: "WRITE", force: true });
  expect(await quit(done)).toBe(0);
  world = new FakeWorld({ clock });
  const spy = attach({ mode: "VIEW" });
  expect((await session()).open).toMatchObject({ mode: "VIEW", force: false });
  world.type("x");
  await world.shows("[read-only: ");
  expect(await quit(spy)).toBe(0);
});

test("piped input is sent when the console comes up", async () => {
  world = new FakeWorld({ clock, terminal: false });
  console1().status = { ...console1().status, state: "CONNECTING" };
  const done = attach({ lingerMs: 0 });
  world.stdin.end("typed");
  const { stream } = await session();
  await world.until(() => world.complained.includes("connecting"));
  stream.send({ event: { kind: "STATE", state: "CONNECTED" } });
  await console1().until(() => console1().sessions[0]?.input.toString() === "typed");
  expect(await done).toBe(0);
});

test("every escape does its work", async () => {
  const done = attach();
  const viewer = await session();
  console1().print("line\n");
  await world.shows("line");
  world.type("\x05c?");
  await world.shows("^Ec^Ec");
  world.type("\x05cr");
  await world.until(() => world.shown.split("line\n").length === 3);
  world.type("\x05cw");
  await world.shows("tester@here (write)");
  world.type("\x05ci");
  await world.shows("memory nowhere:1");
  world.type("\x05cl0");
  await world.shows("break sent by tester@here");
  world.type("\x05cl?");
  await world.shows("[breaks]");
  world.type("\x05cx");
  await world.shows("[unknown: ^Ecx; ^Ec? for help]");
  world.type("\x05co\x05c\x05c");
  await console1().until(() => viewer.input.length === 2);
  expect(viewer.input.toString("latin1")).toBe("\x05c");
  expect(viewer.requests.map(({ message }) => message)).toEqual(["replay", "sendBreak", "reconnect"]);
  world.type("\x05cz");
  await world.until(() => world.suspended === 1);
  expect(world.raw).toBe(false);
  world.signal("SIGCONT");
  expect(world.raw).toBe(true);
  expect(await quit(done)).toBe(0);
});

test("a stop that does not happen is said, and the terminal is raw again", async () => {
  const done = attach();
  await session();
  await world.shows("[n0001");
  world.type("\x05cz");
  await world.until(() => world.suspended === 1);
  expect(world.raw).toBe(false);
  clock.advance(50);
  expect(world.raw).toBe(false);
  clock.advance(50);
  expect(world.raw).toBe(true);
  await world.shows("[no shell to go back to]");
  expect(await quit(done)).toBe(0);
});

test("a stop from outside is followed by a raw terminal, whatever others made of it", async () => {
  const done = attach();
  await session();
  await world.shows("[n0001");
  world.raw = false;
  world.signal("SIGCONT");
  expect(world.raw).toBe(true);
  expect(await quit(done)).toBe(0);
});

test("an output that cannot be written is a failure", async () => {
  const done = attach();
  await world.shows("[n0001");
  world.stdout.emit(
    "error",
    Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }),
  );
  const stop = followRealTime(clock);
  await expect(done).rejects.toMatchObject({ code: "data_loss", rawMessage: "no space left on device" });
  stop();
  await console1().until(() => console1().sessions.length === 0);
});

test("modes that a program left on are undone", async () => {
  const done = attach();
  await session();
  console1().print("\x1b[?1049h\x1b[?1000h");
  await world.shows("\x1b[?1000h");
  expect(await quit(done)).toBe(0);
  expect(world.shown).toContain("\x1b[?1049l\x1b[?1000l");
});

test.each([
  ["SIGTERM", 143],
  ["SIGHUP", 129],
  ["SIGINT", 130],
] as const)("%s ends it with the terminal restored and exit code %d", async (name, exitCode) => {
  const done = attach();
  await world.shows("[n0001");
  world.signal(name);
  expect(await done).toBe(exitCode);
  await console1().until(() => console1().sessions.length === 0);
});

test("an end that the agent means is final", async () => {
  const done = attach();
  const { stream } = await session();
  stream.send({ end: { error: { code: "not_found", message: "the console was removed" }, reattach: false } });
  stream.end();
  const stop = followRealTime(clock);
  await expect(done).rejects.toMatchObject({ code: "not_found", rawMessage: "the console was removed" });
  stop();
});

test("a console that says nothing for six seconds is attached again", async () => {
  const done = attach();
  const first = await session();
  await world.shows("[n0001");
  for (let second = 0; second < 6; second++) clock.advance(1_000);
  await world.shows("agent sn01 unreachable");
  clock.advance(500);
  await world.shows("[back after");
  await console1().until(() => console1().sessions[0] !== first);
  expect(await quit(done)).toBe(0);
});
