import { lookup, lookupService } from "node:dns/promises";
import type { Clock } from "@confed/kernel";

/** How long a name is believed, and how long a name server may take: people wait for it. */
const KEEP_MS = 60_000;
const ASK_MS_MAX = 1_000;

/** Addresses that are remembered; beyond it all are forgotten. */
const NAMES_MAX = 10_000;

/**
 * The names of clients' hosts. A name counts only if it leads back to the address: what a PTR record says is its owner's
 * own word. None is known of an address whose name server does not answer within a second.
 */
export function clientNames(clock: Clock): (address: string) => Promise<readonly string[]> {
  const known = new Map<string, { readonly names: Promise<readonly string[]>; readonly untilMs: number }>();
  return (address) => {
    const before = known.get(address);
    if (before !== undefined && before.untilMs > clock.nowMs()) return before.names;
    if (known.size >= NAMES_MAX) known.clear();
    const names = Promise.race([
      askedNames(address).catch(() => []),
      new Promise<readonly string[]>((resolve) => {
        clock.after(ASK_MS_MAX, () => {
          resolve([]);
        });
      }),
    ]);
    known.set(address, { names, untilMs: clock.nowMs() + KEEP_MS });
    return names;
  };
}

async function askedNames(address: string): Promise<readonly string[]> {
  const { hostname } = await lookupService(address, 0);
  if (hostname === address) return [];
  const back = await lookup(hostname, { all: true });
  return back.some((each) => each.address === address) ? [hostname] : [];
}
