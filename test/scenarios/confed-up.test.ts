import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfedRun, descendantsOf, RconsRun, runConfed, untilGone } from "@confed/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "confed-up-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** Long, because whoever hits it has a test that fails anyway. */
const GONE_MS = 30_000;

async function up(...args: readonly string[]) {
  const run = new ConfedRun(["up", "--port", "0", "--dir", dir, ...args], { ownGroup: true });
  const [, head = ""] = await run.printed(/^ {2}head {2}(\S+)$/m);
  await run.printed(/Ctrl-C ends all of it/);
  return { run, head };
}

describe("confed up", () => {
  test("runs a federation that rcons attaches to, and leaves nothing behind at Ctrl-C", async () => {
    const { run, head } = await up();
    const ls = new RconsRun(["--head", head, "ls", "--json"]);
    expect(await ls.exited).toBe(0);
    const listed = ls.output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { name: string; state: string });
    expect(listed.map(({ name }) => name)).toEqual([
      ...["n0001", "n0002", "n0003", "n0004", "n0005", "n0006", "n0007", "n0008"],
      "shell01",
    ]);

    // One of each kind: tcp, telnet and ssh lead to a machine, exec to a shell.
    for (const node of ["n0001", "n0005", "n0007"]) {
      const attach = new RconsRun(["--head", head, node]);
      await attach.type("\r");
      await attach.printed("login: ");
      await attach.type("root\r");
      await attach.printed("Password: ");
      await attach.type("confed\r");
      await attach.printed(`root@${node}:~# `);
      attach.endInput();
      expect(await attach.exited).toBe(0);
    }
    const shell = new RconsRun(["--head", head, "shell01"]);
    await shell.type("echo $((6 * 7)) is the answer\r");
    await shell.printed("42 is the answer");
    shell.endInput();
    expect(await shell.exited).toBe(0);

    const children = run.descendants();
    // Rack, head, two agents, a log writer each and the shell.
    expect(children.length).toBeGreaterThanOrEqual(7);
    run.interrupt();
    expect(await run.exited).toBe(0);
    await untilGone(children, GONE_MS);
    expect(run.stderr).toBe("");
    expect(readFileSync(join(dir, "log", "shell01.log"), "latin1")).toContain("42 is the answer");
    expect(existsSync(join(dir, "lock"))).toBe(false);
  });

  test("leaves nothing behind when it is killed", async () => {
    const { run } = await up();
    const children = run.descendants();
    run.signal("SIGKILL");
    await run.exited;
    await untilGone(children, GONE_MS);
  });

  test("says so and ends when a process of it dies", async () => {
    const { run } = await up();
    const children = run.descendants();
    const head = children.find(({ command }) => command.includes(" head --config "));
    process.kill(head!.pid, "SIGKILL");
    expect(await run.exited).toBe(1);
    expect(run.stderr).toMatch(/^confed up: head ended \(SIGKILL\); its log is .*head\.log$/m);
    await untilGone(children, GONE_MS);
  });

  test("refuses a port that is taken, naming it, and leaves nothing behind", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    try {
      const { status, stderr, stdout } = await runConfed(["up", "--port", String(port), "--dir", dir]);
      expect(status).toBe(10);
      expect(stdout).toBe("");
      expect(stderr).toContain(`127.0.0.1:${port}`);
      expect(descendantsOf(process.pid).filter(({ command }) => command.includes(dir))).toEqual([]);
    } finally {
      taken.close();
    }
  });

  test("refuses a directory that another one uses, naming the process", async () => {
    const { run } = await up();
    const { status, stderr } = await runConfed(["up", "--port", "0", "--dir", dir]);
    expect(status).toBe(10);
    expect(stderr).toContain(`in use by process ${run.pid}`);
    run.signal("SIGTERM");
    expect(await run.exited).toBe(0);
  });

  test("goes on where it was when it is started again in the same directory", async () => {
    const first = await up("--no-shell");
    first.run.signal("SIGTERM");
    expect(await first.run.exited).toBe(0);
    const before = readFileSync(join(dir, "log", "n0001.log"));
    expect(before.length).toBeGreaterThan(0);
    const second = await up("--no-shell");
    second.run.signal("SIGTERM");
    expect(await second.run.exited).toBe(0);
    const after = readFileSync(join(dir, "log", "n0001.log"));
    expect(after.subarray(0, before.length).equals(before)).toBe(true);
    expect(readdirSync(join(dir, "log"))).not.toContain("shell01.log");
  });

  test("takes in consoles of one's own, and says every fault in them", async () => {
    const include = join(dir, "mine.yaml");
    writeFileSync(include, "consoles:\n  - { name: mine, transport: exec, argv: [cat], hots: x }\n");
    const { status, stderr } = await runConfed(["up", "--port", "0", "--dir", dir, "--include", include]);
    expect(status).toBe(2);
    expect(stderr).toContain(`${include}:2:`);
    expect(stderr).toContain("hots");
  });
});
