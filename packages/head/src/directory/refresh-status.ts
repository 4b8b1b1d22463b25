import { isDeepStrictEqual } from "node:util";
import type { ConsoleStatusReceived } from "@confed/wire";

/**
 * Let `known` say what `said` says, part by part: what is the same stays the object that it was. A status lives as long as
 * its console, so V8 keeps it among old objects; were another put in its place with every change, a thousand
 * changes a second would leave a megabyte of old garbage a second, and every half minute all 100,000 consoles be
 * looked through for it, which keeps whoever asks waiting for a quarter of a second. Costs less than 1 us.
 */
export function refreshStatus(known: ConsoleStatusReceived, said: ConsoleStatusReceived): void {
  for (const key of KEYS) if (!isSame(known[key], said[key])) copy(known, said, key);
}

const KEYS = Object.keys({
  name: 0,
  owner: 0,
  state: 0,
  cause: 0,
  sinceMs: 0,
  transport: 0,
  target: 0,
  labels: 0,
  groups: 0,
  onDemand: 0,
  viewers: 0,
  viewersUnlisted: 0,
  end: 0,
  lastOutputMs: 0,
  logPath: 0,
  description: 0,
  attempt: 0,
  logTrouble: 0,
  source: 0,
  epoch: 0,
  link: 0,
} satisfies Record<keyof ConsoleStatusReceived, 0>) as readonly (keyof ConsoleStatusReceived)[];

// Most are texts and numbers, and equal: those are not worth a call.
function isSame(before: unknown, after: unknown): boolean {
  return before === after || (typeof after === "object" && isDeepStrictEqual(before, after));
}

function copy<Key extends keyof ConsoleStatusReceived>(
  to: ConsoleStatusReceived,
  from: ConsoleStatusReceived,
  key: Key,
): void {
  to[key] = from[key];
}
