import type { World } from "../world.ts";

/**
 * The terminal on standard input, raw while somebody is attached. It is put back by whatever ends
 * the process, except SIGKILL: then the shell does it, or `stty sane`. A process that watched and
 * did it would come after the shell's line editor, and undo what that has just set.
 */
export class RawTerminal {
  readonly #world: World;
  #raw = false;
  #forgetExit: () => void = () => undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** False: standard input is a pipe or a file, and nothing of this does anything. */
  get present(): boolean {
    return this.#world.stdin.isTTY === true && this.#world.stdin.setRawMode !== undefined;
  }

  /** Every key goes to us, unchanged, and every byte to the screen likewise. Idempotent. */
  enter(): void {
    if (this.#raw || !this.present) return;
    this.#raw = true;
    this.#forgetExit = this.#world.onExit(() => {
      this.leave();
    });
    this.#world.stdin.setRawMode?.(true);
    // Without it, programs that move down by a bare line feed draw stairs.
    this.#world.rawOutput();
  }

  /** As it was found. Idempotent, synchronous, never throws. */
  leave(): void {
    if (!this.#raw) return;
    this.#raw = false;
    this.#forgetExit();
    try {
      this.#world.stdin.setRawMode?.(false);
    } catch {
      // The terminal is gone, or its descriptor: then Node puts back at exit what it found at start.
    }
  }
}
