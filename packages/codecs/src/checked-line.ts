import { crc32 } from "./crc32.ts";

// One record a line, appended only: `1f3a99c2 {"t":"at",...}`, the CRC-32 of the JSON text in front.
// Text, because an administrator at 3 a.m. can read it with `less`. A line that an unclean stop
// tore, or that somebody damaged, fails its CRC and is passed over; the next is good again.

/** The line of a record, its line feed included. */
export function encodeCheckedLine(record: object): string {
  const text = JSON.stringify(record);
  return `${crc32(text).toString(16).padStart(8, "0")} ${text}\n`;
}

/**
 * The records of `text` in order; damaged lines are counted and passed over. What follows the last
 * line feed is torn and counts as damaged.
 */
export function decodeCheckedLines(text: string): {
  readonly records: object[];
  readonly damagedCount: number;
} {
  const records: object[] = [];
  let damagedCount = 0;
  for (let at = 0; at < text.length; ) {
    const feed = text.indexOf("\n", at);
    const end = feed === -1 ? text.length : feed;
    const record = decodeLine(text.slice(at, end));
    // An empty line closes off a torn one: see the writer of these files.
    if (record !== undefined) records.push(record);
    else if (end > at) damagedCount += 1;
    at = end + 1;
  }
  return { records, damagedCount };
}

function decodeLine(line: string): object | undefined {
  const text = line.slice(9);
  if (line[8] !== " " || Number.parseInt(line.slice(0, 8), 16) !== crc32(text)) return undefined;
  // The CRC held, so this is what some version of us wrote.
  return JSON.parse(text) as object;
}
