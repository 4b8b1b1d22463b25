import type { WrittenEntry } from "./store.ts";

/** To the store process, a line of JSON each. */
export type StoreCommand =
  | { readonly do: "open"; readonly path: string }
  | { readonly do: "commit"; readonly id: number; readonly changes: readonly WrittenChange[] };

export interface WrittenChange {
  readonly kind: string;
  readonly key: string;
  /** Absent: remove it. */
  readonly value?: unknown;
  readonly ifRevision?: number | undefined;
  /** The revision that another store gave it; absent: the next one of this store. */
  readonly revision?: number | undefined;
}

/** From the store process. */
export type StoreReply =
  /** All that is in the file, in pages; `done` with the last. */
  | {
      readonly is: "page";
      readonly entries: readonly WrittenEntry[];
      readonly revision: number;
      readonly done: boolean;
    }
  /** On the disk. */
  | { readonly is: "committed"; readonly id: number; readonly revision: number }
  /** Nothing was written: this entry is not of the revision asked for. */
  | { readonly is: "conflict"; readonly id: number; readonly kind: string; readonly key: string }
  /** Nothing was written: the disk is full, or failing. */
  | { readonly is: "failed"; readonly id: number; readonly why: string }
  /** The file cannot be opened; the process ends. */
  | { readonly is: "unusable"; readonly why: string };
