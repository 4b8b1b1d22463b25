import type { ConfedError, Selectable } from "@confed/kernel";
import type { VerbSet } from "@confed/trust";
import type { Call, OpenReceived, TicketReceived } from "@confed/wire";

/** What one caller may do here, as long as it lasts. Asked each time, for it changes. */
export interface Grant {
  /** Who, as others see it and the audit says it. */
  readonly subject: string;
  /** What is allowed with this console now. */
  verbsOn(console: Selectable): VerbSet;
  /** True if some console may be allowed this now. */
  mayEver(verbs: VerbSet): boolean;
  /** Why nothing is allowed any more, in words for the screen; undefined while it lasts. */
  readonly ended: ConfedError | undefined;
}

/** A grant for a session: it ends, and can be taken up again. */
export interface SessionGrant extends Grant {
  /** How long it may last from now on; Infinity where nothing limits it. */
  readonly leftMs: number;
  /** An earlier session of the same client, which this one replaces if it is still there. */
  readonly supersedes: string | undefined;
  /** What its client comes back with. */
  resumeToken(sessionId: string): Uint8Array;
}

/** How an attach is let in: at once, or when its client has proven that it holds a key. */
export type Admission =
  | { readonly is: "granted"; readonly grant: SessionGrant }
  | {
      readonly is: "to_prove";
      /** What the proof is about, as the client is told. */
      readonly id: string;
      /** Throws "unauthenticated" for anything but the signature of that key. */
      readonly prove: (signature: Uint8Array) => SessionGrant;
    };

/**
 * Who may do what at this agent. Everything that touches a console is asked for here, whether it
 * comes straight or through a head.
 */
export interface Access {
  /** Who makes a call that is no attach. Throws "unauthenticated". */
  authorise(call: Call, ticket?: TicketReceived | null): Grant;
  /** Who attaches. `nonce` is what was sent for this stream alone. Throws "unauthenticated". */
  admit(call: Call, open: OpenReceived, nonce: Uint8Array): Admission;
  /** Called after whatever may have changed what is granted. Returns how to be told no more. */
  watch(onChange: () => void): () => void;
}
