import { parseHostPort } from "@confed/kernel";
import { type FakeAgent, FakeClock, FakeWorld, startFakeAgent } from "@confed/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DEFAULT_ESCAPE } from "./escape-sequence.ts";
import { type AttachOptions, runAttach } from "./run-attach.ts";

let agent: FakeAgent;
let clock: FakeClock;
let world: FakeWorld;

beforeEach(async () => {
  agent = await startFakeAgent(["n0001"]);
  clock = new FakeClock();
  world = new FakeWorld({ clock });
});

afterEach(async () => {
  await agent.stop();
  await expect.poll(() => clock.pending).toBe(0);
  expect(world.leftovers).toBe(0);
});

const QUESTIONS = "\x1b[c\x1b[6n\x1b[?1000h";
const HARM = "\x1b]0;title\x07\x1b]52;c;cm0=\x07\x1b]8;;http://evil\x07\x1b[21t\x1bP$qm\x1b\\\x9b5i\x05";

function attach(options: Partial<AttachOptions> = {}): Promise<number> {
  return runAttach(world, {
    console: "n0001",
    targets: { kind: "agent", agent: parseHostPort(agent.address) },
    policy: "auto",
    mode: "WRITE",
    force: false,
    escape: DEFAULT_ESCAPE,
    lingerMs: 1_000,
    rawTerminal: false,
    ...options,
  });
}

const console1 = () => agent.console("n0001");

let prints = 0;

/** The console prints; returns what is shown of it. */
async function printed(text: string): Promise<string> {
  prints += 1;
  const [begin, end] = [`<${prints}:`, `:${prints}>`];
  console1().print(Buffer.from(`${begin}${text}${end}`, "latin1"));
  await world.shows(end);
  return world.shown.slice(world.shown.indexOf(begin) + begin.length, world.shown.indexOf(end));
}

async function quit(done: Promise<number>): Promise<void> {
  world.type("\x05c.");
  await world.shows("[disconnected]");
  clock.advance(50);
  expect(await done).toBe(0);
}

test("the writer's terminal is asked, and harmed by nothing", async () => {
  const done = attach();
  await world.shows("write, nobody else");
  expect(await printed(`${HARM}\x1b[1m${QUESTIONS}`)).toBe(`5i\x1b[1m${QUESTIONS}`);
  const [session] = console1().sessions;
  world.type("\x1b[?64;1c");
  await console1().until(() => session?.input.toString() === "\x1b[?64;1c");
  await quit(done);
  expect(world.shown).toContain("\x1b[?1000l");
});

test("a spy's terminal is not asked", async () => {
  const done = attach({ mode: "VIEW" });
  await world.shows("view, nobody else");
  expect(await printed(`${HARM}\x1b[1m${QUESTIONS}`)).toBe("5i\x1b[1m");
  await quit(done);
});

test("a writer's terminal is asked no more, and its mouse is its own, when the keyboard is lost", async () => {
  const done = attach();
  await world.shows("write, nobody else");
  expect(await printed(QUESTIONS)).toBe(QUESTIONS);
  const [session] = console1().sessions;
  console1().setMode(session!, "VIEW", "somebody");
  await world.shows("took the keyboard");
  expect(world.shown).toContain("\x1b[?1000l");
  expect(await printed(QUESTIONS)).toBe("");
  world.type("\x05ca");
  await world.shows("[you hold the keyboard]");
  expect(await printed(QUESTIONS)).toBe(QUESTIONS);
  await quit(done);
});

test("a replay asks nothing", async () => {
  const done = attach();
  await world.shows("write, nobody else");
  expect(await printed(QUESTIONS)).toBe(QUESTIONS);
  world.type("\x05cr");
  await world.until(() => world.shown.includes(`<${prints}::${prints}>`));
  await quit(done);
});

test("what was missed asks nothing, what comes then does", async () => {
  const done = attach();
  await world.shows("write, nobody else");
  await agent.stop();
  await world.shows("[rcons ");
  console1().print(`(${QUESTIONS})`);
  await agent.start();
  clock.advance(1_000);
  await world.shows("[back after");
  expect(world.shown).toContain("()");
  expect(await printed(QUESTIONS)).toBe(QUESTIONS);
  await quit(done);
});

test("every byte is shown with --raw-terminal", async () => {
  const done = attach({ mode: "VIEW", rawTerminal: true });
  await world.shows("view, nobody else");
  const text = HARM.replace("\x9b", "") + QUESTIONS;
  expect(await printed(text)).toBe(text);
  await quit(done);
});
