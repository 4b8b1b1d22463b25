import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";

/** A record of an audit, as it stands in its file. */
export interface AuditedRecord {
  readonly seq: number;
  readonly event: string;
  readonly code: string;
  readonly subject?: string;
  readonly peer?: string;
  readonly console?: string;
  readonly agent?: string;
  readonly session?: string;
  readonly text?: string;
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

/** The lines of the files of an audit directory, in their order; none if there is no directory yet. */
export function auditLines(directory: string): readonly string[] {
  return namesIn(directory)
    .filter((name) => name.startsWith("audit-"))
    .sort()
    .flatMap((name) => readFileSync(join(directory, name), "utf8").split("\n"))
    .filter((line) => line !== "");
}

/** The records of an audit directory. */
export function auditRecords(directory: string): readonly AuditedRecord[] {
  return auditLines(directory).map((line) => JSON.parse(line) as AuditedRecord);
}

/** Resolves with the first record that is as wanted, when it is on the disk. */
export function audited(
  directory: string,
  wanted: Partial<AuditedRecord>,
  timeoutMs = 10_000,
): Promise<AuditedRecord> {
  return vi.waitFor(
    () => {
      const records = auditRecords(directory);
      const found = records.find((record) =>
        Object.entries(wanted).every(([key, value]) => record[key as keyof AuditedRecord] === value),
      );
      if (found !== undefined) return found;
      throw new Error(`no ${JSON.stringify(wanted)} among ${records.map(({ event }) => event).join(" ")}`);
    },
    { timeout: timeoutMs, interval: 20 },
  );
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
