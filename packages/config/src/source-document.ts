import { ConfedError } from "@confed/kernel";
import type { ConfigFiles } from "./config-files.ts";
import { readJson, readJsonLines } from "./json-document.ts";
import type { ParsedText } from "./parsed-text.ts";
import { readYaml } from "./yaml-document.ts";

/** One file that was read. */
export interface SourceDocument extends ParsedText {
  readonly file: string;
  readonly text: string;
}

/**
 * Read and parse one file; what it holds is told by its ending: `.json`, `.jsonl`, else YAML.
 * Rejects with a ConfedError if the file cannot be read or is not UTF-8.
 */
export async function readSource(file: string, files: ConfigFiles): Promise<SourceDocument> {
  let bytes: Uint8Array;
  try {
    bytes = await files.read(file);
  } catch (reason) {
    throw unreadable(reason);
  }
  const text = decode(bytes);
  return { file, text, ...(await parse(file, text)) };
}

function parse(file: string, text: string): ParsedText | Promise<ParsedText> {
  if (file.endsWith(".jsonl")) return readJsonLines(text);
  return file.endsWith(".json") ? readJson(text) : readYaml(text);
}

function unreadable(reason: unknown): ConfedError {
  const { code } = reason as { readonly code?: string };
  if (code === "ENOENT") return new ConfedError("not_found", "there is no such file");
  const error = ConfedError.from(reason);
  return new ConfedError(error.code, `the file cannot be read: ${error.rawMessage}`, {
    cause: reason,
    hint: error.hint,
  });
}

function decode(bytes: Uint8Array): string {
  try {
    // A byte order mark is taken off, as editors that write one take it off again.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (reason) {
    const lenient = new TextDecoder("utf-8").decode(bytes);
    const at = lenient.indexOf("\uFFFD");
    const line = lenient.slice(0, at).split("\n").length;
    const col = at - lenient.lastIndexOf("\n", at);
    throw new ConfedError("invalid_argument", "the file is not UTF-8 text", {
      cause: reason,
      where: `${line}:${col}`,
      hint: "save it as UTF-8",
    });
  }
}
