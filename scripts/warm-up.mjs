// @ts-check
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const WARM = { ...process.env, CONFED_KEEP_COMPILED: "1" };
/** Many times what it takes. */
const TIMEOUT_MS = 30_000;
/** A directory in which somebody writes is tried again. */
const REMOVE_TRIES = 50;
const REMOVE_AGAIN_MS = 100;

/**
 * Use the programs as they are used: an agent joins a head over TLS, keeps a console, and somebody attaches
 * to it. What each has compiled by its end is kept beside it. Whatever keeps that from working costs a
 * start time, no more.
 *
 * @param {{ readonly confed: string, readonly rcons: string, readonly auditWriter: string }} programs
 */
export async function warmUp(programs) {
  const dir = mkdtempSync(join(tmpdir(), "confed-build-"));
  /** @type {import("node:child_process").ChildProcess[]} */
  const children = [];
  try {
    await use(programs, dir, children);
  } catch (reason) {
    console.log(
      `programs will compile when they start: ${reason instanceof Error ? reason.message : reason}`,
    );
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await removed(dir);
  }
}

/**
 * What the programs have started ends by itself, and writes until then.
 *
 * @param {string} dir
 */
async function removed(dir) {
  for (let left = REMOVE_TRIES; left > 0; left -= 1) {
    try {
      rmSync(dir, { recursive: true, force: true });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, REMOVE_AGAIN_MS));
    }
  }
}

/**
 * @param {{ readonly confed: string, readonly rcons: string, readonly auditWriter: string }} programs
 * @param {string} dir @param {import("node:child_process").ChildProcess[]} children
 */
async function use({ confed, rcons, auditWriter }, dir, children) {
  const run = (/** @type {string[]} */ argv, env = process.env, input = "") =>
    execFileSync(process.execPath, argv, {
      ...{ env, input, timeout: TIMEOUT_MS, encoding: "utf8" },
      stdio: ["pipe", "pipe", "ignore"],
    });
  const daemon = (/** @type {string[]} */ args, env = process.env) => {
    const child = spawn(process.execPath, [confed, ...args, "--log-format", "json"], {
      ...{ env, timeout: TIMEOUT_MS },
      stdio: ["ignore", "ignore", "pipe"],
    });
    children.push(child);
    return {
      child,
      lines: createInterface({ input: /** @type {any} */ (child).stderr })[Symbol.asyncIterator](),
    };
  };
  const printer = createServer((socket) => {
    socket.on("error", () => undefined).write("login: ");
  }).listen(0, "127.0.0.1");
  await once(printer, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (printer.address());
  try {
    const headFile = put(dir, "head", {
      head: { listen: "127.0.0.1:0", state: join(dir, "head"), tls: "on" },
    });
    const head = daemon(["head", "--config", headFile]);
    const { address } = await said(head.lines, "ready");
    const agentFile = put(dir, "agent", {
      agent: { id: "build", listen: "127.0.0.1:0", heads: [address], state: join(dir, "agent") },
      logs: { path: join(dir, "&.log") },
      consoles: [{ name: "n1", transport: "tcp", host: "127.0.0.1", port }],
    });
    const [token = ""] = run([confed, "token", "create", "--agent", "build", "-c", headFile]).split(/\s/, 1);
    run([confed, "agent", "enroll", "--head", address, "--token", token, "-c", agentFile]);
    const agent = daemon(["agent", "--config", agentFile], WARM);
    await said(agent.lines, "console up");

    run([confed, "user", "add", "build", "-c", headFile], process.env, PASSWORD);
    run([confed, "grant", "user:build", "operator", "-c", headFile]);
    const env = { ...WARM, CONFED_HEAD: address, CONFED_CREDENTIALS: join(dir, "credentials.json") };
    run([rcons, "login", "build", "--ca", join(dir, "head/authority/machines.pem")], env, PASSWORD);
    run([rcons, "n1"], env, "\n");
    run([rcons, "log", "n1"], env);

    const ended = once(agent.child, "close");
    agent.child.kill("SIGTERM");
    await ended;
    const start = {
      directory: join(dir, "audit"),
      keyPath: join(dir, "audit.pem"),
      run: "build",
      host: "build",
    };
    const more = { process: "agent", rotateSizeBytes: 1e6, forward: [] };
    run([auditWriter], WARM, `${JSON.stringify({ ...start, ...more })}\n1 "event":"agent.started"\n`);
  } finally {
    printer.close();
  }
}

const PASSWORD = "for the time of a build\n";

/** @param {string} dir @param {string} name @param {object} settings */
function put(dir, name, settings) {
  const path = join(dir, `${name}.json`);
  writeFileSync(path, JSON.stringify(settings));
  return path;
}

/** @param {AsyncIterator<string>} lines @param {string} wanted */
async function said(lines, wanted) {
  for (;;) {
    const { done, value } = await lines.next();
    if (done === true) throw new Error(`no "${wanted}" was said`);
    const entry = JSON.parse(value);
    if (entry.message === wanted) return entry;
  }
}
