import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import { ConfedRun, runConfed, startSocketConsole } from "@confed/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "confed-daemon-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function write(name: string, lines: readonly string[]): string {
  const path = join(dir, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

const headFile = (listen = "127.0.0.1:0") =>
  write("head.yaml", [`head: { listen: "${listen}", state: ${dir}/head }`]);
const agentFile = (...consoles: readonly string[]) =>
  write("agent.yaml", [
    `agent: { id: sn01, listen: "127.0.0.1:0", state: ${dir}/sn01 }`,
    `logs: { path: "${dir}/log/&.log" }`,
    ...(consoles.length === 0 ? [] : ["consoles:", ...consoles.map((entry) => `  - ${entry}`)]),
  ]);

/** `2026-07-01T10:31:07.123Z info  ready role=head address=...` */
const READY = /^\S+Z info {2}ready role=(\w+) .*address=(\S+)/m;

async function ready(...args: readonly string[]) {
  const run = new ConfedRun(args);
  const [, role, address = ""] = await run.told(READY);
  return { run, role, address };
}

/** Nobody tells of a file that grew but by another look at it. */
async function untilHolds(path: string, text: string): Promise<void> {
  while (!(existsSync(path) && readFileSync(path, "utf8") === text)) {
    await new Promise<void>((resolve) => {
      systemClock.after(10, resolve);
    });
  }
}

describe("a daemon", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("ends in order with status 0 at %s", async (signal) => {
    const { run } = await ready("head", "--config", headFile());
    run.signal(signal);
    expect(await run.exited).toBe(0);
    expect(run.stderr).toContain(`ending cause=${signal}`);
    expect(run.stderr).toMatch(/ended\n$/);
  });

  test("ends when its standard input does, if told so", async () => {
    const { status, stderr } = await runConfed(["head", "--config", headFile(), "--until-stdin-ends"], {
      input: "",
    });
    expect(status).toBe(0);
    expect(stderr).toContain("ending");
  });

  test("says where the address is taken, and exits with conflict", async () => {
    const { address } = await ready("head", "--config", headFile());
    write("other.yaml", [`head: { listen: "${address}", state: ${dir}/other }`]);
    const { status, stderr } = await runConfed(["head", "--config", join(dir, "other.yaml")]);
    expect(status).toBe(10);
    expect(stderr).toContain(`cannot listen on ${address}`);
  });

  test("is refused a state directory that another one has, naming its process", async () => {
    const { run } = await ready("agent", "--config", agentFile());
    const { status, stderr } = await runConfed(["agent", "--config", join(dir, "agent.yaml")]);
    expect(status).toBe(10);
    expect(stderr).toContain(`in use by process ${run.pid}`);
    expect(stderr).toContain(`kill ${run.pid}`);
  });

  test("takes over the state directory of one that was killed", async () => {
    const first = await ready("agent", "--config", agentFile());
    first.run.signal("SIGKILL");
    await first.run.exited;
    const second = await ready("agent", "--config", join(dir, "agent.yaml"));
    expect(second.role).toBe("agent");
  });

  test("does not start as an agent with the configuration of a head", async () => {
    const { status, stderr } = await runConfed(["agent", "--config", headFile()]);
    expect(status).toBe(2);
    expect(stderr).toContain("no agent section");
    expect(stderr).toContain("this configures a head");
  });

  test("logs JSON when told so", async () => {
    const run = new ConfedRun(["head", "--config", headFile(), "--log-format", "json"]);
    await run.told(/"message":"ready"/);
    run.signal("SIGTERM");
    await run.exited;
    const lines = run.stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { level: string; message: string });
    expect(lines.map(({ message }) => message)).toEqual(expect.arrayContaining(["ready", "ending", "ended"]));
  });
});

