import { ConfedError, neutralise } from "@confed/kernel";

const ESCAPED: Readonly<Record<string, number>> = { r: 0x0d, n: 0x0a, t: 0x09, e: 0x1b, "\\": 0x5c };

/**
 * The bytes of a text as people write it on a command line: `\r`, `\n`, `\t`, `\e`, `\\` and `\xHH`
 * stand for what they say, the rest for its UTF-8. Throws "invalid_argument" for another backslash.
 */
export function parseSendText(text: string): Uint8Array {
  const pieces: Buffer[] = [];
  let rest = text;
  while (rest !== "") {
    const [plain = ""] = /^[^\\]*/.exec(rest) ?? [];
    pieces.push(Buffer.from(plain));
    rest = rest.slice(plain.length);
    if (rest === "") break;
    const [whole, hex, letter] = /^\\(?:x([0-9A-Fa-f]{2})|([rnte\\]))/.exec(rest) ?? [];
    if (whole === undefined) {
      throw new ConfedError("invalid_argument", `"${neutralise(rest, 10)}" in the text is not an escape`, {
        subject: "--text",
        hint: "\\r, \\n, \\t, \\e, \\xHH, and \\\\ for a backslash",
      });
    }
    pieces.push(Buffer.of(hex === undefined ? (ESCAPED[letter ?? ""] ?? 0) : Number.parseInt(hex, 16)));
    rest = rest.slice(whole.length);
  }
  return Buffer.concat(pieces);
}
