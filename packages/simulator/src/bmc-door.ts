import { type Clock, TimerWheel } from "@confed/kernel";
import { type BmcTrouble, troubleBmc } from "./bmc/bmc-trouble.ts";
import { type FakeBmc, startFakeBmc } from "./bmc/fake-bmc.ts";
import type { ConsoleAddresses } from "./console-address.ts";
import type { SimConsole } from "./sim-console.ts";

/** The IPMI variant of a rack: a BMC for each console, at its address. */
export interface BmcDoor {
  readonly port: number;
  /** Sessions are forgotten without a word, as BMCs do that lose their power. */
  close(): Promise<void>;
}

export interface BmcDoorOptions {
  readonly consoles: readonly SimConsole[];
  readonly addresses: ConsoleAddresses;
  /** 0: one that is free at the first address; the others get the same. */
  readonly port: number;
  readonly trouble?: BmcTrouble | undefined;
  readonly seed: number;
}

/** BMCs repeat a packet after 100 ms. */
const TIMERS = { tickMs: 20, slotCount: 512 };

/** Rejects as the kernel refuses a port; none is left open then. Each BMC costs a socket and its sessions. */
export async function openBmcDoor(options: BmcDoorOptions, clock: Clock): Promise<BmcDoor> {
  const { consoles, addresses, trouble, seed } = options;
  const timers = new TimerWheel(clock, TIMERS);
  const bmcs: FakeBmc[] = [];
  const close = async () => {
    await Promise.all(bmcs.map((bmc) => bmc.close()));
  };
  let { port } = options;
  try {
    for (const [index, console] of consoles.entries()) {
      const bmc = await startFakeBmc(
        { address: addresses.addressOf(index), port, seed: seed + index },
        { timers, attach: (link) => console.attach(link) },
      );
      bmcs.push(bmc);
      ({ port } = bmc);
      if (trouble !== undefined) troubleBmc(bmc, trouble, timers);
    }
  } catch (reason) {
    await close();
    throw reason;
  }
  return { port, close };
}
