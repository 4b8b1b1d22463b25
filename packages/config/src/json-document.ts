import { FlowFault, readFlow } from "./flow-reader.ts";
import type { Mark } from "./mark.ts";
import type { ParsedText, TextFault } from "./parsed-text.ts";

/** Parse a JSON text; one fault at most, because nothing behind the first can be trusted. */
export function readJson(text: string): ParsedText {
  const read = readWhole(text, 0, undefined);
  if (read instanceof FlowFault) {
    return {
      value: undefined,
      faults: [{ at: read.at, message: read.message }],
      marks: () => Promise.resolve(newMark(0)),
    };
  }
  return {
    value: read.value,
    faults: [],
    marks: () => {
      const mark = newMark(startOf(text));
      readWhole(text, 0, mark);
      return Promise.resolve(mark);
    },
  };
}

/**
 * Parse JSON Lines: a value a line, empty lines skipped. A broken line is a fault and left out of
 * the list; the others stand.
 */
export function readJsonLines(text: string): ParsedText {
  const value: unknown[] = [];
  const faults: TextFault[] = [];
  const lines: { readonly start: number; readonly text: string }[] = [];
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf("\n", start);
    const end = feed === -1 ? text.length : feed;
    const line = text.slice(start, end);
    if (line.trim() !== "") {
      const read = readWhole(line, 0, undefined);
      if (read instanceof FlowFault) {
        faults.push({
          at: start + read.at,
          message: read.message,
          hint: "each line of a .jsonl file is one whole JSON value",
        });
      } else {
        value.push(read.value);
        lines.push({ start, text: line });
      }
    }
    start = end + 1;
  }
  const marks = () => {
    const root = newMark(0);
    for (const [index, line] of lines.entries()) {
      const mark = newMark(startOf(line.text));
      readWhole(line.text, 0, mark);
      root.children.set(String(index), shifted(mark, line.start));
    }
    return Promise.resolve(root);
  };
  return { value, faults, marks };
}

function readWhole(text: string, at: number, marks: Mark | undefined) {
  const read = readFlow(text, startOf(text, at), { dialect: "json", marks });
  if (read instanceof FlowFault) return read;
  const rest = text.slice(read.end).search(/[^ \t\r\n]/);
  return rest === -1 ? read : new FlowFault(read.end + rest, "the value has ended before this");
}

function startOf(text: string, at = 0): number {
  const start = text.slice(at).search(/[^ \t\r\n]/);
  return start === -1 ? text.length : at + start;
}

function newMark(at: number): Mark {
  return { at, keyAt: undefined, children: new Map() };
}

function shifted(mark: Mark, by: number): Mark {
  const children = new Map([...mark.children].map(([key, child]) => [key, shifted(child, by)] as const));
  return { at: mark.at + by, keyAt: mark.keyAt === undefined ? undefined : mark.keyAt + by, children };
}
