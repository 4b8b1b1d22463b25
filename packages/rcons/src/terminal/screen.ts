import { TerminalFilter } from "@confed/codecs";
import { drained } from "../render/drained.ts";
import type { Drain } from "../route/read-stream.ts";
import type { OutputStream } from "../world.ts";
import { ModeWatch } from "./mode-watch.ts";

/** What a {@link Screen} is made of. */
export interface ScreenParts {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Makes rcons's own lines stand back; the identity without colour. */
  readonly dim: (text: string) => string;
  /** Show every byte as it is; else, on a terminal, what is safe there ({@link TerminalFilter}). */
  readonly raw: boolean;
  /** True while what the terminal sends goes to the console: it may be asked. Else nobody's terminal is. */
  readonly answers: () => boolean;
}

/** More than a terminal shows in a glance; beyond it the stream is paused, so memory is bounded. */
const BACKLOG_BYTES_MAX = 256 * 1024;
const LINE_FEED = 0x0a;

/**
 * Where a console's output and rcons's own lines meet. Own lines are lines by themselves; where
 * standard output is no terminal they go to standard error, so that output stays the console's.
 */
export class Screen implements Drain {
  readonly #parts: ScreenParts;
  readonly #filter: TerminalFilter | undefined;
  readonly #pastFilter = new TerminalFilter();
  readonly #modes = new ModeWatch();
  #atLineStart = true;
  #lineEnd = "\n";

  constructor(parts: ScreenParts) {
    this.#parts = parts;
    if (!parts.raw && parts.stdout.isTTY === true) this.#filter = new TerminalFilter();
  }

  /** The terminal does no output processing now: lines need their carriage return. */
  setRaw(raw: boolean): void {
    this.#lineEnd = raw ? "\r\n" : "\n";
  }

  /**
   * Show console output; old output asks the terminal nothing, for who asked does not listen any
   * more. The bytes must stay as they are until they are written.
   */
  output(data: Uint8Array, { live }: { readonly live: boolean }): void {
    this.#show(this.#filter?.filter(data, { answers: live && this.#parts.answers() }) ?? data);
  }

  /** Show a piece of the past between what is live, by itself. As {@link output} otherwise. */
  replay(data: Uint8Array): void {
    this.#show(this.#filter === undefined ? data : this.#pastFilter.filter(data, { answers: false }));
  }

  #show(shown: Uint8Array): void {
    if (shown.length === 0) return;
    this.#modes.see(shown);
    this.#atLineStart = shown[shown.length - 1] === LINE_FEED;
    this.#parts.stdout.write(shown);
  }

  /** Show lines of our own. */
  say(...lines: readonly string[]): void {
    const { stdout, stderr, dim } = this.#parts;
    const toTerminal = stdout.isTTY === true;
    const begin = toTerminal && !this.#atLineStart ? this.#lineEnd : "";
    const text = lines.map((line) => dim(line) + this.#lineEnd).join("");
    (toTerminal ? stdout : stderr).write(begin + text);
    if (toTerminal) this.#atLineStart = true;
  }

  /** Begin a new line, for what others are going to write. */
  newLine(): void {
    if (!this.#atLineStart) this.#toTerminal("\r\n");
    this.#atLineStart = true;
  }

  /** Undo what the console's programs did to the modes of the terminal. */
  resetModes(): void {
    this.#toTerminal(this.#modes.resetText());
  }

  /** The keyboard is lost: the mouse is the terminal's own again. */
  endReports(): void {
    this.#toTerminal(this.#modes.endReports());
  }

  /** Do it again, after a pause. */
  setModes(): void {
    this.#toTerminal(this.#modes.setText());
  }

  get full(): boolean {
    return this.#parts.stdout.writableLength > BACKLOG_BYTES_MAX;
  }

  drained(): Promise<void> {
    return drained(this.#parts.stdout);
  }

  #toTerminal(text: string): void {
    if (text !== "" && this.#parts.stdout.isTTY === true) this.#parts.stdout.write(text);
  }
}
