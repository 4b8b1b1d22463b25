import { FakeWorld, fakeFederation } from "@confed/testkit";
import { beforeEach, expect, test } from "vitest";
import { runRcons } from "./run-rcons.ts";

const fakes = fakeFederation(["n1", "n2", "n3"], runRcons);

beforeEach(() => {
  fakes.agent.console("n2").status = {
    ...fakes.agent.console("n2").status,
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

test("ls shows every console with its state and cause", async () => {
  expect(await fakes.run(["ls"])).toBe(0);
  expect(fakes.world.shown.split("\n")).toEqual([
    "NAME  STATE        OWNER  SINCE  VIEWERS  CAUSE",
    expect.stringMatching(/^n1 {4}connected {4}sn01 {3}- {6}-$/),
    expect.stringMatching(/^n2 {4}waiting {6}sn01 {3}- {6}- {8}connection refused \(10\.0\.0\.2:2001\)$/),
    expect.stringMatching(/^n3 /),
    "",
  ]);
});

test("ls takes a selection and states, and speaks JSON", async () => {
  expect(await fakes.run(["ls", "@compute", "--json"])).toBe(0);
  expect(JSON.parse(fakes.world.shown)).toMatchObject({
    name: "n2",
    state: "waiting",
    since: null,
    cause: { code: "connection_refused", where: "10.0.0.2:2001" },
  });
  expect(await fakes.run(["ls", "--state", "down", "--json"])).toBe(0);
  expect(JSON.parse(fakes.world.shown)).toMatchObject({ name: "n2" });
  expect(await fakes.run(["ls", "--state", "broken"])).toBe(2);
  expect(fakes.world.complained).toContain('"broken" is not a state');
});

test("info shows one console", async () => {
  expect(await fakes.run(["info", "n2"])).toBe(0);
  expect(fakes.world.shown).toContain(
    "cause:       connection_refused: connection refused (10.0.0.2:2001)\n",
  );
  expect(await fakes.run(["info", "n2", "--json"])).toBe(0);
  expect(JSON.parse(fakes.world.shown)).toMatchObject({ name: "n2", groups: ["compute"] });
});

test("what is not there is exit code 3, in words and in JSON", async () => {
  expect(await fakes.run(["info", "n9"])).toBe(3);
  expect(fakes.world.complained).toBe("rcons: n9: there is no such console\n  hint: rcons ls shows all\n");
  expect(await fakes.run(["info", "n9", "--json"])).toBe(3);
  expect(JSON.parse(fakes.world.complained)).toEqual({
    code: "not_found",
    message: "there is no such console",
    subject: "n9",
    hint: "rcons ls shows all",
  });
});

test("an agent answers without a head, a dead head is exit code 8, a dead agent 7", async () => {
  await fakes.head.stop();
  expect(await fakes.run(["ls"])).toBe(8);
  expect(fakes.world.complained).toContain(`head ${fakes.head.address} cannot be reached`);
  expect(await fakes.run(["--agent", fakes.agent.address, "ls", "n1"])).toBe(0);
  expect(fakes.world.shown).toContain("n1");
  await fakes.agent.stop();
  expect(await fakes.run(["ls", "--agent", fakes.agent.address])).toBe(7);
});

test.each([
  [["ls", "--sate", "down"], "unknown option '--sate'", "did you mean --state?"],
  [["n1", "n2", "n3"], "too many arguments", "rcons --help"],
  [["send", "n1"], "required option '--text <text>' not specified", "rcons send --help"],
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
  expect(await fakes.run(args)).toBe(2);
  expect(fakes.world.complained).toContain(message);
  expect(fakes.world.complained).toContain(hint);
});

test("a console may be named like a command", async () => {
  expect(await fakes.run(["attach", "ls"])).toBe(3);
  expect(await fakes.run(["--", "ls"])).toBe(3);
  expect(fakes.world.complained).toContain("ls: there is no such console");
});

test("help and version ask nobody", async () => {
  await fakes.head.stop();
  expect(await fakes.run(["--help"])).toBe(0);
  expect(fakes.world.shown).toContain("Usage: rcons NODE");
  expect(await fakes.run(["log", "--help"])).toBe(0);
  expect(fakes.world.shown).toContain("Examples:");
  expect(await fakes.run(["help", "send"])).toBe(0);
  expect(fakes.world.shown).toContain("--wait <regex>");
  expect(await fakes.run(["--version"])).toBe(0);
});

test("who lists viewers", async () => {
  const other = new FakeWorld({ clock: fakes.clock, args: ["n1"], env: { CONFED_HEAD: fakes.head.address } });
  const attached = runRcons(other);
  await other.shows("[n1 on");
  expect(await fakes.run(["who"])).toBe(0);
  expect(fakes.world.shown).toContain("n1       tester@here  write");
  expect(await fakes.run(["who", "n1", "--json"])).toBe(0);
  expect(JSON.parse(fakes.world.shown)).toMatchObject({
    console: "n1",
    subject: "tester@here",
    mode: "write",
  });
  expect(await fakes.run(["who", "n2"])).toBe(0);
  expect(fakes.world.shown).toBe("");
  other.signal("SIGTERM");
  expect(await attached).toBe(143);
});

test("reconnect tells the agent", async () => {
  expect(await fakes.run(["reconnect", "n[1-2]"])).toBe(0);
  expect(fakes.world.shown).toBe("n1\nn2\n");
  expect(fakes.agent.controlled).toEqual(["n[1-2]"]);
});

test("log is bytes to a pipe and harmless lines to a terminal", async () => {
  fakes.agent.console("n1").print("\x1b[31mred\x1b[0m\r\nbell\x07\r\nlast");
  expect(await fakes.run(["log", "n1"])).toBe(0);
  expect(fakes.world.shown).toBe("\x1b[31mred\x1b[0m\r\nbell\x07\r\nlast");
  expect(await fakes.run(["log", "n1"], { terminal: true })).toBe(0);
  expect(fakes.world.shown).toBe("red\nbell\\x07\nlast\n");
  expect(await fakes.run(["log", "n1", "-n", "1", "--timestamps"])).toBe(0);
  expect(fakes.world.shown).toMatch(/^2026-01-01 \d\d:00:00 last\n$/);
});

test("log --follow goes on from the end of what was read", async () => {
  fakes.agent.console("n1").print("one\n");
  const done = fakes.run(["log", "n1", "--follow"]);
  await fakes.world.shows("one\n");
  fakes.agent.console("n1").print("two\n");
  await fakes.world.shows("two\n");
  expect(fakes.world.shown).toBe("one\ntwo\n");
  fakes.world.signal("SIGINT");
  expect(await done).toBe(130);
});

test("tail shows lines with the names of their consoles, prompts after a moment", async () => {
  const done = fakes.run(["tail", "n[1-2]"]);
  await fakes.agent.console("n2").until(() => fakes.agent.console("n2").listeners > 0);
  fakes.agent.console("n1").print("a1\nlog");
  fakes.agent.console("n2").print("a2\n");
  fakes.agent.console("n1").print("in: ");
  await fakes.world.until(() => fakes.world.shown.includes("n2: a2\n"));
  fakes.agent.console("n2").print("b2\n");
  await fakes.world.shows("n2: b2\n");
  expect(fakes.world.shown).toContain("n1: a1\n");
  expect(fakes.world.shown).not.toContain("log");
  fakes.clock.advance(1_000);
  await fakes.world.shows("n1: login: \n");
  fakes.world.signal("SIGINT");
  expect(await done).toBe(130);
});

test("tail goes on where it was when the head comes back", async () => {
  const fake = fakes.agent.console("n1");
  const done = fakes.run(["tail", "n1"]);
  await fake.until(() => fake.listeners > 0);
  fake.print("before\n");
  await fakes.world.shows("n1: before\n");
  await fakes.head.stop();
  await fakes.world.until(() => fakes.world.complained.includes("retry"));
  await fake.until(() => fake.listeners === 0);
  fake.print("missed\n");
  await fakes.head.start();
  fakes.clock.advance(500);
  await fakes.world.shows("n1: missed\n");
  expect(fakes.world.complained).toContain("[back]");
  expect(fakes.world.shown).toBe("n1: before\nn1: missed\n");
  fakes.world.signal("SIGINT");
  expect(await done).toBe(130);
});

test("send types and adds Enter", async () => {
  const done = fakes.run(["send", "n1", "--text", "re\\x62oot"]);
  const fake = fakes.agent.console("n1");
  await fake.until(() => (fake.sessions[0]?.input.length ?? 0) > 0);
  expect(fake.sessions[0]?.input.toString()).toBe("reboot\r");
  expect(await done).toBe(0);
});

test("send --wait shows output until a prompt comes", async () => {
  const fake = fakes.agent.console("n1");
  const done = fakes.run(["send", "n1", "--text", "", "--wait", "login: $"]);
  await fake.until(() => (fake.sessions[0]?.input.length ?? 0) > 0);
  fake.print("\r\n\x1b[1mn1\x1b[0m log");
  fake.print("in: ");
  expect(await done).toBe(0);
  expect(fakes.world.shown).toContain("in: ");
});

test("send says in time that nothing fitted, that the keyboard is held, that the console is down", async () => {
  const fake = fakes.agent.console("n1");
  const late = fakes.run(["send", "n1", "--text", "x", "--wait", "never", "--timeout", "4s"]);
  await fake.until(() => (fake.sessions[0]?.input.length ?? 0) > 0);
  fake.print("something\n");
  await fakes.world.shows("something\n");
  fakes.clock.advance(4_000);
  expect(await late).toBe(9);
  expect(fakes.world.complained).toContain("n1: no line fitted never within 4 s");

  const other = new FakeWorld({ clock: fakes.clock, args: ["n1"], env: { CONFED_HEAD: fakes.head.address } });
  const holder = runRcons(other);
  await other.shows("[n1 on");
  expect(await fakes.run(["send", "n1", "--text", "x"])).toBe(5);
  expect(fakes.world.complained).toContain("n1: tester@here holds the keyboard");
  other.signal("SIGTERM");
  await holder;

  const down = fakes.run(["send", "n2", "--text", "x", "--timeout", "4s"]);
  await fakes.agent.console("n2").until(() => fakes.agent.console("n2").sessions.length > 0);
  fakes.agent.console("n2").sessions[0]?.stream.send({ event: { kind: "NOTICE", text: "still trying" } });
  await fakes.world.until(() => fakes.world.complained.includes("still trying"));
  fakes.clock.advance(4_000);
  expect(await down).toBe(6);
  expect(fakes.world.complained).toContain("connection refused (10.0.0.2:2001); nothing was sent");
});

test("piped input is sent whole, and rcons leaves when the console is quiet", async () => {
  fakes.agent.console("n1").echoing = true;
  const done = fakes.run(["n1"]);
  const text = Array.from({ length: 5_000 }, (_, number) => `line ${number}\r\n`).join("");
  fakes.world.stdin.end(text);
  await fakes.world.until(() => fakes.world.shown.length >= text.length);
  expect(fakes.world.shown).toBe(text);
  expect(fakes.world.complained).toContain("[n1 on sn01");
  await fakes.agent
    .console("n1")
    .until(() => fakes.agent.console("n1").sessions[0]?.input.length === text.length);
  await fakes.world.until(() => fakes.clock.pending === 2);
  fakes.clock.advance(1_000);
  expect(await done).toBe(0);
});

test("all 256 values pass both ways with --raw-terminal", async () => {
  fakes.agent.console("n1").echoing = true;
  const done = fakes.run(["n1", "--raw-terminal", "--linger", "500ms"]);
  const all = Buffer.from(Array.from({ length: 256 * 20 }, (_, i) => i & 0xff));
  fakes.world.stdin.end(all);
  await fakes.world.until(() => fakes.world.shown.length >= all.length);
  expect(Buffer.from(fakes.world.shown, "latin1").equals(all)).toBe(true);
  fakes.clock.advance(500);
  expect(await done).toBe(0);
});

test("piped input is refused where somebody else holds the keyboard", async () => {
  const other = new FakeWorld({ clock: fakes.clock, args: ["n1"], env: { CONFED_HEAD: fakes.head.address } });
  const holder = runRcons(other);
  await other.shows("[n1 on");
  const done = fakes.run(["n1"]);
  fakes.world.stdin.end("reboot\r");
  expect(await done).toBe(5);
  expect(fakes.agent.console("n1").sessions[0]?.input.length).toBe(0);
  other.signal("SIGTERM");
  await holder;
});

test("piped input survives a restart of the agent without being sent twice", async () => {
  const fake = fakes.agent.console("n1");
  fake.echoing = true;
  const done = fakes.run(["n1"]);
  fakes.world.stdin.write("one\r");
  // An echo follows upon the acknowledgement.
  await fakes.world.shows("one\r");
  await fakes.agent.stop();
  await fakes.world.until(() => fakes.world.complained.includes("unreachable"));
  fakes.world.stdin.end("two\r");
  await fakes.agent.start();
  fakes.clock.advance(500);
  await fake.until(() => fake.sessions[0]?.input.length === 4);
  expect(fake.sessions[0]?.input.toString()).toBe("two\r");
  await fakes.world.until(() => fakes.world.complained.includes("[back"));
  await fakes.world.shows("two\r");
  fakes.clock.advance(1_000);
  expect(await done).toBe(0);
});

test("a reader that does not read stops the stream, not the memory", async () => {
  const fake = fakes.agent.console("n1");
  const done = fakes.run(["n1", "--spy"]);
  await fake.until(() => fake.sessions.length === 1);
  await fakes.world.until(() => fakes.world.complained.includes("[n1 on"));
  fakes.world.stdout.pause();
  for (let i = 0; i < 100; i++) fake.print(Buffer.alloc(60_000, "x"));
  const { stream } = fake.sessions[0]!;
  // 6 MB printed; what the client does not take is still with the agent.
  expect(stream.backlogBytes).toBeGreaterThan(2_000_000);
  fakes.world.stdout.resume();
  await stream.drained();
  await fakes.world.until(() => fakes.world.shown.length === 6_000_000);
  fakes.world.signal("SIGTERM");
  expect(await done).toBe(143);
});
