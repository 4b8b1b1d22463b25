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
  let backlogBytes = 0;
  let finished = false;
  let waiting: (() => void)[] = [];
  const release = () => {
    const released = waiting;
    waiting = [];
    for (const resolve of released) resolve();
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
        backlogBytes -= sizeBytes;
        if (backlogBytes === 0) release();
      });
    },
    drained() {
      if (backlogBytes === 0 || ended.signal.aborted) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
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
      release();
    },
  };
}
