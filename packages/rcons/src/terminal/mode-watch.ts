// Private modes (DECSET, CSI ? Pm h) that a shell does not expect to find on, or off.
const WATCHED: ReadonlyMap<number, "on" | "off"> = new Map([
  [1, "on"], // application cursor keys
  [5, "on"], // reverse video
  [6, "on"], // origin within the margins
  [7, "off"], // lines wrap: trouble when it is off
  [9, "on"], // mouse: X10
  [66, "on"], // application keypad
  [1000, "on"], // mouse: buttons
  [1001, "on"],
  [1002, "on"],
  [1003, "on"],
  [1004, "on"], // focus reports
  [1005, "on"], // mouse: encodings
  [1006, "on"],
  [1015, "on"],
  [1016, "on"],
  [47, "on"], // alternate screen, three ways
  [1047, "on"],
  [1049, "on"],
  [2004, "on"], // bracketed paste
  [2026, "on"], // nothing is drawn until it is off
  [25, "off"], // cursor visible: trouble when it is off
]);
/** Of these, the ones in which the terminal sends by itself. */
const SENDING: ReadonlySet<number> = new Set([9, 1000, 1001, 1002, 1003, 1004]);

const ESC = 0x1b;
/** Longer is no mode sequence that any program sends. */
const PARAMETERS_LENGTH_MAX = 64;

/** States beside the modes, and what undoes each. */
const UNDO = {
  keypad: "\x1b>",
  insert: "\x1b[4l",
  // To set the margins moves the cursor.
  margins: "\x1b7\x1b[r\x1b8",
  characters: "\x1b(B\x0f",
  cursor: "\x1b[0 q",
  attributes: "\x1b[0m",
} as const;

/**
 * Watches console output go by and remembers which modes of the terminal it left other than a
 * shell wants them. Sequences may be split anywhere between calls.
 */
export class ModeWatch {
  readonly #changed = new Set<number>();
  readonly #others = new Set<keyof typeof UNDO>();
  /** What was seen of a sequence that began and has not ended; "" outside. */
  #sequence = "";

  see(data: Uint8Array): void {
    let at = 0;
    while (at < data.length) {
      if (this.#sequence === "") {
        at = data.indexOf(ESC, at);
        if (at === -1) return;
      }
      this.#step(data[at] ?? 0);
      at += 1;
    }
  }

  /** What brings the terminal back to a shell's liking; "" if nothing needs it. */
  resetText(): string {
    const modes = [...this.#changed].map((mode) => `\x1b[?${mode}${WATCHED.get(mode) === "on" ? "l" : "h"}`);
    return [...modes, ...[...this.#others].map((other) => UNDO[other])].join("");
  }

  /** What takes that back, after somebody was at their shell meanwhile; programs set the rest as they draw. */
  setText(): string {
    const modes = [...this.#changed].map((mode) => `\x1b[?${mode}${WATCHED.get(mode) === "on" ? "h" : "l"}`);
    return modes.join("") + (this.#others.has("keypad") ? "\x1b=" : "");
  }

  /** What ends mouse and focus reports, which count as ended from now on; "" if there are none. */
  endReports(): string {
    const sending = [...this.#changed].filter((mode) => SENDING.has(mode));
    for (const mode of sending) this.#changed.delete(mode);
    return sending.map((mode) => `\x1b[?${mode}l`).join("");
  }

  #step(byte: number): void {
    if (byte === ESC) {
      this.#sequence = "\x1b";
      return;
    }
    const key = String.fromCharCode(byte);
    const sequence = this.#sequence + key;
    this.#sequence = "";
    if (sequence.length === 2) {
      if (key === "[" || key === "(" || key === ")") this.#sequence = sequence;
      else if (key === "=" || key === ">") this.#note("keypad", key === "=");
      else if (key === "c") this.#forget();
    } else if (sequence[1] !== "[") {
      if (key !== "B") this.#others.add("characters");
    } else if (byte >= 0x20 && byte < 0x40) {
      if (sequence.length < PARAMETERS_LENGTH_MAX) this.#sequence = sequence;
    } else this.#control(sequence, key);
  }

  #control(sequence: string, final: string): void {
    const on = final === "h";
    if (final === "m" && sequence[2] !== ">") this.#others.add("attributes");
    else if (final === "r" && sequence[2] !== "?") this.#note("margins", sequence.length > 3);
    else if (final === "q" && sequence.endsWith(" q")) this.#others.add("cursor");
    else if (on || final === "l") {
      if (sequence === "\x1b[4h" || sequence === "\x1b[4l") this.#note("insert", on);
      if (!sequence.startsWith("\x1b[?")) return;
      for (const mode of sequence.slice(3, -1).split(";")) this.#set(Number(mode), on ? "on" : "off");
    }
  }

  #note(other: keyof typeof UNDO, changed: boolean): void {
    if (changed) this.#others.add(other);
    else this.#others.delete(other);
  }

  #set(mode: number, to: "on" | "off"): void {
    const trouble = WATCHED.get(mode);
    if (trouble === undefined) return;
    if (trouble === to) this.#changed.add(mode);
    else this.#changed.delete(mode);
  }

  /** ESC c: the terminal did it all. */
  #forget(): void {
    this.#changed.clear();
    this.#others.clear();
  }
}
