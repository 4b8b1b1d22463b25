import { ConfedError } from "@confed/kernel";
import {
  type FakeAgent,
  FakeClock,
  type FakeHead,
  FakeWorld,
  startFakeAgent,
  startFakeHead,
} from "@confed/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runRcons } from "../run-rcons.ts";

let agent: FakeAgent;
let head: FakeHead;
let clock: FakeClock;
let world: FakeWorld;

beforeEach(async () => {
  agent = await startFakeAgent(["n1"]);
  head = await startFakeHead(agent);
  clock = new FakeClock();
});

afterEach(async () => {
  await agent.stop();
  await head.stop();
  // A stream hears of its end a few turns after the servers are gone.
  await expect.poll(() => clock.pending).toBe(0);
  expect(world.leftovers).toBe(0);
});

/** Run a command line; pipes unless a terminal is asked for. */
function rcons(args: readonly string[], { terminal = false } = {}): Promise<number> {
  world = new FakeWorld({ clock, args, terminal, env: { CONFED_HEAD: head.address } });
  return runRcons(world);
}

/** Wait until somebody follows, then print. */
async function print(text: string): Promise<void> {
  const fake = agent.console("n1");
  await fake.until(() => fake.listeners > 0);
  fake.print(text);
}

test.each(["not_found", "unavailable", "deadline_exceeded"] as const)(
  "what has begun is followed on when a head that came back answers %s",
  async (code) => {
    const fake = agent.console("n1");
    const done = rcons(["tail", "n1"]);
    await print("before\n");
    await world.shows("n1: before\n");
    await head.stop();
    await world.until(() => world.complained.includes("retry"));
    await fake.until(() => fake.listeners === 0);
    const answers = fake.onPrint;
    const refused = new Promise<void>((resolve) => {
      fake.onPrint = () => {
        fake.onPrint = answers;
        resolve();
        throw new ConfedError(code, "the agents have not come back yet");
      };
    });
    await head.start();
    clock.advance(500);
    await refused;
    // The next try is due some time after the refusal has arrived.
    await expect
      .poll(() => {
        clock.advance(500);
        return fake.listeners;
      })
      .toBe(1);
    await print("after\n");
    await world.shows("n1: after\n");
    world.signal("SIGINT");
    expect(await done).toBe(130);
  },
);

test("a console that is not there when tail or log begins is an error", async () => {
  expect(await rcons(["log", "n9", "-F"])).toBe(3);
});

test.each([
  ["on a terminal", true, []],
  ["with times", false, ["-t"]],
] as const)("log --follow shows an unfinished line %s after a moment", async (_where, terminal, options) => {
  const done = rcons(["log", "n1", "-F", ...options], { terminal });
  await print("login: ");
  await expect.poll(() => clock.pending).toBeGreaterThan(1);
  expect(world.shown).not.toContain("login");
  clock.advance(1_000);
  await world.shows("login: \n");
  await print("last");
  await expect.poll(() => clock.pending).toBeGreaterThan(1);
  world.signal("SIGINT");
  expect(await done).toBe(130);
  expect(world.shown).toContain("last");
});

test("tail shows what is unfinished when it ends", async () => {
  const done = rcons(["tail", "n1"]);
  await print("one\nlast");
  await world.shows("n1: one\n");
  world.signal("SIGINT");
  expect(await done).toBe(130);
  expect(world.shown).toBe("n1: one\nn1: last\n");
});

test("log without lines is refused, and with --follow begins at the end", async () => {
  agent.console("n1").print("old\n");
  expect(await rcons(["log", "n1", "-n", "0"])).toBe(2);
  expect(world.complained).toContain("--lines: 0 lines are nothing to show");
  expect(world.complained).toContain("--follow");
  const done = rcons(["log", "n1", "-n", "0", "-F"]);
  await print("new\n");
  await world.shows("new\n");
  expect(world.shown).toBe("new\n");
  world.signal("SIGINT");
  expect(await done).toBe(130);
});

test.each([
  ["SIGTERM", 143],
  ["SIGHUP", 129],
  ["SIGINT", 130],
] as const)("%s ends tail and log with exit code %d", async (name, exitCode) => {
  for (const args of [
    ["tail", "n1"],
    ["log", "n1", "-F"],
  ]) {
    const done = rcons(args);
    await print("x\n");
    await world.shows("x\n");
    world.signal(name);
    expect(await done).toBe(exitCode);
    expect(world.complained).toBe("");
  }
});

test("send ends by SIGTERM with exit code 143", async () => {
  agent.console("n1").acknowledging = false;
  const done = rcons(["send", "n1", "--text", "x"]);
  await agent.console("n1").until(() => (agent.console("n1").sessions[0]?.input.length ?? 0) > 0);
  world.signal("SIGTERM");
  expect(await done).toBe(143);
});

test("send writes a notice of the agent harmlessly", async () => {
  agent.console("n1").acknowledging = false;
  const done = rcons(["send", "n1", "--text", "x"]);
  const fake = agent.console("n1");
  await fake.until(() => (fake.sessions[0]?.input.length ?? 0) > 0);
  const { stream } = fake.sessions[0]!;
  stream.send({ event: { kind: "NOTICE", text: "bell\x07 \x1b[31mred" } });
  stream.send({ inputAck: { offset: 2 } });
  expect(await done).toBe(0);
  expect(world.complained).toMatch(/^rcons: n1: bell/);
  expect(world.complained).not.toMatch(/[\x07\x1b]/);
});
