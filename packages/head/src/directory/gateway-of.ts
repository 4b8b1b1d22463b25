import { isIP } from "node:net";
import { parseHostPort } from "@confed/kernel";
import type { Directory } from "./directory.ts";

/**
 * Where an agent, or another process of its host, serves conserver's own clients, as those write it: `port@host`, the host
 * of its first address. Undefined where it serves none, or at an IPv6 address, which that form cannot say.
 */
export function gatewayOf(directory: Directory, agent: string): string | undefined {
  const owner = directory.agent(agent);
  if (owner === undefined) return undefined;
  const serves = (each: typeof owner) => each.identity.conserverPort !== undefined;
  const there = serves(owner)
    ? owner
    : [...directory.agents()].find((each) => each.host === owner.host && serves(each));
  const [address] = owner.identity.advertise;
  if (there === undefined || address === undefined) return undefined;
  const { host } = parseHostPort(address);
  return isIP(host) === 6 ? undefined : `${there.identity.conserverPort}@${host}`;
}
