import { type ConsoleStatusReceived, WIRE_LIMITS } from "@confed/wire";
import type { Directory } from "../directory/directory.ts";
import type { Query } from "./open-query.ts";

type Status = Readonly<ConsoleStatusReceived>;

/** As `StatusPage` of the contract. */
export interface DeltaPage {
  readonly consoles: Status[];
  readonly removed: string[];
}

/** Looking at more than this without a pause would keep others waiting. */
const SCANNED_MAX = 2_000;

/**
 * The statuses that a query finds, as they are when each page is made, in pages of at most 64 KiB.
 * A page may be empty: it is the place for a pause. What is gone meanwhile is left out.
 */
export function* statusPages(
  directory: Directory,
  { candidates, fits }: Query,
  wanted: (status: Status) => boolean = () => true,
): Generator<Status[], void> {
  let page: Status[] = [];
  let pageBytes = 0;
  let scanned = 0;
  for (const name of candidates) {
    const status = directory.statusOf(name);
    scanned += 1;
    if (status !== undefined && fits(status) && wanted(status)) {
      const sizeBytes = statusBytesMax(status);
      if (page.length > 0 && pageBytes + sizeBytes > WIRE_LIMITS.pageBytesMax) {
        yield page;
        page = [];
        pageBytes = scanned = 0;
      }
      page.push(status);
      pageBytes += sizeBytes;
    }
    if (scanned < SCANNED_MAX) continue;
    yield page;
    page = [];
    pageBytes = scanned = 0;
  }
  if (page.length > 0) yield page;
}

/** A report of these changes, in pages of at most 64 KiB. */
export function* deltaPages(
  changed: readonly Status[],
  removed: readonly string[],
): Generator<DeltaPage, void> {
  let page: DeltaPage = { consoles: [], removed: [] };
  let pageBytes = 0;
  const full = (sizeBytes: number) => {
    pageBytes += sizeBytes;
    return pageBytes > WIRE_LIMITS.pageBytesMax && page.consoles.length + page.removed.length > 0;
  };
  for (const status of changed) {
    const sizeBytes = statusBytesMax(status);
    if (full(sizeBytes)) {
      yield page;
      page = { consoles: [], removed: [] };
      pageBytes = sizeBytes;
    }
    page.consoles.push(status);
  }
  for (const name of removed) {
    const sizeBytes = textBytes(name) + ENTRY_FRAME_BYTES;
    if (full(sizeBytes)) {
      yield page;
      page = { consoles: [], removed: [] };
      pageBytes = sizeBytes;
    }
    page.removed.push(name);
  }
  if (page.consoles.length + page.removed.length > 0) yield page;
}

/** Tags, lengths and numbers of one status, and of one viewer. */
const STATUS_FRAME_BYTES = 128;
const VIEWER_FRAME_BYTES = 32;
const ENTRY_FRAME_BYTES = 12;

/** No fewer bytes than the status takes on the wire. */
export function statusBytesMax(status: Status): number {
  let sizeBytes =
    STATUS_FRAME_BYTES +
    textBytes(status.name) +
    textBytes(status.owner) +
    textBytes(status.transport) +
    textBytes(status.target) +
    textBytes(status.logPath) +
    textBytes(status.description);
  const { cause } = status;
  if (cause !== null) {
    const { code, message, subject, where, hint } = cause;
    sizeBytes +=
      textBytes(code) +
      textBytes(message) +
      textBytes(subject) +
      textBytes(where) +
      textBytes(hint) +
      ENTRY_FRAME_BYTES;
  }
  for (const key in status.labels) {
    sizeBytes += textBytes(key) + textBytes(status.labels[key] ?? "") + ENTRY_FRAME_BYTES;
  }
  for (const group of status.groups) sizeBytes += textBytes(group) + ENTRY_FRAME_BYTES;
  for (const viewer of status.viewers) {
    sizeBytes += textBytes(viewer.sessionId) + textBytes(viewer.subject) + VIEWER_FRAME_BYTES;
  }
  return sizeBytes;
}

function textBytes(text: string): number {
  return text === "" ? 0 : Buffer.byteLength(text);
}
