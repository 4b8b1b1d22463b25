import { execFile } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { systemClock } from "@confed/kernel";
import {
  ConfedRun,
  CountingDevice,
  freePort,
  RconsRun,
  runConfed,
  writeAsXcat,
  type XcatNode,
  xcatFile,
} from "@confed/testkit";
import { beforeEach, expect, onTestFinished, test } from "vitest";

const run = promisify(execFile);
const INIT = fileURLToPath(new URL("../../deploy/xcat/conserver.init", import.meta.url));
const CONFED = fileURLToPath(new URL("../../packages/confed/dist/confed.mjs", import.meta.url));

/** What people are promised of the start and of a reload. */
const READY_MS_MAX = 3_000;

let directory: string;
let file: string;
let port: number;
let devices: readonly CountingDevice[];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "confed-drop-in-"));
  mkdirSync(join(directory, "consoles"));
  file = join(directory, "conserver.cf");
  writeFileSync(join(directory, "conserver.passwd"), "", { mode: 0o600 });
  port = await freePort();
  devices = await Promise.all([1, 2, 3].map(() => CountingDevice.start()));
  onTestFinished(async () => {
    await Promise.all(devices.map((each) => each.close()));
    rmSync(directory, { recursive: true, force: true });
  });
});

const node = (name: string, at: number): XcatNode => ({
  name,
  way: ["type host;", "host 127.0.0.1;", "protocol raw;", `port ${devices[at]!.port};`],
});

const text = (...nodes: readonly XcatNode[]) => xcatFile(nodes, { logs: join(directory, "consoles") });

/** Connect, and read the first line: what every client of conserver's does. */
function greeting(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.once("error", reject);
    socket.once("data", (bytes) => {
      resolve(bytes.toString());
      socket.destroy();
    });
  });
}

/** Resolves when it greets, however often it has to be asked. */
async function greets(): Promise<void> {
  while ((await greeting().catch(() => "")) !== "ok\r\n") await pause(25);
}

/** TCP ports that a process listens on, by proc_pid_fd(5) and /proc/net/tcp of proc_pid_net(5). */
function listeningPorts(pid: number): number[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  const tables = ["tcp", "tcp6"].map((name) => readFileSync(`/proc/net/${name}`, "utf8"));
  return tables
    .join("")
    .split("\n")
    .flatMap((line) => {
      const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
      return state === "0A" && sockets.has(inode) ? Number.parseInt(local.split(":")[1] ?? "", 16) : [];
    });
}

const pause = (ms: number) => new Promise<void>((resolve) => systemClock.after(ms, resolve));

/** One line of an answer for each command, after a log-in by name. */
function ask(...commands: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    const left = ["login tester", ...commands, "exit"];
    let said = "";
    socket.on("data", (bytes) => {
      said += bytes.toString();
      const next = left.shift();
      if (next !== undefined) socket.write(`${next}\r\n`);
    });
    socket.once("error", reject);
    socket.once("close", () => {
      resolve(said);
    });
  });
}

const args = () => [
  "-M",
  "127.0.0.1",
  "-p",
  String(port),
  "-v",
  "-C",
  file,
  "-P",
  join(directory, "conserver.passwd"),
];
const env = () => ({ STATE_DIRECTORY: join(directory, "state"), RUNTIME_DIRECTORY: directory });

test("conserver's own arguments start an agent of a conserver.cf: ready, reloaded and ended in time", async () => {
  writeFileSync(file, text(node("n1", 0), node("n2", 1)));
  // Nobody has written it for a while: else it is waited for.
  await pause(400);
  const startedMs = systemClock.nowMs();
  const conserver = new ConfedRun(["conserver", ...args(), "-m", "32"], { env: env() });
  await Promise.race([greets(), conserver.told(/not ever/)]);
  const readyMs = systemClock.nowMs() - startedMs;
  expect(readyMs).toBeLessThan(READY_MS_MAX);
  expect(conserver.stderr).toContain("-m has no effect: one process serves all consoles");
  await Promise.all(devices.slice(0, 2).map((each) => each.until(({ count }) => count === 1)));
  expect(await ask("examine")).toMatch(/n2 .*\r\n n1 /);
  // Confed's own clients have no log-in here: they come by a socket that its owner alone can open.
  expect(listeningPorts(conserver.pid)).toEqual([port]);
  const control = join(directory, "state", "control", "agent.sock");
  expect(statSync(dirname(control)).mode & 0o077).toBe(0);
  const listed = new RconsRun(["--socket", control, "ls"]);
  expect(await listed.exited).toBe(0);
  expect(listed.output).toContain("n1");

  for (const at of [2, 0]) {
    await writeAsXcat(file, text(node("n2", 1), node("n1", at)));
    const changedMs = systemClock.nowMs();
    conserver.signal("SIGHUP");
    await devices[at]!.until(({ count }) => count === 1);
    const reloadedMs = systemClock.nowMs() - changedMs;
    expect(reloadedMs).toBeLessThan(READY_MS_MAX);
    expect(devices[1]!.accepted).toBe(1);
  }
  // In the file's own place, with a time before each line, as timestamp 1lab has it.
  devices[1]!.feed("hello\r\n");
  await expect
    .poll(() => readFileSync(join(directory, "consoles", "n2"), { encoding: "utf8", flag: "a+" }))
    .toMatch(/^\S+.*hello\r\n$/);
  conserver.signal("SIGTERM");
  expect(await conserver.exited).toBe(0);
  await Promise.all(devices.map((each) => each.until(({ count }) => count === 0)));
});

