import { setMaxListeners } from "node:events";
import type { ConfedError } from "@confed/kernel";
import { Encoded } from "./contract-definitions.ts";
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
}

/**
 * The sending side over a grpc-js stream. Messages are encoded here, once, so that the backlog is
 * counted in bytes: grpc-js counts objects. Costs one small closure a message.
 */
export function outletOf<Out extends object>({
  call,
  encode,
  finish,
}: OutletParts<Out>): {
  readonly outlet: Outlet<Out>;
  /** The stream is over: settles `signal` and `drained`. Idempotent. */
  readonly over: (reason: ConfedError) => void;
} {
  const ended = new AbortController();
  // A tail has a listener for every console that catches up: many, and none of them a leak.
  setMaxListeners(0, ended.signal);
  let backlogBytes = 0;
  let finished = false;
  let waiting: { readonly toBytes: number; readonly resolve: () => void }[] = [];
  const release = () => {
    const released = waiting.filter(({ toBytes }) => backlogBytes <= toBytes);
    if (released.length === 0) return;
    waiting = waiting.filter(({ toBytes }) => backlogBytes > toBytes);
    for (const { resolve } of released) resolve();
  };
  const outlet: Outlet<Out> = {
    get backlogBytes() {
      return backlogBytes;
    },
    signal: ended.signal,
    send(message) {
      if (finished || ended.signal.aborted) return;
      const encoded = message instanceof Encoded ? message : new Encoded(encode(message));
      const sizeBytes = encoded.bytes.byteLength;
      backlogBytes += sizeBytes;
      call.write(encoded, () => {
        if (ended.signal.aborted) return;
        backlogBytes -= sizeBytes;
        if (waiting.length > 0) release();
      });
    },
    drained(toBytes = 0) {
      if (backlogBytes <= toBytes) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ toBytes, resolve }));
    },
    end(error) {
      if (finished) return;
      finished = true;
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
      release();
    },
  };
}
