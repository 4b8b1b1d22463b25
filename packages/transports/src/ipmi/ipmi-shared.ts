import { type Clock, DialGate, TimerWheel } from "@confed/kernel";
import { BmcSockets } from "./bmc-sockets.ts";
import type { DropCounts } from "./drop-counts.ts";

/** What all IPMI consoles of a process share. */
export interface IpmiShared {
  readonly sockets: BmcSockets;
  /** Everything that waits: requests, repeats, signs of life. */
  readonly timers: Clock;
  /** Log-ins that are under way: each costs a BMC's small processor a second of work. */
  readonly logins: DialGate;
  /** Datagrams that were dropped since the process began. */
  readonly drops: DropCounts;
}

export const IPMI_LIMITS = {
  /** Their answers fit the buffer of a socket that the kernel keeps at 208 KiB. */
  loginsMax: 50,
  /** A twentieth of a second is fine enough for the shortest wait there is. */
  tickMs: 50,
  /** A turn of 51 s: longer than any wait. */
  slotCount: 1_024,
} as const;

const sharedOf = new WeakMap<Clock, IpmiShared>();

/** One for each clock, which is one for each process. Holds nothing open while nothing is. */
export function ipmiSharedOf({ clock }: { readonly clock: Clock }): IpmiShared {
  const known = sharedOf.get(clock);
  if (known !== undefined) return known;
  const { loginsMax, tickMs, slotCount } = IPMI_LIMITS;
  const timers = new TimerWheel(clock, { tickMs, slotCount });
  const drops: DropCounts = {};
  const shared = { sockets: new BmcSockets(drops), timers, logins: new DialGate(loginsMax, timers), drops };
  sharedOf.set(clock, shared);
  return shared;
}

/**
 * Datagrams that came to the IPMI sockets of this process and were dropped, by cause: damaged, replayed, of
 * another session, of a stranger. Borrowed.
 */
export function ipmiDrops(deps: { readonly clock: Clock }): Readonly<Record<string, number>> {
  return sharedOf.get(deps.clock)?.drops ?? NONE;
}

const NONE: Readonly<Record<string, number>> = {};
