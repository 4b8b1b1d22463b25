/** Where a value stands in its text, and where its parts do. Built only once a fault must be shown. */
export interface Mark {
  /** Offset of the value. */
  readonly at: number;
  /** Offset of its key, for the value of a mapping. */
  readonly keyAt: number | undefined;
  /** By key, or by index as text. */
  readonly children: Map<string, Mark>;
}

/** The keys and indices that lead to a value. */
export type ValuePath = readonly PropertyKey[];

/**
 * The offset for a fault at `path`: of the key or of the value. What is not there (a missing key)
 * is shown at the nearest thing around it that is.
 */
export function findMark(root: Mark, path: ValuePath, part: "key" | "value"): number {
  let mark = root;
  for (const step of path) {
    const child = mark.children.get(String(step));
    if (child === undefined) return mark.at;
    mark = child;
  }
  return part === "key" ? (mark.keyAt ?? mark.at) : mark.at;
}
