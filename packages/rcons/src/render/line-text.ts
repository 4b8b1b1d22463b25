import { neutralise } from "@confed/kernel";

// ECMA-48: CSI parameters intermediates final; OSC, DCS, SOS, PM and APC up to BEL or ST; two-byte escapes.
const SEQUENCES =
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_k][^\x07\x1b]*(?:\x07|\x1b\\|$)|[ -/]+[0-~]|[0-OQ-WYZ\\`-jl-~])/g;

/** Nothing longer is a line for people. */
const LINE_LENGTH_MAX = 32 * 1024;

/** One line of console output as text to search in: UTF-8 where it is, sequences for the terminal left out. */
export function plainLine(line: Uint8Array): string {
  const text = Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString("utf8");
  // Many consoles end lines by CR CR LF or LF CR.
  return text.replace(SEQUENCES, "").replace(/^\r+|\r+$/g, "");
}

/**
 * The same for a screen that shows lines of logs and of many consoles (profile "plain"): whatever is
 * left that could move the cursor, start a sequence or reorder the letters is shown as an escape.
 * Tabs stay.
 */
export function harmlessLine(line: Uint8Array): string {
  return plainLine(line)
    .split("\t")
    .map((piece) => neutralise(piece, LINE_LENGTH_MAX))
    .join("\t");
}
