import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import { freePort } from "./free-ports.ts";
import { endPeer } from "./peer-program.ts";

/**
 * One step of a script: who sends what, a byte a character. A name that was not there before connects, and sends nothing.
 * `last`: what the server says to him when a program of its own has ended, which takes as long as it takes.
 */
export type ConserverExchange = readonly [who: string, send: string, last?: string];

/** What each client of a script has been told after one step. */
export type ConserverAnswers = ReadonlyMap<string, string>;

/** Debian's conserver, in the foreground, unencrypted. `close` ends it. */
export interface ConserverPeer {
  readonly port: number;
  /** Of the process that has all its consoles. */
  readonly groupPort: number;
  /** Another configuration from now on, told by SIGHUP; what comes of it takes a moment. */
  reload(config: string): void;
  close(): Promise<void>;
}

/** Start it with a configuration whose consoles fit one group, and that trusts this host. DIR in it is a folder of its own. */
export async function startConserverPeer(config: string): Promise<ConserverPeer> {
  const dir = mkdtempSync(join(tmpdir(), "confed-conserver-"));
  writeFileSync(join(dir, "conserver.cf"), config.replaceAll("DIR", dir));
  writeFileSync(join(dir, "passwd"), "");
  const port = await freePort();
  const peer: ChildProcess = spawn(
    "conserver",
    [
      "-E",
      "-M",
      "127.0.0.1",
      "-p",
      String(port),
      "-m",
      "64",
      "-C",
      join(dir, "conserver.cf"),
      "-P",
      join(dir, "passwd"),
    ],
    { cwd: dir, stdio: "ignore", env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` } },
  );
  await listening(port, peer);
  const steps = await playConserver(
    [
      ["root", ""],
      ["root", "login root\n"],
      ["root", "groups\n"],
    ],
    port,
  );
  return {
    port,
    groupPort: Number(steps.at(-1)?.get("root")),
    reload: (next) => {
      writeFileSync(join(dir, "conserver.cf"), next.replaceAll("DIR", dir));
      peer.kill("SIGHUP");
    },
    close: async () => {
      await endPeer(peer);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** How a script is played. */
export interface PlayOptions {
  /** What is waited for after each step. */
  readonly expected?: readonly ConserverAnswers[] | undefined;
  /** Steps that nobody sends: done to the server, by the name in the place of who sends. */
  readonly actions?: Readonly<Record<string, () => void | Promise<void>>>;
}

/** A signal is answered when it is handled: longer than a line. */
const ACTION_MS = 1_500;

/**
 * Play a script to a server of conserver's protocol. After each step it is waited for what `expected` has of it, for 2 s;
 * where nothing is expected because nobody knows yet, until it has said the step's `last` and been silent for 100 ms: it
 * has no other way to say that it is done.
 */
export async function playConserver(
  script: readonly ConserverExchange[],
  port: number,
  { expected, actions = {} }: PlayOptions = {},
): Promise<readonly ConserverAnswers[]> {
  const clients = new Map<string, ScriptedClient>();
  const steps: ConserverAnswers[] = [];
  try {
    for (const [at, [who, send, last]] of script.entries()) {
      const client = clients.get(who);
      const action = actions[who];
      if (action !== undefined) {
        for (const each of clients.values()) each.heardAtMs = systemClock.nowMs() + ACTION_MS;
        await action();
      } else if (client === undefined) clients.set(who, new ScriptedClient(port));
      else client.send(send);
      if (expected === undefined) {
        if (last !== undefined) await client?.shows(last);
        await silence([...clients.values()]);
      } else for (const [name, each] of clients) await each.heard(expected[at]?.get(name) ?? "");
      steps.push(new Map([...clients].map(([name, each]) => [name, each.take()])));
    }
  } finally {
    for (const client of clients.values()) client.close();
  }
  return steps;
}

class ScriptedClient {
  readonly #socket: Socket;
  heardAtMs = systemClock.nowMs();
  #said = "";

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.setNoDelay();
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text: string) => {
      this.#hear(text);
    });
    this.#socket.on("end", () => {
      this.#hear(CLOSED);
    });
    this.#socket.on("error", () => undefined);
  }

  send(text: string): void {
    this.heardAtMs = systemClock.nowMs();
    this.#socket.write(Buffer.from(text, "latin1"));
  }

  async heard(expected: string): Promise<void> {
    // Of a server that has said something else as much; the difference is for the test to show.
    const deadline = systemClock.nowMs() + 2_000;
    while (this.#said.length < expected.length && systemClock.nowMs() < deadline) await delay(1);
  }

  async shows(text: string): Promise<void> {
    while (!this.#said.includes(text)) {
      if (this.#said.includes(CLOSED)) throw new Error(`heard only ${JSON.stringify(this.#said)}`);
      await once(this.#socket, "data");
    }
  }

  take(): string {
    const said = this.#said;
    this.#said = "";
    return said;
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(text: string): void {
    this.#said += text;
    this.heardAtMs = systemClock.nowMs();
  }
}

const CLOSED = "<closed>";

function delay(delayMs: number): Promise<void> {
  return new Promise((resolve) => systemClock.after(delayMs, resolve));
}

async function silence(clients: readonly ScriptedClient[]): Promise<void> {
  const quietMs = 100;
  for (;;) {
    const quietSinceMs = Math.max(...clients.map(({ heardAtMs }) => heardAtMs));
    const leftMs = quietSinceMs + quietMs - systemClock.nowMs();
    if (leftMs <= 0) return;
    await delay(leftMs);
  }
}

async function listening(port: number, peer: ChildProcess): Promise<void> {
  while (peer.exitCode === null) {
    const socket = connect(port, "127.0.0.1");
    const reached = await Promise.race([
      once(socket, "data").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (reached) return;
    await delay(20);
  }
  throw new Error(`conserver ended with ${peer.exitCode}`);
}
