import type { Cancel, Clock } from "@confed/kernel";
import { runShellCommand, type ShellHost } from "./demo-shell.ts";
import {
  bootScript,
  DEMO_LOGIN,
  KERNEL_WORDS,
  kernelTime,
  panicScript,
  type ScriptStep,
  shutdownScript,
} from "./demo-texts.ts";
import type { DueQueue } from "./due-queue.ts";
import { LineDiscipline } from "./line-discipline.ts";

/** What the machine needs of its console. */
export interface DemoHost {
  readonly name: string;
  readonly index: number;
  print(text: string): void;
  hangUp(): void;
  flood(bytes: number, onEnd?: () => void): void;
  silence(on: boolean): void;
}

type MachineState =
  /** Never powered on: the first connection does. */
  | { readonly is: "off" }
  | { readonly is: "script"; readonly cancel: Cancel }
  | { readonly is: "login" }
  | { readonly is: "password"; readonly user: string }
  | { readonly is: "shell"; readonly user: string }
  /** A command runs; what is typed is lost. */
  | { readonly is: "busy"; readonly user: string };

/**
 * The machine behind a console of mode `demo`: boots at its first connection, asks for a login, runs
 * a toy shell, and lives on while nobody is connected, unheard.
 */
export class DemoMachine {
  readonly #host: DemoHost;
  readonly #clock: Clock;
  readonly #queue: DueQueue;
  readonly #line: LineDiscipline;
  readonly #shell: ShellHost;
  #state: MachineState = { is: "off" };
  #bootedAtMs = 0;
  #words: number;

  constructor(host: DemoHost, { clock, queue }: { readonly clock: Clock; readonly queue: DueQueue }) {
    this.#host = host;
    this.#clock = clock;
    this.#queue = queue;
    this.#words = host.index;
    const print = (text: string): void => {
      host.print(text);
    };
    this.#line = new LineDiscipline(print);
    this.#shell = {
      name: host.name,
      print,
      wallTimeMs: () => clock.wallTimeMs(),
      uptimeMs: () => clock.nowMs() - this.#bootedAtMs,
      hangUp: () => {
        host.hangUp();
      },
      flood: (bytes) => {
        this.#busy();
        host.flood(bytes, () => {
          this.#prompt();
        });
      },
      silence: (seconds) => {
        this.#busy();
        host.silence(true);
        queue.after(seconds * 1000, () => {
          host.silence(false);
          this.#prompt();
        });
      },
      panic: () => {
        this.#script(panicScript(this.#kernelTime()), () => {
          this.#boot();
        });
      },
      reboot: () => {
        this.#script(shutdownScript(), () => {
          this.#boot();
        });
      },
      logOut: () => {
        this.#login();
      },
    };
  }

  connected(): void {
    if (this.#state.is === "off") this.#boot();
  }

  /** The line dropped: whoever was logged in is logged out, as getty does on a hang-up. */
  disconnected(): void {
    this.#line.clear();
    if (this.#state.is === "shell" || this.#state.is === "busy" || this.#state.is === "password")
      this.#login();
  }

  input(bytes: Uint8Array): void {
    for (const byte of bytes) this.#typed(byte);
  }

  breakReceived(): void {
    this.#host.print(`\r\n[${this.#kernelTime()}] sysrq: BREAK received\r\n`);
    if (this.#state.is === "shell" || this.#state.is === "login") this.#prompt();
  }

  /** One of the things a running kernel says. */
  kernelLine(): void {
    if (this.#state.is === "off" || this.#state.is === "script") return;
    this.#words += 1;
    const words = KERNEL_WORDS[this.#words % KERNEL_WORDS.length] ?? "";
    this.#host.print(`\r\n[${this.#kernelTime()}] ${words}\r\n`);
    // Redrawn, so that a person who just types is not left without a prompt.
    if (this.#state.is !== "busy") this.#prompt();
  }

  #typed(byte: number): void {
    if (this.#state.is === "off" || this.#state.is === "script" || this.#state.is === "busy") return;
    const typed = this.#line.type(byte);
    if (typed === undefined) return;
    if (typed.type === "interrupt") {
      if (this.#state.is === "shell") this.#prompt();
      else this.#login();
    } else if (typed.type === "end_of_file") {
      this.#host.print("\r\n");
      this.#login();
    } else this.#entered(typed.text);
  }

  #entered(text: string): void {
    const state = this.#state;
    if (state.is === "login") {
      if (text === "") this.#login();
      else {
        this.#state = { is: "password", user: text };
        this.#line.echo = false;
        this.#prompt();
      }
    } else if (state.is === "password") {
      this.#line.clear();
      if (state.user === DEMO_LOGIN.user && text === DEMO_LOGIN.password) {
        this.#host.print(`Simulated GNU/Linux on ${this.#host.name}. Type help.\r\n`);
        this.#state = { is: "shell", user: state.user };
        this.#prompt();
      } else {
        this.#host.print("\r\nLogin incorrect\r\n");
        this.#login();
      }
    } else if (state.is === "shell") {
      runShellCommand(text, this.#shell);
      if (this.#state === state) this.#prompt();
    }
  }

  #busy(): void {
    if (this.#state.is === "shell") this.#state = { is: "busy", user: this.#state.user };
  }

  #login(): void {
    this.#line.clear();
    this.#state = { is: "login" };
    this.#host.print(
      `\r\nSimulated GNU/Linux ttyS0 (log in as ${DEMO_LOGIN.user}, password ${DEMO_LOGIN.password})\r\n\r\n`,
    );
    this.#prompt();
  }

  /** What the machine waits for now, in its words. Ends a command that was running. */
  #prompt(): void {
    const state = this.#state;
    if (state.is === "busy") this.#state = { is: "shell", user: state.user };
    if (state.is === "login") this.#host.print(`${this.#host.name} login: `);
    else if (state.is === "password") this.#host.print("Password: ");
    else if (state.is === "shell" || state.is === "busy")
      this.#host.print(`${state.user}@${this.#host.name}:~# `);
  }

  #boot(): void {
    this.#bootedAtMs = this.#clock.nowMs();
    this.#script(bootScript(this.#host.name), () => {
      this.#login();
    });
  }

  #script(steps: readonly ScriptStep[], then: () => void): void {
    if (this.#state.is === "script") this.#state.cancel();
    let at = 0;
    const next = (): void => {
      const step = steps[at];
      if (step === undefined) {
        then();
        return;
      }
      const cancel = this.#queue.after(step.waitMs, () => {
        this.#host.print(step.text);
        at += 1;
        next();
      });
      this.#state = { is: "script", cancel };
    };
    next();
  }

  #kernelTime(): string {
    return kernelTime(this.#clock.nowMs() - this.#bootedAtMs);
  }
}
