import type { ConsoleSpec } from "@confed/config";

/**
 * What a reload must change. Consoles that did not change are not mentioned, so not touched. Each
 * console is in one list at most.
 */
export interface ReloadPlan {
  readonly start: readonly ConsoleSpec[];
  /** Names: removed from configuration. */
  readonly stop: readonly string[];
  /** Reached in another way: the link is opened anew; log, positions and viewers stay. */
  readonly restart: readonly ConsoleSpec[];
  /** Only `onDemand` changed, and perhaps what is said about it: a link is kept if somebody needs it. */
  readonly demand: readonly ConsoleSpec[];
  /** Only what is said about it, where it is logged, or how long it waits before it is tried: no link is touched. */
  readonly relabel: readonly ConsoleSpec[];
  readonly untouchedCount: number;
}

/** By name. Pure; costs one walk over both, in which equal specs are compared once. */
export function planReload(
  running: ReadonlyMap<string, ConsoleSpec>,
  desired: ReadonlyMap<string, ConsoleSpec>,
): ReloadPlan {
  const start: ConsoleSpec[] = [];
  const restart: ConsoleSpec[] = [];
  const demand: ConsoleSpec[] = [];
  const relabel: ConsoleSpec[] = [];
  let untouchedCount = 0;
  for (const [name, spec] of desired) {
    const current = running.get(name);
    if (current === undefined) start.push(spec);
    else if (sameValue(current, spec)) untouchedCount += 1;
    else if (!sameValue(wayOf(current), wayOf(spec))) restart.push(spec);
    else if (current.onDemand !== spec.onDemand) demand.push(spec);
    else relabel.push(spec);
  }
  const stop = [...running.keys()].filter((name) => !desired.has(name));
  return { start, stop, restart, demand, relabel, untouchedCount };
}

/** Everything that a link is opened with; who said so is nothing of it. */
function wayOf(spec: ConsoleSpec): object {
  const said = { labels: undefined, groups: undefined, description: undefined, log: undefined };
  const who = { epoch: undefined, overrides: undefined };
  return { ...spec, ...said, ...who, retry: undefined, bringUpAfterMs: undefined, onDemand: undefined };
}

/** Structural equality of plain data; a key that is undefined is the same as one that is missing. */
function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(left)) if (!sameValue(left[key], own(right, key))) return false;
  for (const key of Object.keys(right))
    if (right[key] !== undefined && own(left, key) === undefined) return false;
  return true;
}

// A label may be called "constructor".
function own(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
