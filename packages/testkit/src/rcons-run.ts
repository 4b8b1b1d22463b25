import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { neutralise } from "@confed/kernel";
import { ByteLog } from "./byte-log.ts";

/** The bundle that operators run; scripts/build-programs.mjs makes it. */
const RCONS = fileURLToPath(new URL("../../rcons/dist/rcons.mjs", import.meta.url));

/** `rcons` of a test, with pipes instead of a terminal: console output on one, its own lines on the other. */
export class RconsRun {
  readonly args: readonly string[];
  /** What the console printed. */
  readonly stdout = new ByteLog();
  /** What rcons itself said. */
  stderr = "";
  /** Resolves with the exit status, when all output was read; 128 + the signal if one ended it. */
  readonly exited: Promise<number>;
  readonly #child: ReturnType<typeof spawn>;
  #waiters: { readonly look: () => boolean; readonly what: string; readonly settle: Settle }[] = [];
  #over = false;

  /** `wrapper`: put in front of the command. */
  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    wrapper: readonly string[] = [],
  ) {
    this.args = args;
    const [program = "", ...more] = [...wrapper, process.execPath, RCONS, ...args];
    const child = spawn(program, more, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, CONFED_HEAD: "", ...env },
    });
    this.#child = child;
    child.stdin.on("error", () => undefined); // It ended first; its status says why.
    child.stdout.on("data", (bytes: Buffer) => {
      this.stdout.append(bytes);
      this.#look();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.#look();
    });
    this.exited = new Promise((resolve) => {
      child.once("close", (status, signal) => {
        this.#over = true;
        this.#look();
        resolve(status ?? (signal === "SIGKILL" ? 137 : 128));
      });
    });
  }

  /** Console output as text, one character a byte. */
  get output(): string {
    return this.stdout.bytes().toString("latin1");
  }

  /** For a failed test. */
  get said(): string {
    return `rcons ${this.args.join(" ")}: ${this.stdout.length} bytes printed, ending in "${neutralise(this.output.slice(-200), 800)}"\n${this.stderr}`;
  }

  /** Standard input. Waits where the pipe is full. */
  async type(data: string | Uint8Array): Promise<void> {
    const { stdin } = this.#child;
    if (stdin?.write(data) === false) await once(stdin, "drain");
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  /** Resolves when the console's output contains this; rejects if rcons ends before. */
  printed(text: string): Promise<void> {
    return this.#until(() => this.output.includes(text), `the console printed ${JSON.stringify(text)}`);
  }

  /** Resolves when rcons itself has said this (since `from`); rejects if it ends before. */
  told(text: string | RegExp, from = 0): Promise<void> {
    const look = () => {
      const said = this.stderr.slice(from);
      return typeof text === "string" ? said.includes(text) : text.test(said);
    };
    return this.#until(look, `rcons said ${String(text)}`);
  }

  /** SIGSTOP and SIGCONT. */
  freeze(frozen: boolean): void {
    this.#child.kill(frozen ? "SIGSTOP" : "SIGCONT");
  }

  /** Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exited;
  }

  #until(look: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (done: boolean) => {
        if (done) resolve();
        else reject(new Error(`rcons ended before ${what}:\n${this.said}`));
      };
      if (look()) settle(true);
      else if (this.#over) settle(false);
      else this.#waiters.push({ look, what, settle });
    });
  }

  #look(): void {
    this.#waiters = this.#waiters.filter(({ look, settle }) => {
      const done = look();
      if (done || this.#over) settle(done);
      return !(done || this.#over);
    });
  }
}

type Settle = (done: boolean) => void;
