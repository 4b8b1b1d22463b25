// Many terminals at one console that asks all of them: one answers.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfedRig } from "@confed/testkit";
import { type IPty, spawn } from "node-pty";
import { expect, test } from "vitest";

const rcons = fileURLToPath(new URL("../../packages/rcons/dist/rcons.mjs", import.meta.url));
const QUESTION = "\x1b[c";
const QUESTIONS = 1_000;

/** A person's terminal, which answers each question with its own number, and rcons in it. */
class Terminal {
  shown = "";
  readonly answer: string;
  readonly exited: Promise<number>;
  readonly #pty: IPty;
  #waiting: (() => void)[] = [];
  #seenBytes = 0;

  constructor(args: readonly string[], number: number) {
    this.answer = `\x1b[?64;${number}c`;
    const pty = spawn(process.execPath, [rcons, ...args], {
      cwd: join(rcons, ".."),
      env: { ...process.env, TERM: "xterm" },
    });
    this.#pty = pty;
    pty.onData((data) => {
      this.shown += data;
      this.#answerAll();
      for (const look of this.#waiting.splice(0)) look();
    });
    this.exited = new Promise((resolve) => {
      pty.onExit(({ exitCode }) => {
        resolve(exitCode);
      });
    });
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  async shows(text: string): Promise<void> {
    while (!this.shown.includes(text)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #answerAll(): void {
    for (;;) {
      const at = this.shown.indexOf(QUESTION, this.#seenBytes);
      if (at === -1) return;
      this.#seenBytes = at + QUESTION.length;
      this.type(this.answer);
    }
  }
}

test("of five terminals at a console that asks them, only the one with the keyboard answers", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const agent = await rig.startAgent({ consoles: [device.entry] });
  const terminals: Terminal[] = [];
  // One of them shows every byte, so that its terminal does answer: rcons and the agent keep it from the console.
  for (const [number, flags] of [[], [], ["-s"], ["-s", "--raw-terminal"], []].entries()) {
    const terminal = new Terminal(["--agent", agent.address, "n1", ...flags], number);
    terminals.push(terminal);
    await terminal.shows(number === 0 ? ", write, " : ", view, ");
  }
  const [first, second, , raw] = terminals;
  const flood = async (round: string, answering: Terminal, from: number) => {
    await device.feed(Buffer.from(`${QUESTION.repeat(QUESTIONS)}${round}`));
    await Promise.all(terminals.map((terminal) => terminal.shows(round)));
    const answers = answering.answer.repeat(QUESTIONS);
    await device.received.reached(from + answers.length);
    // Typed behind all that another could have sent meanwhile.
    expect(device.received.bytes().subarray(from).toString("latin1")).toBe(answers);
    return from + answers.length;
  };

  let received = await flood("round one", first!, 0);
  expect(raw?.shown.split(QUESTION)).toHaveLength(QUESTIONS + 1);
  expect(terminals.filter(({ shown }) => shown.includes(QUESTION))).toEqual([first, raw]);

  second!.type("\x05cf");
  await second!.shows("[you hold the keyboard]");
  await first!.shows("took the keyboard");
  received = await flood("round two", second!, received);

  for (const terminal of terminals) terminal.type("\x05c.");
  expect(await Promise.all(terminals.map(({ exited }) => exited))).toEqual([0, 0, 0, 0, 0]);
  expect(device.received.length).toBe(received);
});
