// @ts-check
// Usage: node scripts/demo-check.mjs
// The demo without a person: runs `confed up` on free ports, attaches with rcons to a simulated
// machine, to a real shell and, where OpenSSH is installed, to a real sshd; types, waits for the
// answers, and holds the logs against what was shown. Ends everything it started. Exit status 0 if
// all of it was as it should be.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const bin = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url));
const SSHD = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].find((path) => existsSync(path));

/** For everything that is waited for; a machine that needs longer is not one to try anything on. */
const STEP_MS = 30_000;

/** @type {import("node:child_process").ChildProcess[]} Ended in the reverse order, whatever happens. */
const children = [];
const dir = mkdtempSync(join(tmpdir(), "confed-demo-"));
// What rcons of this check knows of heads, and nothing of the person who runs it.
process.env.CONFED_CREDENTIALS = join(dir, "credentials.json");

/** @param {string} text */
const say = (text) => process.stdout.write(`demo: ${text}\n`);

/** Runs a program; what it prints is kept. @param {string} program @param {readonly string[]} args */
function start(program, args) {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  children.push(child);
  const run = { child, output: "", errors: "", ended: once(child, "close") };
  run.ended.catch(() => undefined);
  child.stdin.on("error", () => undefined);
  child.stdout.on("data", (bytes) => {
    run.output += bytes;
  });
  child.stderr.on("data", (bytes) => {
    run.errors += bytes;
  });
  return run;
}

/** Resolves when `pattern` is in the output after `from`, with the place behind it.
 * @param {ReturnType<typeof start>} run @param {RegExp} pattern @param {number} from */
function expect(run, pattern, from = 0) {
  return new Promise((resolve, reject) => {
    const { stdout } = run.child;
    const fail = (/** @type {string} */ why) => {
      release();
      const seen = run.output.slice(from).slice(-2_000);
      reject(
        new Error(
          `${why}: waited for ${pattern}\n--- seen:\n${seen}\n--- said:\n${run.errors.slice(-2_000)}`,
        ),
      );
    };
    const look = () => {
      const found = pattern.exec(run.output.slice(from));
      if (found === null) return;
      release();
      resolve({ at: from + found.index + found[0].length, found });
    };
    const onClose = () => fail("it ended");
    const timer = setTimeout(() => fail(`nothing for ${STEP_MS / 1000} s`), STEP_MS);
    const release = () => {
      clearTimeout(timer);
      stdout?.off("data", look);
      run.child.off("close", onClose);
    };
    stdout?.on("data", look);
    run.child.on("close", onClose);
    look();
  });
}

/** Attaches, holds a conversation, detaches; prints the transcript and the end of the log.
 * @param {string} head @param {string} node @param {readonly [type: string, answer: RegExp][]} steps
 * @param {RegExp} logged What the log must hold, too. */
async function converse(head, node, steps, logged) {
  say(`${node}: attaching through the head`);
  const attach = start(bin("rcons"), ["--head", head, "--route", "relay", node]);
  let at = 0;
  for (const [type, answer] of steps) {
    attach.child.stdin?.write(type);
    ({ at } = await expect(attach, answer, at));
  }
  attach.child.stdin?.end();
  const [status] = await attach.ended;
  if (status !== 0) throw new Error(`rcons ${node} ended with status ${status}\n${attach.errors}`);
  show(`${node}: what the terminal showed`, attach.output);

  const log = start(bin("rcons"), ["--head", head, "log", node, "--lines", "200"]);
  const [logStatus] = await log.ended;
  if (logStatus !== 0) throw new Error(`rcons log ${node} ended with status ${logStatus}\n${log.errors}`);
  if (!logged.test(log.output)) throw new Error(`the log of ${node} lacks ${logged}\n${log.output}`);
  show(`${node}: the end of its log`, log.output.trimEnd().split("\n").slice(-6).join("\n"));
}

/** @param {string} title @param {string} text */
function show(title, text) {
  // What a console prints may be anything; here it is shown, not obeyed.
  const plain = text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "").replace(/[^\x20-\x7e\n]/g, "");
  process.stdout.write(`\n  --- ${title}\n${plain.trim().replace(/^/gm, "  | ")}\n\n`);
}

/** A real sshd on a free port of 127.0.0.1, with keys of its own; the console that leads to it.
 * @param {string} sshd */
