/**
 * What an unquoted YAML scalar means by the core schema (YAML 1.2.2, 10.3.2): a text, a whole
 * number, a truth value or null. Undefined for the rare spellings that are left to the full parser.
 */
export function resolvePlain(text: string): string | number | boolean | null | undefined {
  const first = text.charCodeAt(0);
  // Only what begins with a digit, a sign or a dot can be a number.
  if (first < LETTER_A && NUMBER_LIKE.test(text)) return SAFE_INTEGER.test(text) ? Number(text) : undefined;
  if (text.length <= 5 && NOT_TEXT.test(text)) {
    const word = text.toLowerCase();
    return word === "null" || word === "~" ? null : word === "true";
  }
  return text;
}

const LETTER_A = 0x41;
const SAFE_INTEGER = /^[0-9]{1,15}$/;
const NOT_TEXT = /^(?:~|[Nn]ull|NULL|[Tt]rue|TRUE|[Ff]alse|FALSE)$/;
const NUMBER_LIKE =
  /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$|^0[ox]|^[-+]?\.(?:inf|nan)$/i;
