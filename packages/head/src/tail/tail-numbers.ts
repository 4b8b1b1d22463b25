import type { PositionReceived } from "@confed/wire";

/** A console of a tail. */
export interface TailedConsole {
  readonly name: string;
  /** How this tail calls it. */
  readonly number: number;
  readonly logId: string;
  /** All output before it was passed on. */
  offset: number;
}

/** The dictionary of one tail, and how far each of its consoles has come. */
export class TailNumbers {
  readonly #consoles = new Map<string, TailedConsole>();
  /** The receiver was told that they ended; their positions are kept, should they come back. */
  readonly #ended = new Set<string>();
  #numberNext = 1;

  /**
   * A console begins, or goes on, at `start`. `renamed` when the receiver does not know its number
   * yet: it is new, or its log is another one.
   */
  begin(
    name: string,
    start: PositionReceived,
  ): { readonly console: TailedConsole; readonly renamed: boolean } {
    const known = this.#consoles.get(name);
    const ended = this.#ended.delete(name);
    if (known !== undefined && known.logId === start.logId && !ended)
      return { console: known, renamed: false };
    const console = { name, number: this.#numberNext, logId: start.logId, offset: start.offset };
    this.#numberNext += 1;
    this.#consoles.set(name, console);
    return { console, renamed: true };
  }

  /** Its number, the first time that it ends; undefined if the receiver knows of no such console now. */
  end(name: string): number | undefined {
    const known = this.#consoles.get(name);
    if (known === undefined || this.#ended.has(name)) return undefined;
    this.#ended.add(name);
    return known.number;
  }

  /** Where to go on with a console, if it was here before. */
  position(name: string): PositionReceived | undefined {
    const known = this.#consoles.get(name);
    return known === undefined ? undefined : { logId: known.logId, offset: known.offset };
  }
}
