import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

type Said = Readonly<Record<string, number | string>>;

/** A program that answers every line with a line of JSON, in order, and tells of events in between. */
export class JsonChild {
  readonly #child: ChildProcess;
  readonly #answers: ((said: Said | Error) => void)[] = [];
  readonly #awaited = new Map<string, ((said: Said | Error) => void)[]>();
  readonly #happened = new Map<string, Said>();
  readonly #ended: Promise<unknown>;
  #gone: Error | undefined;

  constructor(argv: readonly [string, ...string[]]) {
    const [program, ...args] = argv;
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdin!.on("error", () => undefined);
    createInterface(this.#child.stdout!).on("line", (line) => {
      this.#hear(JSON.parse(line) as Said);
    });
    this.#ended = once(this.#child, "close").then(() => {
      this.#gone = new Error(`${argv.join(" ")} ended`);
      for (const answer of this.#answers.splice(0)) answer(this.#gone);
      for (const waiters of this.#awaited.values()) for (const waiter of waiters) waiter(this.#gone);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves with what it says next that is no event and no answer to somebody before. */
  said(): Promise<Said> {
    return this.#settle((waiter) => this.#answers.push(waiter));
  }

  /** Rejects if it refuses the order or ends. */
  async order(line: string): Promise<Said> {
    const answer = this.said();
    this.#child.stdin!.write(`${line}\n`);
    const said = await answer;
    if (said.refused !== undefined) throw new Error(`refused: ${line}`);
    return said;
  }

  /** Resolves with the event, also if it came since the last that was waited for. */
  async event(name: string): Promise<Said> {
    const before = this.#happened.get(name);
    this.#happened.delete(name);
    if (before !== undefined) return before;
    return this.#settle((waiter) => {
      this.#awaited.set(name, [...(this.#awaited.get(name) ?? []), waiter]);
    });
  }

  /** Ends its input and waits for it. */
  async end(): Promise<void> {
    this.#child.stdin!.end();
    await this.#ended;
  }

  #settle(put: (waiter: (said: Said | Error) => void) => void): Promise<Said> {
    return new Promise((resolve, reject) => {
      if (this.#gone !== undefined) reject(this.#gone);
      else
        put((said) => {
          if (said instanceof Error) reject(said);
          else resolve(said);
        });
    });
  }

  #hear(said: Said): void {
    const event = said.event;
    if (event === undefined) {
      this.#answers.shift()?.(said);
      return;
    }
    const waiters = this.#awaited.get(String(event));
    this.#awaited.delete(String(event));
    if (waiters === undefined) this.#happened.set(String(event), said);
    else for (const waiter of waiters) waiter(said);
  }
}
