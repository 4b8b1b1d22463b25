import { judgeHostKey, type loadKnownHosts } from "@confed/transports";

/** A key that a server has proven to have. */
export interface FoundKey {
  readonly type: string;
  readonly fingerprint: string;
  /** `host type base64`: what makes it known. */
  readonly knownHostsLine: string;
}

/** What a known_hosts file says about it. */
export interface JudgedKey extends FoundKey {
  readonly is: "known" | "new" | "changed" | "revoked";
}

/**
 * Hold all keys of one server against a known_hosts file. A server that shows one key that is known
 * is the right one, so its keys of other types are merely new; one that shows none of those known
 * has changed, and none of its keys may be added to them.
 */
export function judgeServer(
  hosts: Awaited<ReturnType<typeof loadKnownHosts>>,
  address: { readonly host: string; readonly port: number },
  keys: readonly FoundKey[],
): readonly JudgedKey[] {
  const verdicts = keys.map((key) => ({ ...key, ...judgeHostKey(hosts, address, wireKeyOf(key)) }));
  const isProven = verdicts.some(({ is }) => is === "known");
  return verdicts.map(({ type, fingerprint, knownHostsLine, is }) => {
    const verdict = is === "unknown" || (is === "changed" && isProven) ? "new" : is;
    return { type, fingerprint, knownHostsLine, is: verdict };
  });
}

function wireKeyOf({ knownHostsLine }: FoundKey): Uint8Array {
  return Buffer.from(knownHostsLine.split(" ")[2] ?? "", "base64");
}
