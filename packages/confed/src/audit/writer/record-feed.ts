import { readLine } from "@confed/trust/audit";
import { auditFilesIn, linesOf } from "../audit-files.ts";

/** The records of a directory behind some record, one after the other, as they are written. */
export interface RecordFeed {
  /** Undefined: there is no more for now. */
  next(): { readonly line: string; readonly seq: number } | undefined;
  /** Final. */
  close(): void;
}

/** Follow a directory. What is there and no record is passed over: that is for `audit verify` to say. */
export function recordFeed(directory: string, after: number): RecordFeed {
  let seq = after;
  let path = "";
  let offset = 0;
  let lines: Generator<string> | undefined;
  const nextFile = () => {
    const files = auditFilesIn(directory);
    // The newest that does not begin behind what is wanted; if older ones are gone, the oldest.
    const from = files.findLast(({ first }) => first <= seq + 1) ?? files[0];
    if (from === undefined || from.path === path) return false;
    path = from.path;
    offset = 0;
    return true;
  };
  return {
    next() {
      for (;;) {
        lines ??= path === "" ? undefined : linesOf(path, { offset });
        const step = lines?.next();
        if (step?.done === false) {
          const line = step.value;
          offset += Buffer.byteLength(line) + 1;
          const read = readLine(line);
          if (read === undefined || read.seq <= seq) continue;
          seq = read.seq;
          return { line, seq };
        }
        lines = undefined;
        if (!nextFile()) return undefined;
      }
    },
    close() {
      lines?.return(undefined);
    },
  };
}
