#!/usr/bin/env node
import { spawnSync } from "node:child_process";
import { readlinkSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { EXIT, EXIT_CODE_OF, neutralise, systemClock } from "@confed/kernel";
import { errorLines } from "./render/error-lines.ts";
import { outputFailure } from "./render/output-failure.ts";
import { runRcons } from "./run-rcons.ts";
import type { World } from "./world.ts";

const parent = process.ppid;

const world: World = {
  args: process.argv.slice(2),
  env: process.env,
  // Getters: each of them opens its descriptor when it is first touched.
  get stdin() {
    return process.stdin;
  },
  get stdout() {
    return process.stdout;
  },
  get stderr() {
    return process.stderr;
  },
  clock: systemClock,
  random: Math.random,
  subject: () => `${userName()}@${hostname()}`,
  onSignal(name, listener) {
    process.on(name, listener);
    return () => process.off(name, listener);
  },
  onExit(release) {
    process.on("exit", release);
    return () => process.off("exit", release);
  },
  orphaned: () => process.ppid !== parent,
  suspend() {
    process.kill(process.pid, "SIGTSTP");
  },
  rawOutput() {
    unblockOutput();
    return spawnSync("stty", ["-opost"], { stdio: ["inherit", "ignore", "ignore"] }).status === 0;
  },
};

/**
 * Node writes to a terminal blockingly: one that takes nothing (a stopped multiplexer) would stop
 * all of us, signals included. libuv has its own open file of a pseudo-terminal, so that no other
 * process sees the change; of other terminals it has not, and they are left as they are.
 */
function unblockOutput(): void {
  try {
    if (!readlinkSync("/proc/self/fd/1").startsWith("/dev/pts/")) return;
  } catch {
    return;
  }
  const { _handle: handle } = process.stdout as {
    _handle?: { setBlocking?: (blocking: boolean) => unknown };
  };
  handle?.setBlocking?.(false);
}

/** Standard output takes no more. */
function endWithoutOutput(error: NodeJS.ErrnoException): void {
  const failure = outputFailure(error);
  if (failure === undefined) {
    if (error.code === "EPIPE") process.exit(EXIT.ok);
    return;
  }
  const lines = errorLines(failure, { json: world.args.includes("--json"), program: "rcons" });
  process.stderr.write(`${lines.join("\n")}\n`);
  process.exit(EXIT_CODE_OF[failure.code]);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry in the user database, as containers have it.
    return process.env["USER"] ?? `uid${process.getuid?.() ?? ""}`;
  }
}

// The reader of a pipe may go away at any time (`rcons ls | head`): that is the end of the work, not
// a failure. What is attached hears of it itself and ends in order.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (process.stdout.listenerCount("error") === 1) endWithoutOutput(error);
});
process.stderr.on("error", () => undefined);

process.on("uncaughtException", (reason) => {
  // Exit listeners put the terminal back before anybody reads this.
  process.exitCode = 1;
  process.once("exit", () => {
    const lines = (reason.stack ?? String(reason)).split("\n").map((line) => neutralise(line));
    process.stderr.write(`rcons: this is a bug in rcons: ${lines.join("\n")}\n`);
  });
  process.exit(1);
});

// No await at top level: the bundle is a script, of which V8 keeps what it compiled.
void runAndExit();

async function runAndExit(): Promise<never> {
  const exitCode = await runRcons(world);
  // What could not be written says so a moment later, which is too late here.
  const { errored } = process.stdout as { readonly errored?: NodeJS.ErrnoException | null };
  if (exitCode === EXIT.ok && errored) endWithoutOutput(errored);
  // Nothing that is still open is of any use; what was written is.
  await new Promise<void>((resolve) => {
    if (exitCode > 128 || process.stdout.writableLength === 0) resolve();
    else
      process.stdout.write("", () => {
        resolve();
      });
  });
  process.exit(exitCode);
}
