import { isIP } from "node:net";
import { foldName, isConsoleName } from "@confed/kernel";

/**
 * The agent that a file's `master` means: what `masters` says of it, else its name without the domain, as agents are
 * called. Undefined for an address that `masters` does not have.
 */
export function agentOfMaster(
  master: string,
  masters: Readonly<Record<string, string>> = {},
): string | undefined {
  const folded = foldName(master);
  const said = Object.entries(masters).find(([name]) => foldName(name) === folded);
  if (said !== undefined) return said[1];
  const [short = ""] = folded.split(".");
  return isIP(master) === 0 && isConsoleName(short) ? short : undefined;
}
