// A journal is a chain of records, each as
//
//   | crc u32 | length u32 | kind u8 | console u32 | payload ... |
//
// little endian; length and CRC-32 are of what follows them. A torn or damaged record ends it: what
// comes behind was not synced. Bytes are preceded by an offset f64; everything else is JSON.

import { crc32 } from "node:zlib";
import type { IndexRecord } from "@confed/codecs";

/** Whose records have this number, and up to where everything is on the disk without the journal. */
export interface Journaled {
  readonly name: string;
  readonly log: string;
  readonly end: number;
}

/** What {@link visitJournal} calls; `bytes` are views. */
export interface JournalVisitor {
  named(number: number, console: Journaled): void;
  bytes(number: number, offset: number, bytes: Uint8Array): void;
  noted(number: number, record: IndexRecord): void;
}

const KIND = { named: 0, bytes: 1, noted: 2 } as const;
const CHECKED_AT = 8;
const PAYLOAD_AT = 13;

/** From here on, `number` is that console. */
export function namedRecord(number: number, console: Journaled): Uint8Array {
  return jsonRecord(KIND.named, number, console);
}

/** Something was written into its index. */
export function notedRecord(number: number, record: IndexRecord): Uint8Array {
  return jsonRecord(KIND.noted, number, record);
}

/** What stands before these bytes; the bytes themselves are written behind it, uncopied. */
export function bytesHead(number: number, offset: number, bytes: Uint8Array): Uint8Array {
  const head = Buffer.alloc(PAYLOAD_AT + 8);
  head.writeUInt32LE(head.byteLength - CHECKED_AT + bytes.byteLength, 4);
  head.writeUInt8(KIND.bytes, 8);
  head.writeUInt32LE(number, 9);
  head.writeDoubleLE(offset, PAYLOAD_AT);
  head.writeUInt32LE(crc32(bytes, crc32(head.subarray(CHECKED_AT))), 0);
  return head;
}

/** Walk the records up to the first that is damaged or torn. */
export function visitJournal(journal: Buffer, visitor: JournalVisitor): void {
  for (let at = 0; at + PAYLOAD_AT <= journal.byteLength; ) {
    const end = at + CHECKED_AT + journal.readUInt32LE(at + 4);
    if (end < at + PAYLOAD_AT || end > journal.byteLength) return;
    if (crc32(journal.subarray(at + CHECKED_AT, end)) !== journal.readUInt32LE(at)) return;
    const kind = journal.readUInt8(at + 8);
    const number = journal.readUInt32LE(at + 9);
    const payload = journal.subarray(at + PAYLOAD_AT, end);
    if (kind === KIND.bytes) visitor.bytes(number, payload.readDoubleLE(0), payload.subarray(8));
    // The CRC held, so this is what some version of us wrote.
    else if (kind === KIND.named) visitor.named(number, JSON.parse(payload.toString()) as Journaled);
    else if (kind === KIND.noted) visitor.noted(number, JSON.parse(payload.toString()) as IndexRecord);
    at = end;
  }
}

function jsonRecord(kind: number, number: number, value: object): Uint8Array {
  const json = Buffer.from(JSON.stringify(value));
  const record = Buffer.concat([Buffer.alloc(PAYLOAD_AT), json]);
  record.writeUInt32LE(record.byteLength - CHECKED_AT, 4);
  record.writeUInt8(kind, 8);
  record.writeUInt32LE(number, 9);
  record.writeUInt32LE(crc32(record.subarray(CHECKED_AT)), 0);
  return record;
}
