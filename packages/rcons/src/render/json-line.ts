// What JSON lets stand in a string and a terminal may obey: DEL, C1, bidi and zero-width characters,
// separators. See neutralise.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A value as JSON on one line, harmless to a terminal: means the same, with more of it written `\u009b`. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}
