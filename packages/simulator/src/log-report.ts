import { countOf, describeRanges, type SeqRange } from "./seq-ranges.ts";

/** Bytes of a log that are no valid line. */
export interface Damage {
  /** Where in the log. */
  readonly offset: number;
  readonly bytes: number;
  /** Its beginning, for people; not neutralised. */
  readonly text: string;
}

/** A log held against what was sent. */
export interface LogReport {
  readonly console: string;
  readonly bytes: number;
  /** Valid numbered lines, repeated ones included. */
  readonly lines: number;
  /** Sent, must have arrived, not in the log. */
  readonly missing: readonly SeqRange[];
  /** Sent, not in the log, and that may be: the end of a connection that broke, or a gap that was owned up to. */
  readonly excused: readonly SeqRange[];
  /** More than once in the log. */
  readonly duplicated: readonly SeqRange[];
  /** Lines that come after a higher number. */
  readonly outOfOrder: readonly { readonly offset: number; readonly seq: number; readonly after: number }[];
  /** Pieces of this console's lines that are no line. */
  readonly corrupted: readonly Damage[];
  /** Lines cut short where a connection broke or at a gap: not a fault. */
  readonly cutShort: number;
  /** Bytes that never were a numbered line: echo, text of a demo, another console's output. */
  readonly foreign: readonly Damage[];
  readonly foreignBytes: number;
  /** Valid lines of this console that it never sent. */
  readonly unsent: readonly SeqRange[];
  /** Bytes of a piece of a line at the beginning and at the end of the log; the lines themselves count as not there. */
  readonly partialFirstBytes: number;
  readonly partialLastBytes: number;
  /** Lists are cut at this many entries each; true if one was. */
  readonly listsCut: boolean;
  /** Exact: nothing missing, duplicated, out of order, corrupted, unsent; nothing foreign unless that was allowed. */
  readonly exact: boolean;
}

/** Entries kept of a list of a report; a wholly broken log must not fill the memory. */
export const REPORT_LIST_MAX = 1000;

/** A report for people: one line if the log is exact, else one more for each kind of fault. */
export function describeLogReport(report: LogReport): string {
  const { console, lines, bytes, exact, missing, excused, duplicated, outOfOrder, corrupted, foreign } =
    report;
  const text = [`${console}: ${exact ? "exact" : "NOT EXACT"}, ${lines} lines, ${bytes} bytes`];
  const ranges = (what: string, list: readonly SeqRange[]): void => {
    if (list.length > 0) text.push(`  ${what} ${countOf(list)}: ${describeRanges(list)}`);
  };
  const damages = (what: string, list: readonly Damage[]): void => {
    const shown = list.slice(0, 5).map(({ offset, bytes: size, text: piece }) => {
      return `${size} bytes at ${offset} ${JSON.stringify(piece)}`;
    });
    if (list.length > 0) text.push(`  ${what} ${list.length}: ${shown.join("; ")}`);
  };
  ranges("missing", missing);
  ranges("duplicated", duplicated);
  ranges("never sent", report.unsent);
  const jumps = outOfOrder.slice(0, 5).map(({ seq, after, offset }) => `${seq} after ${after} at ${offset}`);
  if (jumps.length > 0) text.push(`  out of order ${outOfOrder.length}: ${jumps.join("; ")}`);
  damages("corrupted", corrupted);
  damages("foreign", foreign);
  ranges("lost where that may be", excused);
  if (report.cutShort > 0) text.push(`  cut short where a connection broke: ${report.cutShort}`);
  if (report.listsCut) text.push(`  (lists cut at ${REPORT_LIST_MAX} entries)`);
  return text.join("\n");
}
