import type { IndexRecord, Stretch } from "@confed/codecs";
import { readPacked } from "../keeper/packed-file.ts";
import { locate } from "../log-files.ts";
import { readPlain } from "../read-file.ts";
import { wrongStamp } from "./read-stamped.ts";

/** Of a stretch whose lines are stamped: each has a time, and none goes back unless the clock was set. The first that is wrong is named. */
export function stampFaults(
  stretch: Stretch,
  {
    logId,
    to,
    records,
  }: { readonly logId: string; readonly to: number; readonly records: readonly IndexRecord[] },
): string[] {
  const found = locate({ ...stretch, logId });
  if (found === undefined) return [];
  const readFile = found.packing === "none" ? readPlain : readPacked;
  const read = (pos: number, sizeBytes: number) => readFile(found.path, pos, sizeBytes);
  const marks = records.filter((record) => record.t === "at" && record.of === stretch.from);
  // The clock was set between two marks: the later one says so. Behind the last, nobody can know yet.
  const mayGoBack = (off: number) => {
    const next = marks.find((mark) => mark.off >= off);
    return next === undefined || (next.t === "at" && next.q !== undefined);
  };
  const wrong = wrongStamp(read, stretch, { to: Math.min(stretch.to, to), mayGoBack });
  if (wrong === undefined) return [];
  return [
    wrong.is === "none"
      ? `byte ${wrong.pos} of ${found.path} begins a line without a time`
      : `byte ${wrong.pos} of ${found.path} begins a line whose time is before that of the line before, and nobody says that the clock was set`,
  ];
}
