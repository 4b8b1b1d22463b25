import { type Cancel, ConfedError } from "@confed/kernel";
import type { Link } from "@confed/transports";

/** What the present state of a console holds: a dial under way, an armed retry, or a link. */
export class Holdings {
  dialing: AbortController | undefined;
  cancelRetry: Cancel | undefined;
  link: Link | undefined;
  /** Resolves when every link that was let go of is closed. */
  released: Promise<void> = RELEASED;

  /** Leaving a state lets go of all of it. */
  letGo(): void {
    this.dialing?.abort(LEFT);
    this.dialing = undefined;
    this.cancelRetry?.();
    this.cancelRetry = undefined;
    const { link } = this;
    if (link !== undefined) this.released = this.released.then(() => link.close());
    this.link = undefined;
  }
}

/** Shared by all that hold nothing: what a console let go of first is let go of already. */
const RELEASED = Promise.resolve();

/** Why a dial is given up. One for all, because an error keeps the stack of its making. */
const LEFT = new ConfedError("canceled", "the console is not to be dialed any more");
