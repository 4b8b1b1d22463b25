import { Resolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import type { Clock } from "@confed/kernel";

/** How long a name is believed, and how long a name server may take: people wait for it. */
const KEEP_MS = 60_000;
const ASK_MS_MAX = 1_000;

/** Addresses that are remembered; beyond it all are forgotten. */
const NAMES_MAX = 10_000;

/**
 * The names of clients' hosts, by /etc/hosts and DNS; undefined: nobody could say within a second. A name counts only if it leads back to
 * the address: what a PTR record says is its owner's own word. Not getnameinfo(3), whose threads a silent name server would hold,
 * and with them every file of this process.
 */
export function clientNames(
  clock: Clock,
  resolver: Resolver = new Resolver({ timeout: ASK_MS_MAX, tries: 1 }),
): (address: string) => Promise<readonly string[] | undefined> {
  const known = new Map<string, Known>();
  return (address) => {
    const before = known.get(address);
    if (before !== undefined && before.untilMs > clock.nowMs()) return before.names;
    if (known.size >= NAMES_MAX) known.clear();
    const names = new Promise<readonly string[] | undefined>((resolve) => {
      const cancel = clock.after(ASK_MS_MAX, () => {
        resolve(undefined);
      });
      void askedNames(address, resolver).then((found) => {
        cancel();
        resolve(found);
      });
    });
    known.set(address, { names, untilMs: clock.nowMs() + KEEP_MS });
    return names;
  };
}

interface Known {
  readonly names: Promise<readonly string[] | undefined>;
  readonly untilMs: number;
}

/** Never rejects. What this host's own file says counts, and DNS for whom it does not name. */
async function askedNames(address: string, resolver: Resolver): Promise<readonly string[] | undefined> {
  const hosts = await readFile("/etc/hosts", "utf8").catch(() => "");
  const own = namesIn(hosts, address);
  if (own.length > 0) return own;
  const said = await resolver.reverse(address).catch(noneOrUnknown);
  if (said === undefined) return undefined;
  const back = await Promise.all(
    said.map((name) =>
      (address.includes(":") ? resolver.resolve6(name) : resolver.resolve4(name)).catch(noneOrUnknown),
    ),
  );
  if (back.includes(undefined)) return undefined;
  return said.filter((_, at) => back[at]?.includes(address) === true);
}

/** Of hosts(5), in its order. */
function namesIn(hosts: string, address: string): readonly string[] {
  return hosts.split("\n").flatMap((line) => {
    const [where, ...names] = line.replace(/#.*/s, "").trim().split(/\s+/);
    return where === address ? names : [];
  });
}

/** That there is none is an answer. */
function noneOrUnknown(reason: unknown): readonly string[] | undefined {
  const { code } = reason as { readonly code?: string };
  return code === "ENOTFOUND" || code === "ENODATA" ? [] : undefined;
}
