/** A point of a file, where an editor should open. */
export interface FilePlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly col: number;
}

/** What conserver.cf(5) is made of. `#include` is a word of its own: its text is the path. */
export interface Word {
  readonly kind: "word" | "{" | "}" | ";" | "include";
  readonly text: string;
  readonly at: FilePlace;
}

/** Called with what is wrong with the text itself. */
export type TextFault = (at: FilePlace, message: string, hint: string) => void;

/**
 * Takes the words out of one file, conserver.cf(5) "PARSER". Whether white space ends a word
 * depends on what is expected, so the reader of blocks asks for one word at a time.
 *
 * Comments, `\x` and `"..."` (where only `\"` is special) are gone from what it gives; the places are
 * those of the first character. Cost: one step a character, one string a word.
 */
export class WordReader {
  readonly #file: string;
  readonly #text: string;
  readonly #fault: TextFault;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(file: string, text: string, fault: TextFault) {
    this.#file = file;
    this.#text = text;
    this.#fault = fault;
  }

  /** The next word, or undefined at the end. With `spaced`, blanks inside belong to the word. */
  next(spaced: boolean): Word | undefined {
    let text = "";
    let begun: FilePlace | undefined;
    for (let char = this.#text[this.#at]; char !== undefined; char = this.#text[this.#at]) {
      if (char === "#") {
        const path = this.#skipComment(begun !== undefined);
        if (path !== undefined) return path;
      } else if (char === "\\") {
        begun ??= this.#here();
        this.#at += 1;
        text += this.#take();
      } else if (char === '"') {
        begun ??= this.#here();
        text += this.#quoted();
      } else if (isSpace(char)) {
        this.#take();
        if (text === "") continue;
        if (!spaced && begun !== undefined) return { kind: "word", text, at: begun };
        text += char;
      } else if (char === "{" || char === "}" || char === ";") {
        if (begun !== undefined) break;
        const at = this.#here();
        this.#at += 1;
        return { kind: char, text: char, at };
      } else {
        begun ??= this.#here();
        text += this.#take();
      }
    }
    return begun === undefined ? undefined : { kind: "word", text: withoutEnd(text), at: begun };
  }

  /** Where the next character is. */
  #here(): FilePlace {
    return { file: this.#file, line: this.#line, col: this.#at - this.#lineStart + 1 };
  }

  /** One character, nothing at the end of the file. */
  #take(): string {
    const char = this.#text[this.#at] ?? "";
    this.#at += char.length;
    if (char === "\n") {
      this.#line += 1;
      this.#lineStart = this.#at;
    }
    return char;
  }

  #quoted(): string {
    const opened = this.#here();
    let text = "";
    this.#at += 1;
    for (;;) {
      const char = this.#take();
      if (char === '"') return text;
      if (char === "") {
        this.#fault(opened, "the quote that begins here never ends", 'close it with "');
        return text;
      }
      if (char === "\\" && this.#text[this.#at] === '"') text += this.#take();
      else text += char;
    }
  }

  /** To the end of the line, which stays. Gives the path if the comment is an `#include`. */
  #skipComment(insideWord: boolean): Word | undefined {
    const at = this.#here();
    const newline = this.#text.indexOf("\n", this.#at);
    const end = newline < 0 ? this.#text.length : newline;
    const comment = this.#text.slice(this.#at, end);
    this.#at = end;
    const [, path] = /^#include\s+(.*\S)/.exec(comment) ?? [];
    if (path === undefined) return undefined;
    if (at.col === 1 && !insideWord) return { kind: "include", text: path, at };
    this.#fault(
      at,
      "this #include is taken as a comment",
      at.col === 1 ? "end what stands before it" : "it must begin in the first column",
    );
    return undefined;
  }
}

/** isspace(3) of the C locale. */
function isSpace(char: string): boolean {
  return char === " " || (char >= "\t" && char <= "\r");
}

function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text[end - 1] ?? "")) end -= 1;
  return text.slice(0, end);
}
