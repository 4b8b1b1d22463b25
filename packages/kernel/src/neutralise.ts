/** Longest result unless the caller says otherwise: a message, not a document. */
const LENGTH_MAX = 1_000;

// Cc: C0, DEL and C1. Cf: bidi controls, zero-width characters, soft hyphens, tags. Cs: halves of
// surrogate pairs, which no encoding can carry. Zl, Zp: line and paragraph separators.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Text from a console, a peer or a person, safe to show in one line of a terminal or one field of
 * a log: whatever could move the cursor, start a sequence, break the line or reorder the letters
 * is shown as an escape (`\x1b`, `\u202e`). At most `lengthMax` characters (UTF-16 units) come
 * back, the last an ellipsis if some are missing. Doing it twice changes nothing.
 */
export function neutralise(text: string, lengthMax: number = LENGTH_MAX): string {
  if (text.length <= lengthMax && !UNSAFE.test(text)) return text;
  let safe = "";
  let keptLength = 0;
  for (const character of text) {
    safe += UNSAFE.test(character) ? escaped(character) : character;
    if (safe.length > lengthMax) return `${safe.slice(0, keptLength)}…`;
    if (safe.length < lengthMax) keptLength = safe.length;
  }
  return safe;
}

function escaped(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
}
