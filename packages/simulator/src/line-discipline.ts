/** What a typed byte became. */
export type TypedEvent =
  | { readonly type: "line"; readonly text: string }
  | { readonly type: "interrupt" }
  | { readonly type: "end_of_file" };

/** Longest line a person may type; the rest is ignored, as a tty's canonical mode does. */
const LINE_BYTES_MAX = 256;

const CTRL_C = 3;
const CTRL_D = 4;
const BACKSPACE = 8;
const LF = 10;
const CR = 13;
const CTRL_U = 21;
const ESC = 27;
const DEL = 127;

/**
 * A terminal line in canonical mode: collects lines, echoes, erases. CR, LF, CR LF and CR NUL each
 * end one line. Escape sequences (arrow keys) are swallowed.
 */
export class LineDiscipline {
  readonly #print: (text: string) => void;
  #text = "";
  #afterCr = false;
  #escape: "none" | "esc" | "csi" = "none";
  /** Off while a password is typed. */
  echo = true;

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  /** Forget what was typed so far. */
  clear(): void {
    this.#text = "";
    this.echo = true;
  }

  type(byte: number): TypedEvent | undefined {
    const afterCr = this.#afterCr;
    this.#afterCr = byte === CR;
    if (this.#inEscape(byte)) return undefined;
    if (byte === CR || (byte === LF && !afterCr)) {
      this.#print("\r\n");
      const text = this.#text;
      this.#text = "";
      return { type: "line", text };
    }
    if (byte === CTRL_C) {
      this.#text = "";
      this.#print("^C\r\n");
      return { type: "interrupt" };
    }
    if (byte === CTRL_D) return this.#text === "" ? { type: "end_of_file" } : undefined;
    if (byte === BACKSPACE || byte === DEL) this.#erase(1);
    else if (byte === CTRL_U) this.#erase(this.#text.length);
    else if (byte >= 32 && this.#text.length < LINE_BYTES_MAX) {
      const typed = String.fromCharCode(byte);
      this.#text += typed;
      if (this.echo) this.#print(typed);
    }
    return undefined;
  }

  #inEscape(byte: number): boolean {
    if (this.#escape === "none") {
      if (byte === ESC) this.#escape = "esc";
      return byte === ESC;
    }
    if (this.#escape === "esc") {
      // `[` and `O` introduce the sequences of arrow and function keys; else it is Alt and a key.
      this.#escape = byte === 0x5b || byte === 0x4f ? "csi" : "none";
      return true;
    }
    if (byte >= 0x40 && byte <= 0x7e) this.#escape = "none";
    return true;
  }

  #erase(count: number): void {
    const erased = Math.min(count, this.#text.length);
    this.#text = this.#text.slice(0, this.#text.length - erased);
    if (this.echo) this.#print("\b \b".repeat(erased));
  }
}
