import type { InheritedConsole, InheritedOutage } from "../console/inherited-console.ts";
import type { GatewayListener } from "../gateway/agent-gateway.ts";
import type { LogEnd } from "../log/writer-messages.ts";
import type { HandedSeat } from "../viewers/held-seats.ts";

/** What a successor finds behind its descriptors. Links follow, one after the other, and what conserver's clients come to. */
export const SUCCESSOR_FDS = { channel: 3, listener: 4, firstLink: 5 } as const;

/** One link that may go on. */
export interface HandedLink {
  readonly name: string;
  /** Where the link leads: a configuration that has changed meanwhile leads elsewhere. */
  readonly transport: string;
  readonly target: string;
  /** As the successor numbers it. */
  readonly fd: number;
}

/** A console whose link goes on: it was not lost since the link was announced. */
export interface HandedConsole extends InheritedConsole {
  readonly name: string;
  readonly snapshot: object;
}

/** A console that is without a link, and where its attempts are. */
export interface HandedOutage extends InheritedOutage {
  readonly name: string;
}

/** Where a console's log ends. */
export interface HandedLog extends LogEnd {
  readonly name: string;
}

/** What an agent tells the process that is to take over from it, in this order. */
export type FromPredecessor =
  | { readonly say: "links"; readonly page: readonly HandedLink[] }
  /** Those were all links: do whatever can be done while this process reads on. */
  | {
      readonly say: "prepare";
      readonly instance: string;
      /** As the successor numbers them. An earlier version has none. */
      readonly gateway?: readonly GatewayListener[];
    }
  | { readonly say: "consoles"; readonly page: readonly HandedConsole[] }
  | { readonly say: "outages"; readonly page: readonly HandedOutage[] }
  /** Where logs end that are left to whoever goes on: the disk knows only what is reserved. */
  | { readonly say: "logs"; readonly page: readonly HandedLog[] }
  /** That was all that is in no file. */
  | { readonly say: "told" }
  /** Logs are closed or left, the state directory is free. */
  | { readonly say: "go" }
  | { readonly say: "seats"; readonly page: readonly HandedSeat[] }
  /** There is no way back: read, let viewers in, and join heads. */
  | { readonly say: "begin" };

/** What the successor answers. */
export type FromSuccessor =
  /** It is loaded, its configuration is sound, and nothing is left to do that could be done by now. */
  | {
      readonly say: "prepared";
      readonly version: string;
      /** It goes on with logs that are left as they are. An earlier version needs them closed. */
      readonly goesOn?: boolean;
    }
  /** Its logs are open; it has read nothing and answers nobody. */
  | { readonly say: "ready" }
  /** It has read every link, and its logs have all of it: the processor is free for others. */
  | { readonly say: "settled" }
  /** It cannot, and ends. */
  | { readonly say: "failed"; readonly code: string; readonly message: string };

/** Entries of one message: far below the channel's bound. */
const ENTRIES_PER_PAGE = 500;

/** Pages of entries, in order; of none, none. */
export function* pagesOf<T>(entries: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < entries.length; at += ENTRIES_PER_PAGE)
    yield entries.slice(at, at + ENTRIES_PER_PAGE);
}
