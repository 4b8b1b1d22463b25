import { hostname } from "node:os";
import { type AuditSettings, DEFAULT_AUDIT } from "@confed/config";
import type { Logger } from "@confed/kernel";
import type { OpenAudit } from "@confed/trust/audit";
import type { World } from "../world.ts";
import { type AuditOwner, auditDirectory, auditKeyPath } from "./audit-place.ts";
import { spawnAuditWriter } from "./audit-process.ts";
import { hostJournal } from "./journal.ts";
import { openAudit } from "./open-audit.ts";

/** Open the audit of a process of this host, as its configuration says. */
export function auditOf(
  settings: AuditSettings = DEFAULT_AUDIT,
  owner: AuditOwner & { readonly id: string },
  { world, logger }: { readonly world: Pick<World, "clock" | "env" | "stderr">; readonly logger: Logger },
): OpenAudit {
  const { rotateSizeBytes, keep, forward } = settings;
  return openAudit(
    {
      directory: auditDirectory(settings, owner),
      keyPath: auditKeyPath(owner.stateDir),
      host: hostname(),
      process: `${owner.role}/${owner.id}`,
      ...{ rotateSizeBytes, keep, forward },
    },
    { clock: world.clock, logger, spawn: spawnAuditWriter, journal: hostJournal(world) },
  );
}
