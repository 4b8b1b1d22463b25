import { join } from "node:path";
import type { AuditSettings } from "@confed/config";

/** Whose audit it is. */
export interface AuditOwner {
  readonly role: "agent" | "head";
  readonly stateDir: string;
  /** Of an agent in several processes: which of them. */
  readonly shard?: number | undefined;
}

/**
 * Where the records of a process lie. Each process has a directory of its own, as a chain has one
 * writer; that of a shard lies in its agent's.
 */
export function auditDirectory(
  { dir }: Pick<AuditSettings, "dir">,
  { role, stateDir, shard }: AuditOwner,
): string {
  const own = dir === undefined ? join(stateDir, "audit") : join(dir, role);
  return shard === undefined ? own : join(own, `shard-${shard}`);
}

/** The key that signs checkpoints: with the state, not with the records that it vouches for. */
export function auditKeyPath(stateDir: string): string {
  return join(stateDir, "audit-key.pem");
}
