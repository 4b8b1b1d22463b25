import { readFileSync } from "node:fs";

/** One datagram of a recorded session. */
export interface CapturedDatagram {
  readonly from: "console" | "bmc";
  readonly datagram: Buffer;
}

export type IpmiCapture = readonly CapturedDatagram[];

/**
 * Sessions of real clients with ipmi_sim on loopback, from the first word to the last: user and
 * password are `admin`. With the number of packets that were sealed.
 */
export const IPMI_CAPTURES = [
  ["ipmitool-C2", 28],
  ["ipmitool-C3", 28],
  ["ipmitool-C17", 29],
  ["ipmiconsole-C17", 20],
] as const;

/** A line a datagram: `C` from the client or `S` from the BMC, and its bytes. */
export function readIpmiCapture(name: string): IpmiCapture {
  const text = readFileSync(new URL(`fixtures/ipmi/${name}.txt`, import.meta.url), "latin1");
  return text
    .trim()
    .split("\n")
    .map((line) => ({
      from: line.startsWith("C") ? "console" : "bmc",
      datagram: Buffer.from(line.slice(2), "hex"),
    }));
}
