import type { Audit } from "@confed/trust/audit";
import type { Directory } from "../directory/directory.ts";

/**
 * Audit which agent has which console, as far as that is remarkable: a console that another agent has
 * than before, and, as an alarm, one that two agents claim. That an agent brings its own consoles is not. Returns
 * how to stop. Costs a comparison for every change that the directory tells, and a name a console.
 */
export function auditOwners(
  directory: Pick<Directory, "listen" | "ownerOf" | "statusOf">,
  audit: Pick<Audit, "event" | "alarm">,
): () => void {
  const owners = new Map<string, string>();
  const contested = new Set<string>();
  return directory.listen({
    consoleChanged: (name) => {
      const owner = directory.ownerOf(name)?.id;
      const before = owners.get(name);
      if (owner === undefined) {
        // Remembered: whoever has it next is another owner, or the same again.
        contested.delete(name);
        return;
      }
      if (owner !== before) {
        owners.set(name, owner);
        if (before !== undefined)
          audit.event({ event: "owner.changed", console: name, agent: owner, details: { before } });
      }
      const status = directory.statusOf(name);
      if (status?.state !== "CONFLICT") contested.delete(name);
      else if (!contested.has(name)) {
        contested.add(name);
        audit.alarm({ event: "owner.conflict", console: name, agent: owner, text: status.cause?.message });
      }
    },
  });
}
