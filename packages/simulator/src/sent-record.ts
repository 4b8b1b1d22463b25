/** The ways into a simulated console. */
export type LinkKind = "tcp" | "telnet" | "ipmi" | "ssh";

/**
 * How far one connection's lines can be trusted to have arrived:
 * - `open`: still up; everything written arrives unless it breaks later.
 * - `flushed`: the console hung up, the kernel took every byte and the end of file after them, and
 *   nothing was reset: a peer that reads to the end has every line.
 * - `peer`: the far end closed first. Lines after the last one it read are lost, as on a real line.
 * - `reset`: the connection broke, was reset, or a newer one took its place. As `peer`.
 * - `merged`: several old records in one, to bound memory; any of its lines may have been lost.
 */
export type SentEnd = "open" | "flushed" | "peer" | "reset" | "merged";

/** What one connection was sent. */
export interface SentRecord {
  readonly transport: LinkKind;
  /** Counts the connections of this console from 1. */
  readonly connection: number;
  /** The first numbered line of this connection; `lastSeq` is below it if there was none. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Every line up to this one had wholly left this process for the kernel; the rest may not have. */
  readonly acceptedSeq: number;
  /** All bytes written, echo and text included, before any protocol of the transport. */
  readonly bytes: number;
  readonly ended: SentEnd;
}

/** Everything one console was sent and was told. The truth that a log is held against. */
export interface SentReport {
  readonly console: string;
  readonly lineBytes: number;
  /** Numbered lines sent since the rack started; they are 1..lines, without a hole. */
  readonly lines: number;
  /** In order; their ranges of sequence numbers touch. */
  readonly connections: readonly SentRecord[];
  /** Lines that came due while the peer took no more or the console was silenced; never numbered. */
  readonly withheld: number;
  readonly inputBytes: number;
  /** crc32 of all input since the start, in order of arrival. */
  readonly inputCrc32: number;
  readonly breaks: number;
}

/** Records kept for one console; older ones are merged. A console that reconnects every 3 s fills it in 50 min. */
export const SENT_RECORDS_MAX = 1024;

/** A record while its connection lives. */
export type OpenRecord = { -readonly [Key in keyof SentRecord]: SentRecord[Key] };

/** Add a record, keeping the bound: the two oldest become one. */
export function addRecord(records: OpenRecord[], record: OpenRecord): void {
  records.push(record);
  if (records.length <= SENT_RECORDS_MAX) return;
  const [oldest, next] = records;
  if (oldest === undefined || next === undefined) return;
  const certain = oldest.ended === "flushed" && next.ended === "flushed";
  records.splice(0, 2, {
    ...next,
    firstSeq: oldest.firstSeq,
    bytes: oldest.bytes + next.bytes,
    ended: certain ? "flushed" : "merged",
  });
}
