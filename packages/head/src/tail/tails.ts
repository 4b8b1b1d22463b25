import { ConfedError } from "@confed/kernel";
import type { Outlet, TailRequestReceived, TailResponse } from "@confed/wire";
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
  #count = 0;

  constructor(deps: TailsDeps) {
    this.#deps = deps;
  }

  /** Serve one tail until its receiver leaves. Throws "resource_exhausted", and what its selection is at fault for. */
  accept(request: TailRequestReceived, outlet: Outlet<TailResponse>): void {
    if (this.#count >= TAILS_MAX) {
      throw new ConfedError("resource_exhausted", `${TAILS_MAX} tail through this head already (tailsMax)`);
    }
    this.#count += 1;
    outlet.signal.addEventListener(
      "abort",
      () => {
        this.#count -= 1;
      },
      { once: true },
    );
    new HeadTail(request, outlet, this.#deps.quietStreams.add(outlet), this.#deps);
  }
}
