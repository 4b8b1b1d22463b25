#!/usr/bin/env node
import { homedir } from "node:os";
import { systemClock } from "@confed/kernel";
import { SUCCESSOR_VARIABLE } from "./agent/successor-variable.ts";
import { runConfed } from "./run-confed.ts";
import type { World } from "./world.ts";

/** EX_SOFTWARE of sysexits.h: a bug in this program, not something an operator did. */
const EXIT_BUG = 70;

let tellBug = (reason: unknown): void => {
  const what = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
  process.stderr.write(`confed: this is a bug in confed: ${what}\n`);
};

const env = { ...process.env };
// What this process starts must not take itself for a successor of it.
delete process.env[SUCCESSOR_VARIABLE];

const world: World = {
  args: process.argv.slice(2),
  env,
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
  pid: process.pid,
  userId: process.getuid?.(),
  homeDir: homedir(),
  self: [process.execPath, ...process.execArgv, process.argv[1] ?? "confed"],
  residentBytes: () => process.memoryUsage.rss(),
  onSignal(name, listener) {
    process.on(name, listener);
    return () => process.off(name, listener);
  },
  onBug(tell) {
    tellBug = tell;
  },
  kill(pid) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended this moment.
    }
  },
  exitNow: (status) => process.exit(status),
};

// Whoever read our output may be gone (`confed status | head -1`): that ends a command quietly, and
// nothing that serves, for its log is not its work.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
});
process.stderr.on("error", () => undefined);

// Also for promises: Node makes an uncaught exception of an unhandled rejection.
process.on("uncaughtException", (reason) => {
  tellBug(reason);
  process.exit(EXIT_BUG);
});

// No await at top level: the bundle is a script, of which V8 keeps what it compiled.
void runAndExit();

async function runAndExit(): Promise<never> {
  const exitCode = await runConfed(world);
  await new Promise<void>((resolve) => {
    if (exitCode > 128 || process.stdout.writableLength === 0) resolve();
    else process.stdout.write("", () => resolve());
  });
  // Nothing that is still open is of any use.
  process.exit(exitCode);
}
