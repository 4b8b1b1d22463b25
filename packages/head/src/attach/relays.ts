import { ConfedError } from "@confed/kernel";
import type { AttachRequestReceived, AttachResponse, Duplex } from "@confed/wire";
import type { Caller } from "../access/head-access.ts";
import { Relay, type RelayDeps } from "./relay.ts";

/** Attaches relayed at once. Those beyond go directly, which costs a head nothing. */
const RELAYS_MAX = 10_000;

/** The relayed attaches of this head. */
export class Relays {
  readonly #deps: Omit<RelayDeps, "caller">;
  #count = 0;

  constructor(deps: Omit<RelayDeps, "caller">) {
    this.#deps = deps;
  }

  /** Serve one attach. Throws "resource_exhausted". */
  accept(client: Duplex<AttachRequestReceived, AttachResponse>, caller: Caller): void {
    if (this.#count >= RELAYS_MAX) {
      throw new ConfedError(
        "resource_exhausted",
        `this head relays ${RELAYS_MAX} attaches already (relaysMax)`,
        {
          hint: "--route direct goes straight to the agent",
        },
      );
    }
    this.#count += 1;
    new Relay(client, { ...this.#deps, caller }, () => {
      this.#count -= 1;
    });
  }
}
