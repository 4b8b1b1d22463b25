import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfedRig, ConfedRun, runConfed } from "@confed/testkit";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "confed-sim-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

async function sim(...args: readonly string[]) {
  const run = new ConfedRun(["sim", "--print-config", ...args]);
  // The table and the log go through two pipes: one may be ahead of the other.
  await run.told(/ ready role=rack /);
  await run.printed(/\n$/);
  const table = run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Entry);
  return { run, table };
}

type Entry = {
  readonly name: string;
  readonly transport: string;
  readonly host: string;
  readonly port: number;
};

/** Reads so many bytes of a console, and hangs up. */
async function read({ host, port }: Entry, bytes: number): Promise<Buffer> {
  const socket = connect(port, host);
  let got = Buffer.alloc(0);
  for await (const chunk of socket) {
    got = Buffer.concat([got, chunk as Buffer]);
    if (got.length >= bytes) break;
  }
  socket.destroy();
  return got;
}

describe("confed sim", () => {
  test("prints a table of what it runs, and its lateness at the end", async () => {
    const { run, table } = await sim("-n", "3", "--rate", "100");
    expect(table.map(({ name, transport }) => [name, transport])).toEqual([
      ["n0001", "tcp"],
      ["n0002", "tcp"],
      ["n0003", "tcp"],
    ]);
    const output = await read(table[1]!, 800);
    expect(output.toString()).toMatch(/^n0002 0000000001 /);
    run.signal("SIGTERM");
    expect(await run.exited).toBe(0);
    expect(run.stderr).toMatch(/lateness="\d+ lines written p50 /);
  });

  test("verifies a log that is exact, and finds what was lost in one that is not", async () => {
    const sent = join(dir, "sent.json");
    const { run, table } = await sim("-n", "1", "--rate", "200", "--sent", sent);
    const socket = connect(table[0]!.port, table[0]!.host);
    let log = Buffer.alloc(0);
    socket.on("data", (bytes) => {
      log = Buffer.concat([log, bytes]);
      if (log.length > 8_000) run.signal("SIGTERM");
    });
    await once(socket, "close");
    expect(await run.exited).toBe(0);

    const whole = join(dir, "n0001.log");
    writeFileSync(whole, log);
    const exact = await runConfed(["sim", "verify", "--against", sent, whole]);
    expect(exact).toMatchObject({ status: 0, stderr: "" });
    expect(exact.stdout).toMatch(/^n0001: exact, \d+ lines/);

    // The third line is gone: 80 bytes each.
    writeFileSync(whole, Buffer.concat([log.subarray(0, 160), log.subarray(240)]));
    const broken = await runConfed(["sim", "verify", "--against", sent, whole]);
    expect(broken.status).toBe(1);
    expect(broken.stdout).toMatch(/^n0001: NOT EXACT/);
    expect(broken.stdout).toMatch(/missing 1: 3$/m);
  });

  test.each([
    [["--consoles", "0"], "consoles"],
    [["--rate", "x"], "linesPerSecond"],
    [["--tcp", "70000"], "tcpPort"],
    [["--base-address", "10.0.0.0"], "127.0.0.0/8"],
    [["--print-config", "ssh"], "does not listen for ssh"],
  ])("refuses %j, naming it", async (args, word) => {
    const { status, stderr } = await runConfed(["sim", ...args]);
    expect(status).toBe(2);
    expect(stderr).toContain(word);
  });
});

describe("confed hostkeys scan", () => {
  /** An ssh server of the simulator, and the configuration of an agent that leads to it. */
  async function sshConsole(port = "0") {
    const run = new ConfedRun(["sim", "--mode", "echo", "--ssh", port, "--print-config", "ssh"]);
    const entry = JSON.parse((await run.printed(/^.*\n/))[0]) as Entry;
    const config = join(dir, "agent.yaml");
    writeFileSync(
      config,
      [
        `agent: { id: sn01, state: ${dir} }`,
        "consoles:",
        `  - ${JSON.stringify({ ...entry, password: { env: "PW" } })}`,
        "  - { name: plain, transport: tcp, host: h, port: 1 }",
      ].join("\n"),
    );
    return { run, entry, config };
  }

  test("prints keys, takes them down with --accept, and refuses those of another server later", async () => {
    const { run, entry, config } = await sshConsole();
    const scan = (...args: readonly string[]) =>
      runConfed(["hostkeys", "scan", "n*", "--config", config, ...args]);
    const line = (word: string) =>
      new RegExp(`^n0001 {2}${entry.host}:${entry.port} {2}ssh-ed25519 {2}SHA256:\\S{43} {2}${word}\n$`);

    const first = await scan();
    expect(first.stdout).toMatch(line("new"));
    expect(first.status).toBe(0);
    expect((await scan("--accept")).stdout).toMatch(line("added"));
    const known = readFileSync(join(dir, "known_hosts"), "utf8");
    expect(known).toMatch(new RegExp(`^\\[${entry.host}\\]:${entry.port} ssh-ed25519 \\S+\n$`));
    expect((await scan("--accept")).stdout).toMatch(line("known"));
    expect(readFileSync(join(dir, "known_hosts"), "utf8")).toBe(known);

    run.signal("SIGTERM");
    await run.exited;
    await sshConsole(String(entry.port));
    const changed = await scan("--accept");
    expect(changed.stdout).toMatch(/ {2}CHANGED/);
    expect(changed.stdout).toContain("hint: ");
    expect(changed.status).toBe(6);
    expect(readFileSync(join(dir, "known_hosts"), "utf8")).toBe(known);
  });

  test("says what is wrong with a selection", async () => {
    const { config } = await sshConsole();
    const unknown = await runConfed(["hostkeys", "scan", "n9", "--config", config]);
    expect(unknown.status).toBe(3);
    expect(unknown.stderr).toContain("n9");
    const plain = await runConfed(["hostkeys", "scan", "plain", "--config", config]);
    expect(plain.status).toBe(3);
    expect(plain.stderr).toContain("no console of these is reached by ssh");
  });

  test("says of a server that does not answer why, and goes on", async () => {
    const { run, entry, config } = await sshConsole();
    run.signal("SIGTERM");
    await run.exited;
    const { status, stdout } = await runConfed(["hostkeys", "scan", "*", "--config", config]);
    expect(stdout).toMatch(new RegExp(`^n0001 {2}${entry.host}:${entry.port} {2}connection_refused: `));
    expect(status).toBe(6);
  });
});

describe("confed sim --ipmi", () => {
  test("machines behind BMCs are consoles of an agent, and their faults are what was asked for", async () => {
    const { run, table } = await sim("-n", "2", "--mode", "echo", "--ipmi", "0");
    expect(table.map(({ name, transport }) => [name, transport])).toEqual([
      ["n0001", "ipmi"],
      ["n0002", "ipmi"],
    ]);
    expect(new Set(table.map(({ port }) => port)).size).toBe(1);
    vi.stubEnv("CONFED_SIM_BMC_PASSWORD", "sim-password");
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const rig = new ConfedRig();
    const head = await rig.startHead();
    const agent = await rig.startAgent({ heads: [head.address], consoles: table });
    const watch = rig.watch(head);
    for (const { name } of table) {
      await watch.shows(name, "CONNECTED");
      const viewer = rig.attach(agent, { console: name });
      await viewer.whenOpened();
      viewer.type("hello");
      await viewer.saw("hello");
    }
    await agent.process.stop();
    run.signal("SIGTERM");
    expect(await run.exited).toBe(0);
  });

  test("a word that is no fault of a BMC is refused, with all there are", async () => {
    const { status, stderr } = await runConfed(["sim", "--ipmi", "0", "--ipmi-faults", "frob"]);
    expect(status).not.toBe(0);
    expect(stderr).toContain("frob is no fault of a BMC");
    expect(stderr).toContain("steal-silently");
  });
});
