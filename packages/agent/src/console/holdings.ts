import { type Cancel, type Clock, ConfedError } from "@confed/kernel";
import type { Link } from "@confed/transports";

/** What the present state of a console holds: a dial under way, an armed retry, or a link. */
export class Holdings {
  dialing: AbortController | undefined;
  /** Resolves when the last dial has ended, or was given up and has left nothing behind. */
  dialed: Promise<void> = RELEASED;
  cancelRetry: Cancel | undefined;
  link: Link | undefined;
  /** Resolves when every link and every dial that was let go of is closed. */
  released: Promise<void> = RELEASED;

  /** Try again after this time, whatever was armed before; undefined: not by itself. */
  retryAfter(delayMs: number | undefined, timers: Pick<Clock, "after">, run: () => void): void {
    this.cancelRetry?.();
    this.cancelRetry = delayMs === undefined ? undefined : timers.after(delayMs, run);
  }

  /** Leaving a state lets go of all of it. */
  letGo(timers: Pick<Clock, "after">): void {
    if (this.dialing !== undefined) {
      this.dialing.abort(LEFT);
      // It may have a session with the far end by now, which whoever dials next would find taken.
      const [released, given] = [this.released, givenUp(this.dialed, timers)];
      this.released = released.then(() => given);
    }
    this.dialing = undefined;
    this.dialed = RELEASED;
    this.cancelRetry?.();
    this.cancelRetry = undefined;
    const { link } = this;
    if (link !== undefined) this.released = this.released.then(() => link.close());
    this.link = undefined;
  }
}

/** Shared by all that hold nothing: what a console let go of first is let go of already. */
const RELEASED = Promise.resolve();

/** Of a good-bye over a bad network; what takes longer hangs, and nobody waits for it. */
const GIVEN_UP_MS_MAX = 2_000;

function givenUp(dialed: Promise<void>, timers: Pick<Clock, "after">): Promise<void> {
  return new Promise((resolve) => {
    const cancel = timers.after(GIVEN_UP_MS_MAX, resolve);
    void dialed.then(() => {
      cancel();
      resolve();
    });
  });
}

/** Why a dial is given up. One for all, because an error keeps the stack of its making. */
const LEFT = new ConfedError("canceled", "the console is not to be dialed any more");
