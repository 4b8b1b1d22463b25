import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What a {@link TmuxPane} is started with. */
export interface TmuxOptions {
  readonly columns: number;
  readonly rows: number;
  /** Where the shell begins, and tmux leaves its socket: a folder of the test. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

let count = 0;

/**
 * A shell in a real terminal (tmux, in control mode, so that every byte shown is an event). Whoever
 * starts it closes it.
 */
export class TmuxPane {
  readonly #tmux: ChildProcessWithoutNullStreams;
  readonly #replies: ((lines: readonly string[]) => void)[] = [];
  #reply: string[] | undefined;
  #waiting: (() => void)[] = [];
  #over = false;
  /** All that programs have written to the terminal, a byte a character. */
  output = "";

  constructor(tmux: ChildProcessWithoutNullStreams) {
    this.#tmux = tmux;
    createInterface({ input: tmux.stdout.setEncoding("latin1") }).on("line", (line) => {
      this.#line(line);
    });
    // It may have ended by itself, with its shell, when we write.
    tmux.stdin.on("error", () => undefined);
    tmux.on("exit", () => {
      this.#over = true;
      this.#moved();
    });
  }

  /** A new server with one window and bash in it, prompt `$ `. */
  static async start({ columns, rows, cwd, env }: TmuxOptions): Promise<TmuxPane> {
    count += 1;
    const socket = join(cwd, `tmux-${count}`);
    const size = ["-x", String(columns), "-y", String(rows)];
    const shell = "exec env PS1='$ ' HISTFILE= bash --norc --noprofile -i";
    const tmux = spawn("tmux", ["-S", socket, "-f", "/dev/null", "-C", "new-session", ...size, shell], {
      cwd,
      env: { ...env, TERM: "xterm", PATH: env["PATH"] ?? process.env["PATH"] ?? "" },
    });
    const pane = new TmuxPane(tmux);
    await pane.shows("$ ");
    await pane.command(`refresh-client -C ${columns}x${rows}`);
    return pane;
  }

  /** Type text, then Enter; waits until the shell's next prompt with the exit code. Returns the code. */
  async run(line: string): Promise<number> {
    this.mark();
    await this.type(`${line}; echo "exit"=$?\r`);
    return this.exitCode();
  }

  /** The exit code that the line begun by `start` ends with. */
  async exitCode(): Promise<number> {
    // What is typed before the shell has prompted may be thrown away.
    await this.until(() => /exit=\d+\r\n[^]*\$ $/.test(this.output));
    return Number(/exit=(\d+)\r\n/.exec(this.output)?.[1]);
  }

  /** Type a line whose exit code {@link exitCode} will tell. */
  async begin(line: string): Promise<void> {
    this.mark();
    await this.type(`${line}; echo "exit"=$?\r`);
  }

  /** Type these bytes. */
  async type(text: string): Promise<void> {
    const codes = [...Buffer.from(text, "latin1")].map((byte) => byte.toString(16).padStart(2, "0"));
    await this.command(`send-keys -H ${codes.join(" ")}`);
  }

  /** Forget what was shown so far. */
  mark(): void {
    this.output = "";
  }

  /** Resolves as soon as `text` was shown since the last mark. */
  async shows(text: string): Promise<void> {
    await this.until(() => this.output.includes(text));
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#over) throw new Error(`tmux ended; shown was ${JSON.stringify(this.output)}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** What is on the screen now, line by line. */
  screen(): Promise<readonly string[]> {
    return this.command("capture-pane -p");
  }

  /** A command of tmux, and its answer. */
  command(line: string): Promise<readonly string[]> {
    return new Promise((resolve) => {
      this.#replies.push(resolve);
      this.#tmux.stdin.write(`${line}\n`);
    });
  }

  /** The process id of the shell. */
  async shellPid(): Promise<number> {
    const [pid] = await this.command("display-message -p '#{pane_pid}'");
    return Number(pid);
  }

  async close(): Promise<void> {
    if (this.#over) return;
    const exited = new Promise((resolve) => this.#tmux.once("exit", resolve));
    this.#tmux.stdin.write("kill-server\n");
    await exited;
  }

  #line(line: string): void {
    if (line.startsWith("%begin ")) this.#reply = [];
    else if (line.startsWith("%end ") || line.startsWith("%error ")) {
      const lines = this.#reply ?? [];
      this.#reply = undefined;
      // The first answer is to new-session itself, which nobody asked for: flags 0.
      if (line.endsWith(" 1")) this.#replies.shift()?.(lines);
    } else if (this.#reply !== undefined) this.#reply.push(line);
    else if (line.startsWith("%output ")) {
      const shown = line.slice(line.indexOf(" ", 8) + 1);
      this.output += shown.replace(/\\([0-7]{3})/g, (_all, code: string) =>
        String.fromCharCode(Number.parseInt(code, 8)),
      );
      this.#moved();
    }
  }

  #moved(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
