import { type Fault, formatFault, type LoadResult } from "@confed/config";
import type { OutputStream } from "../world.ts";

/** What was loaded; or undefined, every fault having been said on a line of its own. */
export async function loadOrSay<T>(
  loading: Promise<LoadResult<T>>,
  stderr: OutputStream,
): Promise<T | undefined> {
  const loaded = await loading;
  if (loaded.faults !== undefined) stderr.write(faultLines(loaded.faults));
  return loaded.ok;
}

/** Faults for people, one a line, and how many they are. */
export function faultLines(faults: readonly Fault[]): string {
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  return [...faults.map(formatFault), `confed: ${count} in the configuration`, ""].join("\n");
}
