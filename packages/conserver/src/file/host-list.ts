import { BlockList, isIP } from "node:net";
import { foldName } from "@confed/kernel";
import { splitList } from "./split-list.ts";

/** What a host may do: nothing, log in with a password, or say who it is. */
export const HOST_TRUSTS = ["rejected", "allowed", "trusted"] as const;
export type HostTrust = (typeof HOST_TRUSTS)[number];

/** One host, network or name of an `access` block. */
export interface HostEntry {
  readonly trust: HostTrust;
  readonly host: string;
}

/** A client as an access list sees it. */
export interface ClientHost {
  readonly address: string;
  /** Names that lead to the address and back; a PTR record alone is the client's own word. Undefined: nobody could say. */
  readonly names: readonly string[] | undefined;
}

/** The entries of a value, and each that is none. */
export function parseHosts(
  trust: HostTrust,
  value: string,
  refuse: (message: string) => void,
): readonly HostEntry[] {
  return splitList(value).flatMap((host) => {
    if (HOST_NAME.test(host) || networkOf(host) !== undefined) return [{ trust, host }];
    refuse(`has "${host}", which is neither a host nor a network`);
    return [];
  });
}

/**
 * What the first entry that fits says, or `otherwise`. Addresses and networks, IPv4 and IPv6, are
 * compared as such, `::ffff:` in front or not; names whole, in any case, never as a part. While nobody knows its names, a
 * client has none that opens and every one that shuts.
 */
export function trustOf(entries: readonly HostEntry[], client: ClientHost, otherwise: HostTrust): HostTrust {
  const names = client.names && new Set(client.names.map(foldName));
  const found = entries.find(({ trust, host }) => {
    const network = networkOf(host);
    if (network !== undefined) return network(client.address);
    return names === undefined ? trust === "rejected" : names.has(foldName(host));
  });
  return found?.trust ?? otherwise;
}

// Something that is not all digits and dots: that would be an address, and a wrong one.
const HOST_NAME = /^(?=.*[A-Za-z])[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/;

function networkOf(text: string): ((address: string) => boolean) | undefined {
  const [, net = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(net);
  if (family === 0) return undefined;
  const bitsMax = family === 4 ? 32 : 128;
  const prefix = bits === undefined ? bitsMax : Number(bits);
  if (prefix > bitsMax) return undefined;
  const list = new BlockList();
  list.addSubnet(net, prefix, family === 4 ? "ipv4" : "ipv6");
  return (address) => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
    return list.check(plain, isIP(plain) === 4 ? "ipv4" : "ipv6");
  };
}