test("-d leaves it in the background, and -L says everything in a file that is opened anew at HUP and USR2", async () => {
  writeFileSync(file, text(node("n1", 0)));
  const log = join(directory, "conserver.log");
  const read = () => readFileSync(log, { encoding: "utf8", flag: "a+" });
  const opened = (said: string) => said.split("console logs opened anew").length;
  const started = await runConfed(["conserver", ...args(), "-d", "-L", log, "-m", "32", "-7"], {
    env: env(),
  });
  expect(started).toEqual({ status: 0, stdout: "", stderr: "" });
  // Whoever waited for it may go on: it serves, and its pid is known.
  const pid = Number(readFileSync(join(directory, "conserver.pid"), "utf8"));
  onTestFinished(() => {
    if (existsSync(`/proc/${pid}`)) process.kill(pid, "SIGKILL");
  });
  expect(await greeting()).toBe("ok\r\n");
  await expect.poll(read).toMatch(new RegExp(`ready.* pid=${pid}$`, "m"));
  expect(read()).toContain("-m has no effect: one process serves all consoles");
  expect(read()).toContain("-7 has no effect: bytes are passed as they are");
  for (const [signal, moved] of [
    ["SIGHUP", `${log}.1`],
    ["SIGUSR2", `${log}.2`],
  ] as const) {
    const before = opened(read());
    renameSync(log, moved);
    process.kill(pid, signal);
    await expect.poll(() => existsSync(log), { timeout: 10_000 }).toBe(true);
    await expect.poll(read, { timeout: 10_000 }).toContain("console logs opened anew");
    expect(opened(readFileSync(moved, "utf8"))).toBe(before);
  }
  process.kill(pid, "SIGTERM");
  await expect.poll(read, { timeout: 10_000 }).toMatch(/\bended\b/);
  await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 10_000 }).toBe(false);
  expect(existsSync(join(directory, "conserver.pid"))).toBe(false);
}, 60_000);

test("-d fails with the reason when the start did, and leaves no process and no pid file", async () => {
  writeFileSync(file, text(node("n1", 0)));
  const taken = createServer().listen(port, "127.0.0.1");
  await once(taken, "listening");
  onTestFinished(() => {
    taken.close();
  });
  const log = join(directory, "conserver.log");
  for (const more of [[], ["-L", log]]) {
    const started = await runConfed(["conserver", ...args(), "-d", ...more], { env: env() });
    expect(started.status).not.toBe(0);
    expect(started.stderr).toContain("cannot listen for conserver's clients");
    expect(started.stderr).toContain(`127.0.0.1:${port}`);
  }
  const wrong = await runConfed(["conserver", ...args(), "-d", "-p", "nosuchport"], { env: env() });
  expect(wrong).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^conserver: -p: nosuchport is no port/),
  });
  expect(existsSync(join(directory, "conserver.pid"))).toBe(false);
  expect(devices[0]!.count).toBe(0);
}, 60_000);

test("-i connects while somebody is there only, also beside -O; -o and -v ask for what is done anyway", async () => {
  writeFileSync(file, text(node("n1", 0)));
  await pause(400);
  const conserver = new ConfedRun(["conserver", ...args(), "-i", "-o", "-O", "1"], { env: env() });
  await Promise.race([greets(), conserver.told(/not ever/)]);
  expect(conserver.stderr).not.toContain("has no effect");
  for (const turn of [1, 2]) {
    expect(devices[0]!.accepted).toBe(turn - 1);
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.resume().write("login tester\ncall n1\n");
    await devices[0]!.until(({ accepted }) => accepted === turn);
    socket.destroy();
    await devices[0]!.until(({ count }) => count === 0);
  }
  conserver.signal("SIGTERM");
  expect(await conserver.exited).toBe(0);
}, 60_000);

