import { setMaxListeners } from "node:events";
import type { ConfedError } from "@confed/kernel";
import { Encoded } from "./contract-definitions.ts";
import { WIRE_LIMITS } from "./limits.ts";
import type { Outlet } from "./streams.ts";

/** What grpc-js calls a writable; the part of it that is used. */
interface GrpcWritable {
  write(message: unknown, done: (error?: Error | null) => void): boolean;
}

export interface OutletParts<Out> {
  readonly call: GrpcWritable;
  readonly encode: (message: Out) => Buffer;
  /** Ends the call in its own way: half-close or status. */
  readonly finish: (error?: ConfedError) => void;
  /** What is handed to grpc-js before it has answered for it; less than `handedBytesMax` where many share. */
  readonly handedBytesMax?: () => number;
  /** Something is sent for the first time. */
  readonly onBegin?: () => void;
}

/**
 * The sending side over a grpc-js stream, which copies each message for each stream and gives none back:
 * it is handed little, and what waits beyond that waits here, where shared messages are shared and can be
 * discarded. Messages are encoded here, once, so that the backlog is
 * counted in bytes: grpc-js counts objects. Costs one small closure a message.
 */
export function outletOf<Out extends object>({
  call,
  encode,
  finish,
  handedBytesMax = () => WIRE_LIMITS.handedBytesMax,
  onBegin,
}: OutletParts<Out>): {
  readonly outlet: Outlet<Out>;
  /** The stream is over: settles `signal` and `drained`. Idempotent. */
  readonly over: (reason: ConfedError) => void;
} {
  const ended = new AbortController();
  // A tail has a listener for every console that catches up: many, and none of them a leak.
  setMaxListeners(0, ended.signal);
  let backlogBytes = 0;
  let handedBytes = 0;
  let takenBytes = 0;
  /** Behind what was handed over. */
  let queue: Encoded[] = [];
  /** The first of the queue that still waits: cheaper than taking each out of its front. */
  let queueHead = 0;
  let finished = false;
  let waiting: { readonly toBytes: number; readonly resolve: () => void }[] = [];
  const release = () => {
    const released = waiting.filter(({ toBytes }) => backlogBytes <= toBytes);
    if (released.length === 0) return;
    waiting = waiting.filter(({ toBytes }) => backlogBytes > toBytes);
    for (const { resolve } of released) resolve();
  };
  const hand = (encoded: Encoded) => {
    const sizeBytes = encoded.bytes.byteLength;
    handedBytes += sizeBytes;
    call.write(encoded, () => {
      if (ended.signal.aborted) return;
      handedBytes -= sizeBytes;
      backlogBytes -= sizeBytes;
      takenBytes += sizeBytes;
      handOver(handedBytesMax());
      if (waiting.length > 0) release();
    });
  };
  const handOver = (toBytes: number) => {
    while (handedBytes < toBytes) {
      const next = queue[queueHead];
      if (next === undefined) break;
      queueHead += 1;
      hand(next);
    }
    if (queueHead < queue.length && queueHead < QUEUE_TRIM_COUNT) return;
    queue = queue.slice(queueHead);
    queueHead = 0;
  };
  const outlet: Outlet<Out> = {
    get backlogBytes() {
      return backlogBytes;
    },
    get takenBytes() {
      return takenBytes;
    },
    signal: ended.signal,
    send(message) {
      if (finished || ended.signal.aborted) return;
      const encoded = message instanceof Encoded ? message : new Encoded(encode(message));
      if (backlogBytes === 0 && takenBytes === 0) onBegin?.();
      backlogBytes += encoded.bytes.byteLength;
      if (handedBytes < handedBytesMax()) hand(encoded);
      else queue.push(encoded);
    },
    discard() {
      const discardedBytes = backlogBytes - handedBytes;
      queue = [];
      queueHead = 0;
      backlogBytes = handedBytes;
      if (waiting.length > 0) release();
      return discardedBytes;
    },
    drained(toBytes = 0) {
      if (backlogBytes <= toBytes) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ toBytes, resolve }));
    },
    end(error) {
      if (finished) return;
      finished = true;
      handOver(Number.POSITIVE_INFINITY);
      if (!ended.signal.aborted) finish(error);
    },
  };
  return {
    outlet,
    over(reason) {
      if (ended.signal.aborted) return;
      ended.abort(reason);
      // What was queued is nobody's any more: grpc-js does not answer for the writes of a dead call.
      backlogBytes = 0;
      queue = [];
      queueHead = 0;
      release();
    },
  };
}

/** Handed-over messages that the queue may still hold a reference to. */
const QUEUE_TRIM_COUNT = 256;
