import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type Readable, Writable } from "node:stream";
import { ConfedError, EXIT } from "@confed/kernel";
import { errorLines } from "@confed/rcons";
import { SUCCESSOR_VARIABLE } from "../agent/successor-variable.ts";
import type { World } from "../world.ts";

/** Set for what -d has started. */
const BACKGROUND_VARIABLE = "CONFED_CONSERVER_BACKGROUND";

/** Where it says how its start went. */
const REPORT_DESCRIPTOR = 3;

/** What it says when it serves; before that, words for people. */
const READY = "\0";

/** Of those words the last ones: they say why. Less than a pipe keeps for who does not read yet. */
const SAID_CHARACTERS_MAX = 8_192;

/**
 * Who waits for a start is told after this time that it is none yet. With ten thousand consoles one takes some seconds; systemd
 * waits 90 s for a program that goes to the background, and would not say why it ends it.
 */
export const BACKGROUND_MS_MAX = 60_000;

/**
 * -d: start the same once more, in a session of its own; the variable stands for that -d. Resolves when that one serves, or with
 * its exit status when it does not come to that; then what it said is said here too. Whoever waits for an init script
 * finds consoles behind it. Rejects with "deadline_exceeded" after {@link BACKGROUND_MS_MAX}: it is left running, for it may
 * have opened consoles by then, whose logs would end with it.
 */
export async function intoBackground(
  { self, args, env, stderr, clock }: Pick<World, "self" | "args" | "env" | "stderr" | "clock">,
  log: string | undefined,
): Promise<number> {
  const [program, ...first] = self;
  const descriptor = openSync(log ?? "/dev/null", "a");
  const child = spawn(program, [...first, ...args], {
    detached: true,
    stdio: ["ignore", descriptor, descriptor, "pipe"],
    env: { ...env, [BACKGROUND_VARIABLE]: "1" },
  });
  closeSync(descriptor);
  const report = child.stdio[REPORT_DESCRIPTOR] as Readable;
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status) => {
      resolve(status === null || status === 0 ? EXIT.generic : status);
    });
  });
  let said = "";
  const over = new Promise<void>((resolve) => {
    report.on("data", (bytes: Buffer) => {
      said += bytes.toString();
      if (said.endsWith(READY)) resolve();
    });
    report.on("error", () => undefined);
    report.once("close", resolve);
  });
  // Looked at below.
  ended.catch(() => undefined);
  const leave = () => {
    child.unref();
    report.destroy();
  };
  const isLate = await new Promise<boolean>((resolve) => {
    const cancel = clock.after(BACKGROUND_MS_MAX, () => {
      resolve(true);
    });
    void over.then(() => {
      cancel();
      resolve(false);
    });
  });
  if (isLate) {
    leave();
    throw notYet(child.pid, log);
  }
  if (said.endsWith(READY)) {
    leave();
    return EXIT.ok;
  }
  const status = await ended;
  stderr.write(said === "" ? "conserver: it ended before it served anybody\n" : said);
  return status;
}

function notYet(pid = 0, log?: string): ConfedError {
  const message = `process ${pid} does not serve after ${BACKGROUND_MS_MAX / 1_000} s, and goes on starting`;
  const where = log === undefined ? "-L FILE would have it say" : `${log} says`;
  return new ConfedError("deadline_exceeded", message, {
    hint: `${where} how far it is; kill ${pid} ends it`,
  });
}

/** The start of a process that -d has put into the background, as that process sees it. */
export class BackgroundStart {
  readonly #pidFile: string;
  readonly #pid: number;
  readonly #reports: boolean;
  #said = "";
  #over = false;

  constructor({ env, pid }: Pick<World, "env" | "pid">) {
    const [directory = ""] = (env["RUNTIME_DIRECTORY"] ?? "").split(":");
    this.#pidFile = join(directory === "" ? "/var/run" : directory, "conserver.pid");
    this.#pid = pid;
    // One that takes over has its channel there, and nobody waits for it.
    this.#reports = env[SUCCESSOR_VARIABLE] === undefined;
  }

  /** Undefined where nobody asked for the background. */
  static of(world: World): BackgroundStart | undefined {
    return world.env[BACKGROUND_VARIABLE] === undefined ? undefined : new BackgroundStart(world);
  }

  /** What is said there is also for whoever waits for the start, should it fail. */
  hearing(stderr: Writable): Writable {
    return new Writable({
      decodeStrings: false,
      write: (chunk: string | Buffer, _encoding, done) => {
        if (!this.#over) this.#said = `${this.#said}${chunk.toString()}`.slice(-SAID_CHARACTERS_MAX);
        stderr.write(chunk);
        done();
      },
    });
  }

  /** It serves: the pid file says who, and whoever waits may go. */
  ready(stderr: Pick<Writable, "write">): void {
    try {
      writeFileSync(this.#pidFile, `${this.#pid}\n`);
    } catch (reason) {
      stderr.write(`conserver: no pid file: ${ConfedError.from(reason).message}\n`);
    }
    this.#report(READY);
  }

  /** It ends, whatever came of it. The pid file of another, who took over, stays. */
  ended(error?: unknown): void {
    const lines =
      error === undefined ? [] : errorLines(ConfedError.from(error), { json: false, program: "conserver" });
    this.#report(`${this.#said}${lines.map((line) => `${line}\n`).join("")}`);
    try {
      if (readFileSync(this.#pidFile, "utf8").trim() === String(this.#pid)) rmSync(this.#pidFile);
    } catch {
      // There is none.
    }
  }

  #report(text: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#said = "";
    if (!this.#reports) return;
    try {
      writeSync(REPORT_DESCRIPTOR, text);
      closeSync(REPORT_DESCRIPTOR);
    } catch {
      // Whoever waited has gone.
    }
  }
}