test("-V, -h and -S answer as scripts expect of conserver", async () => {
  const version = await runConfed(["conserver", "-V"]);
  expect(version).toMatchObject({ status: 0, stderr: "" });
  expect(version.stdout.split("\n")[0]).toBe("conserver: conserver.com version 8.2.7");
  expect((await runConfed(["conserver", "-h"])).stdout).toMatch(/^usage: conserver \[-7dDEF/);

  writeFileSync(file, text(node("n1", 0)));
  expect(await runConfed(["conserver", "-S", "-C", file])).toEqual({ status: 0, stdout: "", stderr: "" });
  const shown = await runConfed(["conserver", "-SS", "-C", file]);
  expect(shown.stdout).toBe(`{n1:localhost::!:127.0.0.1,${devices[0]!.port}}\n`);
  writeFileSync(file, `${text(node("n1", 0))}console n2 { type host; colour red; }\n`);
  const wrong = await runConfed(["conserver", "-S", "-C", file]);
  expect(wrong.status).toBe(65);
  expect(wrong.stderr).toMatch(/conserver\.cf:\d+:\d+: console n2: "colour" is no key/);
  const missing = await runConfed(["conserver", "-C", join(directory, "nope")]);
  expect(missing.status).not.toBe(0);
  expect(missing.stderr).toContain(join(directory, "nope"));
});

test("what makeconservercf calls is a diff: stop and start touch what changed, and everybody is answered", async () => {
  const daemon = join(directory, "conserver");
  writeFileSync(daemon, `#!/bin/sh\nexec ${process.execPath} ${CONFED} conserver "$@"\n`);
  chmodSync(daemon, 0o755);
  const defaults = join(directory, "defaults");
  const runDir = join(directory, "run");
  writeFileSync(
    defaults,
    [
      `DAEMON=${daemon}`,
      `DAEMON_ARGS="${args().join(" ")}"`,
      `RUN_DIR=${runDir}`,
      "GRACE_S=2",
      "UNIT=",
      "",
    ].join("\n"),
  );
  const init = (action: string) =>
    run(INIT, [action], { env: { ...process.env, ...env(), CONFED_XCAT_DEFAULTS: defaults } }).then(
      () => 0,
      (reason: unknown) => (reason as { readonly code: number }).code,
    );
  onTestFinished(async () => {
    await init("stop-now");
  });
  expect(await init("status")).toBe(3);
  await writeAsXcat(file, text(node("n1", 0), node("n2", 1)));
  expect((await run(daemon, ["-V"])).stdout).toMatch(/^conserver: conserver\.com version 8\.2\.7\n/);
  // The first time there is nothing to stop.
  expect([await init("stop"), await init("start")]).toEqual([0, 0]);
  await greets();
  await Promise.all(devices.slice(0, 2).map((each) => each.until(({ count }) => count === 1)));

  let refused = 0;
  let over = false;
  const calling = (async () => {
    while (!over) {
      if ((await greeting().catch(() => "")) !== "ok\r\n") refused += 1;
      await pause(10);
    }
  })();
  const pid = readFileSync(join(runDir, "conserver.pid"), "utf8");
  for (const [at, freed] of [
    [2, 0],
    [0, 2],
  ] as const) {
    // Its stanza goes to the end, of a file that is emptied and filled.
    const writing = writeAsXcat(file, text(node("n2", 1), node("n1", at)));
    await run(daemon, ["-V"]);
    await writing;
    expect([await init("stop"), await init("start")]).toEqual([0, 0]);
    await devices[at]!.until(({ count }) => count === 1);
    await devices[freed]!.until(({ count }) => count === 0);
    // The same file in another order is no change at all.
    await writeAsXcat(file, text(node("n1", at), node("n2", 1)));
    expect([await init("stop"), await init("start")]).toEqual([0, 0]);
  }
  // Longer than the grace of every stop.
  await pause(2_500);
  over = true;
  await calling;
  expect(refused).toBe(0);
  expect(devices.map(({ accepted }) => accepted)).toEqual([2, 1, 1]);
  expect(readFileSync(join(runDir, "conserver.pid"), "utf8")).toBe(pid);
  expect(await init("status")).toBe(0);

  // A stop that nothing follows is one.
  expect(await init("stop")).toBe(0);
  await devices[1]!.until(({ count }) => count === 0);
  await expect.poll(() => init("status"), { timeout: 10_000 }).toBe(3);
}, 60_000);
