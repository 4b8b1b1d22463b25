import type { Fault } from "@confed/config";
import { formatFault } from "@confed/config";
import type { Audit } from "@confed/trust/audit";
import type { ReloadPlan } from "../console/plan-reload.ts";

/** What is audited of reloads. */
export interface AuditedReload {
  done(by: string, plan: ReloadPlan, needsRestart: readonly string[]): void;
  refused(by: string, faults: readonly Fault[]): void;
}

/** Reloads of an agent. What changed is named as far as a record has room, and counted. */
export function auditedReload(audit: Pick<Audit, "event">, agent: string): AuditedReload {
  return {
    done(by, { start, stop, restart, demand, relabel, untouchedCount }, needsRestart) {
      const untouched = untouchedCount;
      audit.event({ event: "config.reload", subject: by, agent, details: { untouched } });
      const names = {
        ...{ added: start.map(({ name }) => name), removed: stop, changed: restart.map(({ name }) => name) },
        ...{ demand: demand.map(({ name }) => name), relabelled: relabel.map(({ name }) => name) },
        settings: needsRestart,
      };
      const changed = Object.entries(names).filter(([, each]) => each.length > 0);
      if (changed.length === 0) return;
      const details = changed.map(([kind, each]) => [kind, `${each.length}: ${listed(each)}`] as const);
      audit.event({ event: "config.changed", subject: by, agent, details: Object.fromEntries(details) });
    },
    refused(by, faults) {
      const [first] = faults;
      const text = first === undefined ? undefined : formatFault(first);
      audit.event({ event: "config.refused", subject: by, agent, text, details: { faults: faults.length } });
    },
  };
}

/** Of thousands, the first ones. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_MAX).join(" ");
  return names.length > NAMES_MAX ? `${shown} ...` : shown;
}

/** A record is read by people; which consoles they were stands in the configuration. */
const NAMES_MAX = 20;
