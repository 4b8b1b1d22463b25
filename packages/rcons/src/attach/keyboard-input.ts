import { type EscapeState, readTyped } from "./escape-parser.ts";
import type { EscapeSequence } from "./escape-sequence.ts";
import { type ObeyParts, obey } from "./obey.ts";

/** What feeds a session. */
export interface SessionInput {
  /** The session is attached for the first time. */
  start(): void;
  /** The session's state changed: perhaps more can be sent, or all has been acknowledged. */
  changed(): void;
  stop(): void;
}

export interface KeyboardInputParts extends Omit<ObeyParts, "escape"> {
  /** Undefined: every key is for the console. */
  readonly escape: EscapeSequence | undefined;
}

/** Keys of a terminal, read at all times: while nothing can be sent, commands still work. */
export class KeyboardInput implements SessionInput {
  readonly #parts: KeyboardInputParts;
  #state: EscapeState = "plain";
  #stopped = false;
  readonly #onData = (data: Uint8Array) => {
    this.#read(data);
  };
  readonly #onEnd = () => {
    this.#parts.session.quit();
  };

  constructor(parts: KeyboardInputParts) {
    this.#parts = parts;
  }

  start(): void {
    const { stdin } = this.#parts.world;
    stdin.on("data", this.#onData);
    // The terminal hung up.
    stdin.on("end", this.#onEnd);
    stdin.on("error", this.#onEnd);
    stdin.resume();
  }

  changed(): void {
    const { session, world } = this.#parts;
    if (!session.inputFull || world.stdin.isPaused()) return;
    world.stdin.pause();
    void session.inputDrained().then(() => {
      if (!this.#stopped) world.stdin.resume();
    });
  }

  stop(): void {
    this.#stopped = true;
    const { stdin } = this.#parts.world;
    stdin.off("data", this.#onData);
    stdin.off("end", this.#onEnd);
    stdin.pause();
  }

  #read(data: Uint8Array): void {
    const { escape, session } = this.#parts;
    if (escape === undefined) {
      session.type(data);
      return;
    }
    const { state, typed } = readTyped(this.#state, data, escape);
    this.#state = state;
    for (const item of typed) {
      if (!this.#stopped) obey(item, { ...this.#parts, escape });
    }
  }
}
