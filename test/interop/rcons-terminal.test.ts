// The real rcons, bundled, in a real terminal.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type FakeAgent, type FakeHead, startFakeAgent, startFakeHead, TmuxPane } from "@confed/testkit";
import { spawn as spawnTerminal } from "node-pty";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const withoutTmux = spawnSync("tmux", ["-V"]).error !== undefined;

let folder: string;
let agent: FakeAgent;
let head: FakeHead;
let pane: TmuxPane;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rcons-terminal-"));
  symlinkSync(join(root, "packages/rcons/dist/rcons.mjs"), join(folder, "rcons"));
  writeFileSync(join(folder, "bug.cjs"), 'process.on("SIGUSR2", () => { throw new Error("planted"); });');
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  agent = await startFakeAgent(["n0001"]);
  agent.console("n0001").echoing = true;
  head = await startFakeHead(agent);
  pane = await TmuxPane.start({
    columns: 100,
    rows: 30,
    cwd: folder,
    env: { PATH: `${folder}:${process.env["PATH"] ?? ""}`, CONFED_HEAD: head.address, HOME: folder },
  });
  await pane.run("stty -a > before");
}, 30_000);

afterEach(async () => {
  await pane.close();
  await head.stop();
  await agent.stop();
});

const read = (name: string) => readFileSync(join(folder, name), "utf8").trim();

/** Type `rcons n0001` with these options and wait for its banner. Returns its process id. */
async function attach(options = "", { node = "" } = {}): Promise<number> {
  await pane.begin(`sh -c 'echo $$ > pid; exec ${node} $(command -v rcons) n0001 ${options}'`);
  await pane.shows("[n0001 on sn01, direct");
  return Number(read("pid"));
}

/** The terminal is as it was before rcons, and nothing was done to the shell's own descriptors. */
async function expectRestored(): Promise<void> {
  await pane.run("stty -a > after");
  expect(read("after")).toBe(read("before"));
  const flags = /^flags:\s*([0-7]+)/m.exec(
    readFileSync(`/proc/${await pane.shellPid()}/fdinfo/0`, "utf8"),
  )?.[1];
  const O_NONBLOCK = 0o4000;
  expect(Number.parseInt(flags ?? "", 8) & O_NONBLOCK).toBe(0);
}

