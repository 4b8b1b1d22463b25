import type { ForwardTarget } from "@confed/config";

/** What an audit writer is told first, as a line of JSON on its standard input. */
export interface WriterStart {
  readonly directory: string;
  readonly keyPath: string;
  /** Of the process that it writes for: ids of its events begin with it. */
  readonly run: string;
  /** As receivers of copies know this host and process. */
  readonly host: string;
  readonly process: string;
  readonly rotateSizeBytes: number;
  readonly keep?: { readonly ageMs?: number | undefined; readonly count?: number | undefined } | undefined;
  readonly forward: readonly ForwardTarget[];
}

/** An event, as a line behind that: its number in this run, a space, and the fields of its record. */
export function eventLine(number: number, fields: string): string {
  return `${number} ${fields}\n`;
}

/** What an audit writer answers, a line of JSON each. */
export type WriterReply =
  /** Events up to this number are on the disk; the first one is said as soon as it can begin. */
  | { readonly say: "written"; readonly upTo: number }
  /** Nothing can be written; it tries again by itself. */
  | { readonly say: "trouble"; readonly text: string }
  /** Something that the process should log. */
  | { readonly say: "note"; readonly level: "info" | "warn"; readonly text: string };

/** The id that an event has in its record. */
export function eventId(run: string, number: number): string {
  return `${run}-${number}`;
}

/** The number of an event of this run; undefined: it is another's. */
export function numberInRun(run: string, id: unknown): number | undefined {
  if (typeof id !== "string" || !id.startsWith(`${run}-`)) return undefined;
  const number = Number(id.slice(run.length + 1));
  return Number.isSafeInteger(number) ? number : undefined;
}
