import { ConfedError, EXIT } from "@confed/kernel";

/** What the process exits with when one of these ends it: 128 and its number, as shells have it. */
export const EXIT_OF_SIGNAL = { SIGHUP: 129, SIGINT: EXIT.interrupted, SIGQUIT: 131, SIGTERM: 143 } as const;

/** A signal that ends a command. */
export type EndingSignal = keyof typeof EXIT_OF_SIGNAL;

/** "canceled" by a signal: whoever sent it needs no message, but its exit code. */
export class Interruption extends ConfedError {
  readonly exitCode: number;

  constructor(signal: EndingSignal) {
    super("canceled", "interrupted");
    this.exitCode = EXIT_OF_SIGNAL[signal];
  }
}
