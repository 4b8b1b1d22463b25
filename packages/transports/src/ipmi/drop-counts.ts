import type { DropCause } from "@confed/codecs";

/** Datagrams that were dropped, by cause. A stranger is whoever is no BMC of ours. */
export type DropCounts = Partial<Record<DropCause | "stranger", number>>;

/** One more. */
export function countDrop(counts: DropCounts, cause: keyof DropCounts): void {
  counts[cause] = (counts[cause] ?? 0) + 1;
}
