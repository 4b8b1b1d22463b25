import { foldName } from "./console-name.ts";

/**
 * The first two names that cannot live together: the same, or different only in case. In the
 * order given; undefined when all can. Linear: 100,000 names are no trouble.
 */
export function findCollision(names: Iterable<string>): readonly [string, string] | undefined {
  const nameOfFold = new Map<string, string>();
  for (const name of names) {
    const fold = foldName(name);
    const earlier = nameOfFold.get(fold);
    if (earlier !== undefined) return [earlier, name];
    nameOfFold.set(fold, name);
  }
  return undefined;
}
