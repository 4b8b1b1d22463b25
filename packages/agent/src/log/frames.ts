// What goes over the pipes to and from the log processes:
//
//   | kind u8 | length u32 little endian | payload ... |
//
// Batches are binary (arena records, see kernel/arena.ts), everything else is JSON: it is rare.

import { invariant } from "@confed/kernel";
import { LOG_LIMITS } from "./log-limits.ts";

export const FRAME = { json: 0, batch: 1, bytes: 2, again: 3 } as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

/** Of an `again` frame, before its records: seq f64, number u32, final u8. */
export const AGAIN_HEAD_BYTES = 13;

const HEADER_BYTES = 5;

/** The header of a frame whose payload of `lengthBytes` is written right after it. */
export function frameHeader(kind: FrameKind, lengthBytes: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  header[0] = kind;
  new DataView(header.buffer).setUint32(1, lengthBytes, true);
  return header;
}

/** A whole JSON frame. */
export function jsonFrame(message: object): Uint8Array {
  const payload = Buffer.from(JSON.stringify(message));
  return Buffer.concat([frameHeader(FRAME.json, payload.byteLength), payload]);
}

/**
 * Cuts a byte stream into frames. `onFrame` gets the payload as a view that is valid during the
 * call. The buffer grows to the largest frame seen and stays: no allocation per frame afterwards.
 * Both ends are ours: a frame over the bound is a bug.
 */
export class FrameReader {
  readonly #onFrame: (kind: FrameKind, payload: Uint8Array) => void;
  #buffer = new Uint8Array(64 * 1024);
  #usedBytes = 0;

  constructor(onFrame: (kind: FrameKind, payload: Uint8Array) => void) {
    this.#onFrame = onFrame;
  }

  feed(bytes: Uint8Array): void {
    this.#reserve(this.#usedBytes + bytes.byteLength);
    this.#buffer.set(bytes, this.#usedBytes);
    this.#usedBytes += bytes.byteLength;
    const view = new DataView(this.#buffer.buffer);
    let at = 0;
    while (this.#usedBytes - at >= HEADER_BYTES) {
      const lengthBytes = view.getUint32(at + 1, true);
      invariant(lengthBytes <= LOG_LIMITS.frameBytesMax, `a frame of ${lengthBytes} bytes`);
      const end = at + HEADER_BYTES + lengthBytes;
      if (end > this.#usedBytes) break;
      this.#onFrame(view.getUint8(at) as FrameKind, this.#buffer.subarray(at + HEADER_BYTES, end));
      at = end;
    }
    this.#buffer.copyWithin(0, at, this.#usedBytes);
    this.#usedBytes -= at;
  }

  #reserve(sizeBytes: number): void {
    if (sizeBytes <= this.#buffer.byteLength) return;
    const grown = new Uint8Array(Math.max(sizeBytes, this.#buffer.byteLength * 2));
    grown.set(this.#buffer.subarray(0, this.#usedBytes));
    this.#buffer = grown;
  }
}
