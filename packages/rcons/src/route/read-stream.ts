import type { ConfedError } from "@confed/kernel";
import type { Inlet } from "@confed/wire";

/** Where what is read goes; it may ask for a pause. */
export interface Drain {
  /** Bytes wait that the operating system did not take yet, more than should. */
  readonly full: boolean;
  /** Resolves when it is no longer full. */
  drained(): Promise<void>;
}

/**
 * Read a stream to its end, one call a message, no faster than the sink takes it. Rejects with the
 * error by which the stream ended.
 */
export function readStream<T>(inlet: Inlet<T>, sink: Drain, onMessage: (message: T) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let paused = false;
    inlet.receive(
      (message) => {
        onMessage(message);
        if (!sink.full || paused) return;
        paused = true;
        inlet.pause();
        void sink.drained().then(() => {
          paused = false;
          inlet.resume();
        });
      },
      (error?: ConfedError) => {
        if (error === undefined) resolve();
        else reject(error);
      },
    );
  });
}
