import { isIPv4 } from "node:net";
import { ConfedError } from "@confed/kernel";

/** Which loopback address is which console, both ways. */
export interface ConsoleAddresses {
  /** 0-based index to address: base + index + 1, so that the first console of 127.1.0.0 is 127.1.0.1. */
  addressOf(index: number): string;
  /** The console at a local address, or undefined: no console, not in 127.0.0.0/8, not IPv4. */
  indexOf(address: string | undefined): number | undefined;
}

/**
 * Addresses for `consoles` consoles above `baseAddress`. Throws "invalid_argument" if they do not
 * all lie in 127.0.0.0/8: nothing simulated may ever answer to another host.
 */
export function consoleAddresses(baseAddress: string, consoles: number): ConsoleAddresses {
  const base = isIPv4(baseAddress) ? toNumber(baseAddress) : -1;
  // 127.255.255.255 is the broadcast address of the net; connect(2) refuses it.
  if (base < LOOPBACK_FIRST || base + consoles >= LOOPBACK_BROADCAST) {
    throw new ConfedError(
      "invalid_argument",
      `${consoles} consoles above ${baseAddress} do not lie in 127.0.0.0/8`,
      {
        subject: "baseAddress",
        hint: "for example 127.1.0.0",
      },
    );
  }
  return {
    addressOf: (index) => toText(base + 1 + index),
    indexOf: (address) => {
      if (address === undefined || !isIPv4(address)) return undefined;
      const index = toNumber(address) - base - 1;
      return index >= 0 && index < consoles ? index : undefined;
    },
  };
}

const LOOPBACK_FIRST = 127 * 2 ** 24;
const LOOPBACK_BROADCAST = 128 * 2 ** 24 - 1;

function toNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toText(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}
