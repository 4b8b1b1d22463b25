// Private modes (DECSET, CSI ? Pm h) that a shell does not expect to find on.
const WATCHED: ReadonlyMap<number, "on" | "off"> = new Map([
  [1, "on"], // application cursor keys
  [9, "on"], // mouse: X10
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
  [25, "off"], // cursor visible: trouble when it is off
]);

const ESC = 0x1b;
/** Longer is no mode sequence that any program sends. */
const PARAMETERS_LENGTH_MAX = 64;

/**
 * Watches console output go by and remembers which modes of the terminal it left other than a
 * shell wants them. Sequences may be split anywhere between calls.
 */
export class ModeWatch {
  readonly #changed = new Set<number>();
  #keypad = false;
  #attributes = false;
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
    return modes.join("") + (this.#keypad ? "\x1b>" : "") + (this.#attributes ? "\x1b[0m" : "");
  }

  /** What takes that back, after somebody was at their shell meanwhile. */
  setText(): string {
    const modes = [...this.#changed].map((mode) => `\x1b[?${mode}${WATCHED.get(mode) === "on" ? "h" : "l"}`);
    return modes.join("") + (this.#keypad ? "\x1b=" : "");
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
      if (key === "[") this.#sequence = sequence;
      else if (key === "=" || key === ">") this.#keypad = key === "=";
      else if (key === "c") this.#forget();
    } else if (byte >= 0x20 && byte < 0x40) {
      if (sequence.length < PARAMETERS_LENGTH_MAX) this.#sequence = sequence;
    } else if (key === "m") {
      this.#attributes = true;
    } else if ((key === "h" || key === "l") && sequence.startsWith("\x1b[?")) {
      for (const mode of sequence.slice(3, -1).split(";"))
        this.#set(Number(mode), key === "h" ? "on" : "off");
    }
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
    this.#keypad = false;
    this.#attributes = false;
  }
}
