import type { InheritedConsole } from "../console/inherited-console.ts";

/** What a successor finds behind its descriptors. Links follow, one after the other. */
export const SUCCESSOR_FDS = { channel: 3, listener: 4, firstLink: 5 } as const;

/** One console whose link goes on. */
export interface HandedConsole extends InheritedConsole {
  readonly name: string;
  /** Where the link leads: a configuration that has changed meanwhile leads elsewhere. */
  readonly transport: string;
  readonly target: string;
  /** As the successor numbers it. */
  readonly fd: number;
  readonly snapshot: object;
}

/** What an agent tells the process that is to take over from it, in this order. */
export type FromPredecessor =
  | { readonly say: "consoles"; readonly page: readonly HandedConsole[] }
  /** That was all: logs are closed, the state directory is free. `fdCount` links were inherited. */
  | { readonly say: "go"; readonly instance: string; readonly fdCount: number }
  /** There is no way back: read, and join heads. */
  | { readonly say: "begin" };

/** What the successor answers. */
export type FromSuccessor =
  /** It is loaded, and its configuration is sound. */
  | { readonly say: "prepared"; readonly version: string }
  /** It listens and its logs are open; it has read nothing. */
  | { readonly say: "ready" }
  /** It cannot, and ends. */
  | { readonly say: "failed"; readonly code: string; readonly message: string };

/** Consoles of one message: far below the channel's bound. */
export const CONSOLES_PER_PAGE = 500;
