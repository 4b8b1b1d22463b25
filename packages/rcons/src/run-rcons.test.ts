import {
  type FakeAgent,
  FakeClock,
  type FakeHead,
  FakeWorld,
  startFakeAgent,
  startFakeHead,
} from "@confed/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runRcons } from "./run-rcons.ts";

let agent: FakeAgent;
let head: FakeHead;
let clock: FakeClock;
let world: FakeWorld;

beforeEach(async () => {
  agent = await startFakeAgent(["n1", "n2", "n3"]);
  head = await startFakeHead(agent);
  clock = new FakeClock();
  agent.console("n2").status = {
    ...agent.console("n2").status,
    state: "WAITING",
    cause: {
      code: "connection_refused",
      message: "connection refused",
      where: "10.0.0.2:2001",
      subject: "",
      hint: "",
    },
    groups: ["compute"],
  };
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

test("ls shows every console with its state and cause", async () => {
  expect(await rcons(["ls"])).toBe(0);
  expect(world.shown.split("\n")).toEqual([
    "NAME  STATE        OWNER  SINCE  VIEWERS  CAUSE",
    expect.stringMatching(/^n1 {4}connected {4}sn01 {3}- {6}-$/),
    expect.stringMatching(/^n2 {4}waiting {6}sn01 {3}- {6}- {8}connection refused \(10\.0\.0\.2:2001\)$/),
    expect.stringMatching(/^n3 /),
    "",
  ]);
});

test("ls takes a selection and states, and speaks JSON", async () => {
  expect(await rcons(["ls", "@compute", "--json"])).toBe(0);
  expect(JSON.parse(world.shown)).toMatchObject({
    name: "n2",
    state: "waiting",
    since: null,
    cause: { code: "connection_refused", where: "10.0.0.2:2001" },
  });
  expect(await rcons(["ls", "--state", "down", "--json"])).toBe(0);
  expect(JSON.parse(world.shown)).toMatchObject({ name: "n2" });
  expect(await rcons(["ls", "--state", "broken"])).toBe(2);
  expect(world.complained).toContain('"broken" is not a state');
});

test("info shows one console", async () => {
  expect(await rcons(["info", "n2"])).toBe(0);
  expect(world.shown).toContain("cause:       connection_refused: connection refused (10.0.0.2:2001)\n");
  expect(await rcons(["info", "n2", "--json"])).toBe(0);
  expect(JSON.parse(world.shown)).toMatchObject({ name: "n2", groups: ["compute"] });
});

test("what is not there is exit code 3, in words and in JSON", async () => {
  expect(await rcons(["info", "n9"])).toBe(3);
  expect(world.complained).toBe("rcons: n9: there is no such console\n  hint: rcons ls shows all\n");
  expect(await rcons(["info", "n9", "--json"])).toBe(3);
  expect(JSON.parse(world.complained)).toEqual({
    code: "not_found",
    message: "there is no such console",
    subject: "n9",
    hint: "rcons ls shows all",
  });
});

test("an agent answers without a head, a dead head is exit code 8, a dead agent 7", async () => {
  await head.stop();
  expect(await rcons(["ls"])).toBe(8);
  expect(world.complained).toContain(`head ${head.address} cannot be reached`);
  expect(await rcons(["--agent", agent.address, "ls", "n1"])).toBe(0);
  expect(world.shown).toContain("n1");
  await agent.stop();
  expect(await rcons(["ls", "--agent", agent.address])).toBe(7);
});

test.each([
  [["ls", "--sate", "down"], "unknown option '--sate'", "did you mean --state?"],
  [["n1", "n2"], "too many arguments", "rcons --help"],
  [["send", "n1"], "required option '--text <text>' not specified", "rcons --help"],
  [["n1", "--route", "sideways"], "argument 'sideways' is invalid", "rcons --help"],
  [["n1", "-f", "-s"], "--force and --spy exclude each other", ""],
  [["../etc"], '"../etc" is not a console name', "letters"],
  [["n1", "-e", "x"], '"x" is not an escape sequence', "^Ec"],
  [["--head", "a", "--agent", "b", "ls"], "--agent and --head exclude each other", ""],
  [["--head", "a:b", "ls"], '"a:b" is not an address', "host:port"],
  [["log", "n1", "--since", "soon"], '"soon" is not a time', "10m"],
  [["send", "n1", "--text", "\\q"], "is not an escape", "\\xHH"],
  [["send", "n1", "--text", "x", "--wait", "("], "not a pattern", "RE2"],
  [["help", "foo"], "unknown command 'foo'", "rcons --help"],
  [[], "no console is named", "rcons NODE"],
])("%j is refused with exit code 2 and says why", async (args, message, hint) => {
  expect(await rcons(args)).toBe(2);
  expect(world.complained).toContain(message);
  expect(world.complained).toContain(hint);
});

test("a console may be named like a command", async () => {
  expect(await rcons(["attach", "ls"])).toBe(3);
  expect(await rcons(["--", "ls"])).toBe(3);
  expect(world.complained).toContain("ls: there is no such console");
});

test("help and version ask nobody", async () => {
  await head.stop();
  expect(await rcons(["--help"])).toBe(0);
  expect(world.shown).toContain("Usage: rcons NODE");
  expect(await rcons(["log", "--help"])).toBe(0);
  expect(world.shown).toContain("Examples:");
  expect(await rcons(["help", "send"])).toBe(0);
  expect(world.shown).toContain("--wait <regex>");
  expect(await rcons(["--version"])).toBe(0);
});

test("who lists viewers", async () => {
  const other = new FakeWorld({ clock, args: ["n1"], env: { CONFED_HEAD: head.address } });
  const attached = runRcons(other);
  await other.shows("[n1 on");
  expect(await rcons(["who"])).toBe(0);
  expect(world.shown).toContain("n1       tester@here  write");
  expect(await rcons(["who", "n1", "--json"])).toBe(0);
  expect(JSON.parse(world.shown)).toMatchObject({ console: "n1", subject: "tester@here", mode: "write" });
  expect(await rcons(["who", "n2"])).toBe(0);
  expect(world.shown).toBe("");
  other.signal("SIGTERM");
  expect(await attached).toBe(143);
});

test("reconnect tells the agent", async () => {
  expect(await rcons(["reconnect", "n[1-2]"])).toBe(0);
  expect(world.shown).toBe("n1\nn2\n");
  expect(agent.controlled).toEqual(["n[1-2]"]);
});

test("log is bytes to a pipe and harmless lines to a terminal", async () => {
  agent.console("n1").print("\x1b[31mred\x1b[0m\r\nbell\x07\r\nlast");
  expect(await rcons(["log", "n1"])).toBe(0);
  expect(world.shown).toBe("\x1b[31mred\x1b[0m\r\nbell\x07\r\nlast");
  expect(await rcons(["log", "n1"], { terminal: true })).toBe(0);
  expect(world.shown).toBe("red\nbell\\x07\nlast\n");
  expect(await rcons(["log", "n1", "-n", "1", "--timestamps"])).toBe(0);
  expect(world.shown).toMatch(/^2026-01-01 \d\d:00:00 last\n$/);
});

test("log --follow goes on from the end of what was read", async () => {
  agent.console("n1").print("one\n");
  const done = rcons(["log", "n1", "--follow"]);
  await world.shows("one\n");
  agent.console("n1").print("two\n");
  await world.shows("two\n");
  expect(world.shown).toBe("one\ntwo\n");
  world.signal("SIGINT");
  expect(await done).toBe(130);
});

test("tail shows lines with the names of their consoles, prompts after a moment", async () => {
  const done = rcons(["tail", "n[1-2]"]);
  await agent.console("n2").until(() => agent.console("n2").listeners > 0);
  agent.console("n1").print("a1\nlog");
  agent.console("n2").print("a2\n");
  agent.console("n1").print("in: ");
  await world.until(() => world.shown.includes("n2: a2\n"));
  agent.console("n2").print("b2\n");
  await world.shows("n2: b2\n");
  expect(world.shown).toContain("n1: a1\n");
  expect(world.shown).not.toContain("log");
  clock.advance(1_000);
  await world.shows("n1: login: \n");
  world.signal("SIGINT");
  expect(await done).toBe(130);
});

test("tail goes on where it was when the head comes back", async () => {
  const fake = agent.console("n1");
  const done = rcons(["tail", "n1"]);
  await fake.until(() => fake.listeners > 0);
  fake.print("before\n");
  await world.shows("n1: before\n");
  await head.stop();
  await world.until(() => world.complained.includes("retry"));
  await fake.until(() => fake.listeners === 0);
  fake.print("missed\n");
  await head.start();
  clock.advance(500);
  await world.shows("n1: missed\n");
  expect(world.complained).toContain("[back]");
  expect(world.shown).toBe("n1: before\nn1: missed\n");
  world.signal("SIGINT");
  expect(await done).toBe(130);
});

test("send types and adds Enter", async () => {
  const done = rcons(["send", "n1", "--text", "re\\x62oot"]);
  const fake = agent.console("n1");
  await fake.until(() => (fake.sessions[0]?.input.length ?? 0) > 0);
  expect(fake.sessions[0]?.input.toString()).toBe("reboot\r");
  expect(await done).toBe(0);
});

test("send --wait shows output until a prompt comes", async () => {
  const fake = agent.console("n1");
  const done = rcons(["send", "n1", "--text", "", "--wait", "login: $"]);
  await fake.until(() => (fake.sessions[0]?.input.length ?? 0) > 0);
  fake.print("\r\n\x1b[1mn1\x1b[0m log");
  fake.print("in: ");
  expect(await done).toBe(0);
  expect(world.shown).toContain("in: ");
});

test("send says in time that nothing fitted, that the keyboard is held, that the console is down", async () => {
  const fake = agent.console("n1");
  const late = rcons(["send", "n1", "--text", "x", "--wait", "never", "--timeout", "4s"]);
  await fake.until(() => (fake.sessions[0]?.input.length ?? 0) > 0);
  fake.print("something\n");
  await world.shows("something\n");
  clock.advance(4_000);
  expect(await late).toBe(9);
  expect(world.complained).toContain("n1: no line fitted never within 4 s");

  const other = new FakeWorld({ clock, args: ["n1"], env: { CONFED_HEAD: head.address } });
  const holder = runRcons(other);
  await other.shows("[n1 on");
  expect(await rcons(["send", "n1", "--text", "x"])).toBe(5);
  expect(world.complained).toContain("n1: tester@here holds the keyboard");
  other.signal("SIGTERM");
  await holder;

  const down = rcons(["send", "n2", "--text", "x", "--timeout", "4s"]);
  await agent.console("n2").until(() => agent.console("n2").sessions.length > 0);
  agent.console("n2").sessions[0]?.stream.send({ event: { kind: "NOTICE", text: "still trying" } });
  await world.until(() => world.complained.includes("still trying"));
  clock.advance(4_000);
  expect(await down).toBe(6);
  expect(world.complained).toContain("connection refused (10.0.0.2:2001); nothing was sent");
});

test("piped input is sent whole, and rcons leaves when the console is quiet", async () => {
  agent.console("n1").echoing = true;
  const done = rcons(["n1"]);
  const text = Array.from({ length: 5_000 }, (_, number) => `line ${number}\r\n`).join("");
  world.stdin.end(text);
  await world.until(() => world.shown.length >= text.length);
  expect(world.shown).toBe(text);
  expect(world.complained).toContain("[n1 on sn01");
  await agent.console("n1").until(() => agent.console("n1").sessions[0]?.input.length === text.length);
  await world.until(() => clock.pending === 2);
  clock.advance(1_000);
  expect(await done).toBe(0);
});

test("all 256 values pass both ways with --raw-terminal", async () => {
  agent.console("n1").echoing = true;
  const done = rcons(["n1", "--raw-terminal", "--linger", "500ms"]);
  const all = Buffer.from(Array.from({ length: 256 * 20 }, (_, i) => i & 0xff));
  world.stdin.end(all);
  await world.until(() => world.shown.length >= all.length);
  expect(Buffer.from(world.shown, "latin1").equals(all)).toBe(true);
  clock.advance(500);
  expect(await done).toBe(0);
});

test("piped input is refused where somebody else holds the keyboard", async () => {
  const other = new FakeWorld({ clock, args: ["n1"], env: { CONFED_HEAD: head.address } });
  const holder = runRcons(other);
  await other.shows("[n1 on");
  const done = rcons(["n1"]);
  world.stdin.end("reboot\r");
  expect(await done).toBe(5);
  expect(agent.console("n1").sessions[0]?.input.length).toBe(0);
  other.signal("SIGTERM");
  await holder;
});

test("piped input survives a restart of the agent without being sent twice", async () => {
  const fake = agent.console("n1");
  fake.echoing = true;
  const done = rcons(["n1"]);
  world.stdin.write("one\r");
  // An echo follows upon the acknowledgement.
  await world.shows("one\r");
  await agent.stop();
  await world.until(() => world.complained.includes("unreachable"));
  world.stdin.end("two\r");
  await agent.start();
  clock.advance(500);
  await fake.until(() => fake.sessions[0]?.input.length === 4);
  expect(fake.sessions[0]?.input.toString()).toBe("two\r");
  await world.until(() => world.complained.includes("[back"));
  await world.shows("two\r");
  clock.advance(1_000);
  expect(await done).toBe(0);
});

test("a reader that does not read stops the stream, not the memory", async () => {
  const fake = agent.console("n1");
  const done = rcons(["n1", "--spy"]);
  await fake.until(() => fake.sessions.length === 1);
  await world.until(() => world.complained.includes("[n1 on"));
  world.stdout.pause();
  for (let i = 0; i < 100; i++) fake.print(Buffer.alloc(60_000, "x"));
  const { stream } = fake.sessions[0]!;
  // 6 MB printed; what the client does not take is still with the agent.
  expect(stream.backlogBytes).toBeGreaterThan(2_000_000);
  world.stdout.resume();
  await stream.drained();
  await world.until(() => world.shown.length === 6_000_000);
  world.signal("SIGTERM");
  expect(await done).toBe(143);
});