describe.skipIf(withoutTmux)("rcons in a terminal", () => {
  test("attaches, echoes, helps, quits, and the terminal is as before", async () => {
    await attach();
    expect(pane.output).toContain("[Enter '^Ec?' for help]");
    await pane.type("hello");
    await pane.shows("hello");
    await pane.type("\x05c?");
    await pane.shows("^Ec^Ec");
    await pane.type("\x05c.");
    await pane.shows("[disconnected]");
    expect(await pane.exitCode()).toBe(0);
    expect(agent.console("n0001").output.toString()).toBe("hello");
    await expectRestored();
  });

  test("^C, ^Z, ^S and ^\\ belong to the console", async () => {
    await attach();
    await pane.type("\x03\x1a\x13\x11\x1c\x16\x0f\r");
    const console = agent.console("n0001");
    await console.until(() => console.output.length === 8);
    expect(console.output.toString("latin1")).toBe("\x03\x1a\x13\x11\x1c\x16\x0f\r");
    await pane.type("\x05c.");
    expect(await pane.exitCode()).toBe(0);
    await expectRestored();
  });

  test("a bare line feed of the console goes straight down", async () => {
    await attach();
    agent.console("n0001").print("\x1b[2J\x1b[HAB\nCD");
    await pane.shows("CD");
    expect((await pane.screen()).slice(0, 2)).toEqual(["AB", "  CD"]);
    await pane.type("\x05c.");
    expect(await pane.exitCode()).toBe(0);
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGQUIT", 131],
  ] as const)("%s ends it with the terminal restored", async (signal, exitCode) => {
    const pid = await attach();
    process.kill(pid, signal);
    expect(await pane.exitCode()).toBe(exitCode);
    await expectRestored();
  });

  test("a bug ends it with the terminal restored, and is told", async () => {
    const pid = await attach("", { node: `node --require ${join(folder, "bug.cjs")}` });
    process.kill(pid, "SIGUSR2");
    expect(await pane.exitCode()).toBe(1);
    expect(pane.output).toContain("this is a bug in rcons: Error: planted");
    await expectRestored();
  });

  test("a reader of its output that goes away ends it with the terminal restored", async () => {
    await pane.begin("rcons n0001 | head -c 5");
    await pane.shows("[n0001 on sn01");
    agent.console("n0001").print("12345");
    await pane.shows("12345");
    const console = agent.console("n0001");
    // head is gone at the latest when it has read them; the next bytes meet a broken pipe.
    while (console.sessions.length > 0) {
      console.print("x");
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await pane.exitCode()).toBe(0);
    await expectRestored();
  });

  test("SIGKILL leaves a terminal that the shell above it puts back", async () => {
    const pid = await attach();
    process.kill(pid, "SIGKILL");
    expect(await pane.exitCode()).toBe(137);
    await expectRestored();
  });

  test("SIGKILL of a script around it ends it, with the terminal restored", async () => {
    const console = agent.console("n0001");
    await pane.begin("sh -c 'echo $$ > pid; rcons n0001; true'");
    await pane.shows("[n0001 on sn01, direct");
    process.kill(Number(read("pid")), "SIGKILL");
    expect(await pane.exitCode()).toBe(137);
    // The terminal is the shell's again, and nobody has said so to rcons.
    await console.until(() => console.sessions.length === 0);
    expect(pane.output).not.toContain("unreachable");
    await expectRestored();
  });

  test("it is suspended and continued", async () => {
    await attach();
    await pane.type("\x05cz");
    expect(await pane.exitCode()).toBe(128 + 20);
    expect(pane.output).toContain("Stopped");
    await expectRestored();
    await pane.begin("fg");
    await pane.shows("[n0001 again]");
    await pane.type("again");
    await agent.console("n0001").until(() => agent.console("n0001").output.toString() === "again");
    await pane.type("\x05c.");
    expect(await pane.exitCode()).toBe(0);
    await expectRestored();
  });

  test("a stop from outside leaves it raw when it is continued", async () => {
    const pid = await attach();
    process.kill(pid, "SIGSTOP");
    expect(await pane.exitCode()).toBe(128 + 19);
    await pane.begin("fg");
    await pane.shows("[n0001 again]");
    // Without Enter: a cooked terminal would keep it.
    await pane.type("raw");
    await agent.console("n0001").until(() => agent.console("n0001").output.toString() === "raw");
    await pane.type("\x05c.");
    expect(await pane.exitCode()).toBe(0);
    await expectRestored();
  });

  test("where there is no shell above it, it is not suspended", async () => {
    pane.mark();
    await pane.command("new-window 'rcons n0001'");
    await pane.shows("[n0001 on sn01, direct");
    await pane.type("\x05cz");
    await pane.shows("[no shell to go back to]");
    await pane.type("raw");
    await agent.console("n0001").until(() => agent.console("n0001").output.toString() === "raw");
    await pane.type("\x05c.");
    await agent.console("n0001").until(() => agent.console("n0001").sessions.length === 0);
  });

  test("the console learns the size of the terminal, and its changes", async () => {
    await attach();
    const [session] = agent.console("n0001").sessions;
    expect(session?.open.window).toMatchObject({ columns: 100, rows: 30 });
    await pane.command("refresh-client -C 90x20");
    await agent.console("n0001").until(() => session?.requests.at(-1)?.window?.columns === 90);
    expect(session?.requests.at(-1)?.window).toMatchObject({ columns: 90, rows: 20 });
    await pane.type("\x05c.");
    expect(await pane.exitCode()).toBe(0);
  });

  test("the death of its shell ends it", async () => {
    await attach();
    const console = agent.console("n0001");
    process.kill(await pane.shellPid(), "SIGKILL");
    await console.until(() => console.sessions.length === 0);
  });

  test("a terminal that takes nothing stops the stream and nothing else", async () => {
    const console = agent.console("n0001");
    const stopped = spawnTerminal(join(folder, "rcons"), ["n0001"], {
      env: { ...process.env, CONFED_HEAD: head.address, TERM: "xterm" },
    });
    let shown = "";
    await new Promise<void>((resolve) => {
      stopped.onData((data) => {
        shown += data;
        if (shown.includes("[n0001 on sn01")) resolve();
      });
    });
    stopped.pause();
    for (let i = 0; i < 100; i++) console.print(Buffer.alloc(60_000, "x"));
    const [session] = console.sessions;
    // What rcons does not take stays with the agent.
    expect(session?.stream.backlogBytes).toBeGreaterThan(2_000_000);
    stopped.write("typed");
    await console.until(() => session?.input.toString() === "typed");
    process.kill(stopped.pid, "SIGTERM");
    await console.until(() => console.sessions.length === 0);
    stopped.resume();
  });

  test("an agent that dies and comes back is attached again", async () => {
    await attach();
    await agent.stop();
    await pane.shows("agent sn01 unreachable, retry");
    agent.console("n0001").print("missed\r\n");
    await agent.start();
    await pane.shows("[back after ");
    expect(pane.output).toMatch(/missed\r\n.*\[back after \d+ m?s, 8 bytes shown from log, no gap\]/);
    await pane.type("\x05c.");
    expect(await pane.exitCode()).toBe(0);
    await expectRestored();
  });

  test("modes that a program left on are off afterwards", async () => {
    await attach();
    agent.console("n0001").print("\x1b[?1049h\x1b[?2004h\x1b[?25l");
    await pane.shows("\x1b[?25l");
    await pane.type("\x05c.");
    expect(await pane.exitCode()).toBe(0);
    expect(await pane.command("display-message -p '#{alternate_on} #{cursor_flag}'")).toEqual(["0 1"]);
  });

  test("a head that is not there is said in words and an exit code", async () => {
    await head.stop();
    expect(await pane.run("rcons n0001")).toBe(8);
    expect(pane.output).toContain(`rcons: head ${head.address} cannot be reached`);
    await expectRestored();
  });
});