async function startSshd(sshd) {
  const path = (/** @type {string} */ name) => join(dir, "sshd", name);
  mkdirSync(path(""), { mode: 0o700 });
  for (const key of ["host", "user"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", key, "-f", path(key)]);
  }
  const port = await freePort();
  writeFileSync(path("authorized_keys"), readFileSync(path("user.pub")), { mode: 0o600 });
  writeFileSync(path("known_hosts"), `[127.0.0.1]:${port} ${readFileSync(path("host.pub"), "utf8")}`);
  writeFileSync(
    path("sshd_config"),
    [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${path("host")}`,
      `AuthorizedKeysFile ${path("authorized_keys")}`,
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitRootLogin prohibit-password",
      "StrictModes no",
      "UsePAM no",
      "PidFile none",
      "",
    ].join("\n"),
  );
  // sshd insists on its directory for dropping privileges, which Debian makes at boot.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const server = start(sshd, ["-D", "-e", "-f", path("sshd_config")]);
  server.child.stderr?.on("data", () => undefined);
  await new Promise((resolve, reject) => {
    const onClose = () => reject(new Error(`sshd ended: ${server.errors}`));
    server.child.once("close", onClose);
    server.child.stderr?.on("data", () => {
      if (!server.errors.includes("Server listening")) return;
      server.child.off("close", onClose);
      resolve(undefined);
    });
  });
  const console = {
    name: "ssh01",
    transport: "ssh",
    host: "127.0.0.1",
    port,
    user: userInfo().username,
    key: { file: path("user") },
    knownHosts: path("known_hosts"),
    command: "/bin/sh -i",
  };
  writeFileSync(join(dir, "ssh01.json"), JSON.stringify([console]));
  return join(dir, "ssh01.json");
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Ask everything to end, newest first; what does not is killed. */
async function endAll() {
  for (const child of children.reverse()) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, "close");
    const timer = setTimeout(() => child.kill("SIGKILL"), STEP_MS);
    child.kill("SIGTERM");
    await ended;
    clearTimeout(timer);
  }
  rmSync(dir, { recursive: true, force: true });
}

async function main() {
  const include = SSHD === undefined ? [] : ["--include", await startSshd(SSHD)];
  if (SSHD === undefined) say("openssh-server is not installed: leaving out the console behind a real sshd");

  say("starting confed up");
  const up = start(bin("confed"), ["up", "--port", "0", "--dir", join(dir, "up"), ...include]);
  const { found } = await expect(up, /^ {2}head {2}(\S+)$/m);
  await expect(up, /Ctrl-C ends all of it/);
  const head = found[1];
  show("confed up", up.output);

  const ls = start(bin("rcons"), ["--head", head, "ls"]);
  const [status] = await ls.ended;
  if (status !== 0) throw new Error(`rcons ls ended with status ${status}\n${ls.errors}`);
  show("rcons ls", ls.output);

  const machine = /\ntyped by the demo\r?\n/;
  await converse(
    head,
    "n0001",
    [
      ["\r", /login: /],
      ["root\r", /Password: /],
      ["confed\r", /# /],
      ["hostname\r", /\nn0001\r?\n/],
      ["echo typed by the demo\r", machine],
      ["exit\r", /login: /],
    ],
    machine,
  );
  // The answers are not in what is typed: only a shell can have made them.
  const shell = /\n42 from a real shell\r?\n/;
  await converse(head, "shell01", [["echo $((6 * 7)) from a real shell\r", shell]], shell);
  const ssh = /\n54 through a real sshd\r?\n/;
  if (SSHD !== undefined) {
    await converse(head, "ssh01", [["echo $((6 * 9)) through a real sshd\r", ssh]], ssh);
  }

  say("ending confed up");
  up.child.kill("SIGINT");
  const [upStatus] = await up.ended;
  if (upStatus !== 0) throw new Error(`confed up ended with status ${upStatus}\n${up.errors}`);
}

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
  process.once(signal, () => {
    void endAll().then(() => process.exit(130));
  });
}

try {
  await main();
  await endAll();
  say("all of it works");
} catch (reason) {
  await endAll();
  process.stderr.write(`demo: FAILED: ${reason instanceof Error ? reason.message : String(reason)}\n`);
  process.exitCode = 1;
}
