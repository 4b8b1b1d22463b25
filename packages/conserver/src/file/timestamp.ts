/** What `timestamp` asks of a log, as far as it says something: each part may come from another block. */
export interface Timestamp {
  /** Attaching, detaching, bumping, idle strings. */
  readonly activity?: boolean;
  readonly breaks?: boolean;
  readonly tasks?: boolean;
  /** A mark every so often, or a time in front of every so many lines. */
  readonly mark?: { readonly seconds: number } | { readonly lines: number };
}

/**
 * `[number[m|h|d|l]][a][b][t]` in any case; of several numbers the last counts, a number that ends
 * the value or stands before `a`, `b` or `t` is minutes. Text: what is wrong; then it counts for nothing.
 */
export function parseTimestamp(value: string): Timestamp | string {
  let stamp: Timestamp = { activity: false, breaks: false, tasks: false };
  for (const [part, digits = "", letter = ""] of value.toLowerCase().matchAll(/(\d*)\s*(\D?)/gs)) {
    if (part.trim() === "") continue;
    const action = ACTIONS[letter];
    const unit = action === undefined ? letter : "";
    if (!["", "m", "h", "d", "l"].includes(unit)) return `has an unknown letter "${unit}"`;
    if (digits === "" && action === undefined) return `needs a number before "${unit}"`;
    if (Number(digits) > 0) stamp = { ...stamp, mark: markOf(Number(digits), unit) };
    if (action !== undefined) stamp = { ...stamp, [action]: true };
  }
  return stamp;
}

const ACTIONS: Readonly<Record<string, "activity" | "breaks" | "tasks">> = {
  a: "activity",
  b: "breaks",
  t: "tasks",
};

const UNIT_SECONDS = { m: 60, h: 3_600, d: 86_400 } as const;

function markOf(count: number, unit: string): NonNullable<Timestamp["mark"]> {
  if (unit === "l") return { lines: count };
  return { seconds: count * UNIT_SECONDS[unit === "h" || unit === "d" ? unit : "m"] };
}