describe("an agent", () => {
  test.each(["SIGUSR1", "SIGHUP"] as const)(
    "writes to a new log file after logrotate and %s",
    async (signal) => {
      const device = await startSocketConsole({ host: "127.0.0.1", port: 0 });
      const { port } = device.server.address() as { port: number };
      try {
        const { run } = await ready(
          "agent",
          ...["--config", agentFile(`{ name: n1, transport: tcp, host: 127.0.0.1, port: ${port} }`)],
        );
        const log = join(dir, "log", "n1.log");
        await device.feed(Buffer.from("before\n"));
        await untilHolds(log, "before\n");
        renameSync(log, `${log}.1`);
        run.signal(signal);
        await run.told(new RegExp(`opened anew signal=${signal}`));
        await device.feed(Buffer.from("after\n"));
        await untilHolds(log, "after\n");
        expect(readFileSync(`${log}.1`, "utf8")).toBe("before\n");
        run.signal("SIGTERM");
        expect(await run.exited).toBe(0);
      } finally {
        await device.close();
      }
    },
  );

  test("warns when it may not open enough files for its consoles", async () => {
    const table = Array.from({ length: 100 }, (_, at) =>
      JSON.stringify({ name: `n${at}`, transport: "exec", argv: ["true"], onDemand: true }),
    );
    write("t.jsonl", table);
    const file = write("agent.yaml", [
      `agent: { id: sn01, listen: "127.0.0.1:0", state: ${dir}/sn01 }`,
      `logs: { path: "${dir}/log/&.log" }`,
      "include: [ t.jsonl ]",
    ]);
    const run = new ConfedRun(["agent", "--config", file], { descriptorsMax: 600 });
    await run.told(/ warn {2}this process may open 600 files, 100 consoles need about 612/);
    await run.told(READY);
    run.signal("SIGTERM");
    expect(await run.exited).toBe(0);
  });
});

describe("confed status", () => {
  test("tells of a head and its agents, and of an agent and its heads", async () => {
    const head = await ready("head", "--config", headFile());
    const file = write("agent.yaml", [
      `agent: { id: sn01, listen: "127.0.0.1:0", heads: ["${head.address}"], state: ${dir}/sn01 }`,
      `logs: { path: "${dir}/log/&.log" }`,
      "consoles:",
      "  - { name: n1, transport: exec, argv: [cat], onDemand: true }",
    ]);
    const agent = await ready("agent", "--config", file);
    await head.run.told(/agent synced agent=sn01/);

    const ofHead = await runConfed(["status", "--head", head.address]);
    expect(ofHead.stderr).toBe("");
    expect(ofHead.stdout).toMatch(/^consoles {2}1: 1 idle$/m);
    expect(ofHead.stdout).toMatch(new RegExp(`^ {2}sn01 {2}up .*1 consoles .*${agent.address}`, "m"));
    const ofAgent = await runConfed(["status", "--agent", agent.address, "--json"]);
    expect(JSON.parse(ofAgent.stdout)).toMatchObject({
      role: "agent",
      id: "sn01",
      consoles: { IDLE: 1 },
      peers: [{ state: "up" }],
    });
  });

  test("exits with 8 or 7 and names the address when nobody answers there", async () => {
    const noHead = await runConfed(["status", "--head", "127.0.0.1:1"]);
    expect(noHead).toMatchObject({ status: 8, stdout: "" });
    expect(noHead.stderr).toContain("127.0.0.1:1");
    const noAgent = await runConfed(["status", "--agent", "127.0.0.1:1", "--json"]);
    expect(noAgent.status).toBe(7);
    expect(JSON.parse(noAgent.stderr)).toMatchObject({ code: "agent_unreachable" });
  });
});

describe("the command line", () => {
  test.each([
    [["staus"], "did you mean status?"],
    [["up", "--prot", "1"], "did you mean --port?"],
    [["hostkeys", "scna"], "did you mean scan?"],
    [[], "confed --help"],
    [["agent"], "CONFED_CONFIG"],
    [["sim", "--mode", "dmeo"], "confed sim --help"],
  ])("%j is a usage error with a hint", async (args, hint) => {
    const { status, stdout, stderr } = await runConfed(args);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^confed: /);
    expect(stderr).toContain(hint);
  });

  test("a state directory that cannot be made is named", async () => {
    const closed = write("closed", [""]);
    chmodSync(closed, 0o600);
    const file = write("head.yaml", [`head: { listen: "127.0.0.1:0", state: ${closed}/head }`]);
    const { status, stderr } = await runConfed(["head", "--config", file]);
    expect(status).not.toBe(0);
    expect(stderr).toContain(`${closed}/head`);
  });
});
