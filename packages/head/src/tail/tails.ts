import { ConfedError } from "@confed/kernel";
import type { Outlet, TailRequestReceived, TailResponse } from "@confed/wire";
import type { Caller } from "../access/head-access.ts";
import type { QuietStreams } from "../queries/quiet-streams.ts";
import { HeadTail, type HeadTailDeps } from "./head-tail.ts";

/** Each may copy the output of a whole site. */
const TAILS_MAX = 256;

export interface TailsDeps extends HeadTailDeps {
  readonly quietStreams: QuietStreams;
}

/** The tails of this head. */
export class Tails {
  readonly #deps: TailsDeps;
  readonly #tails = new Set<HeadTail>();
  #count = 0;

  constructor(deps: TailsDeps) {
    this.#deps = deps;
  }

  /** Who may see what has changed. */
  refresh(): void {
    for (const tail of this.#tails) tail.refresh();
  }

  /** Serve one tail until its receiver leaves. Throws "resource_exhausted", and what its selection is at fault for. */
  accept(request: TailRequestReceived, outlet: Outlet<TailResponse>, caller: Caller): void {
    if (this.#count >= TAILS_MAX) {
      throw new ConfedError("resource_exhausted", `${TAILS_MAX} tail through this head already (tailsMax)`);
    }
    const deps = { ...this.#deps, caller };
    const tail = new HeadTail(request, outlet, this.#deps.quietStreams.add(outlet), deps);
    this.#count += 1;
    this.#tails.add(tail);
    outlet.signal.addEventListener(
      "abort",
      () => {
        this.#count -= 1;
        this.#tails.delete(tail);
      },
      { once: true },
    );
  }
}
