import { ConfedError } from "@confed/kernel";
import { type PeerStatus, type ProcessStatus, toDetail } from "@confed/wire";
import { errorOf, type HostReport, type PlainError } from "./shard-messages.ts";
import type { Siblings } from "./siblings.ts";

export interface HostStatusDeps {
  readonly siblings: Siblings;
  readonly host: () => Promise<HostReport>;
  readonly signal: AbortSignal;
}

/**
 * How a host is: all shards that answer taken together, and each in a row. `own` is what the shard
 * says that was asked; its heads stand for all, for all join the same.
 */
export async function hostStatus(
  own: ProcessStatus,
  { siblings, host, signal }: HostStatusDeps,
): Promise<ProcessStatus> {
  const others = siblings.others().map(async ({ sibling }) => {
    // One that does not answer shows in its row.
    if (sibling === undefined) return undefined;
    return sibling.client.status({}, { signal }).catch((reason: unknown) => ConfedError.from(reason));
  });
  const [report, ...answers] = await Promise.all([host(), ...others]);
  const parts: ProcessStatus[] = [own];
  for (const answer of answers) {
    if (answer !== undefined && !(answer instanceof ConfedError)) parts.push(answer);
  }
  const sum = (key: "viewers" | "gapBytes" | "residentBytes") =>
    parts.reduce((total, part) => total + Number(part[key] ?? 0), 0);
  const sums = (key: "consoles" | "ipmiDropped") => {
    const totals: Record<string, number> = {};
    for (const part of parts) {
      for (const [of, count] of Object.entries(part[key] ?? {})) totals[of] = (totals[of] ?? 0) + count;
    }
    return totals;
  };
  return {
    ...own,
    id: report.id,
    startedMs: report.startedMs,
    consoles: sums("consoles"),
    ipmiDropped: sums("ipmiDropped"),
    viewers: sum("viewers"),
    gapBytes: sum("gapBytes"),
    logLagMs: Math.max(...parts.map(({ logLagMs }) => logLagMs ?? 0)),
    residentBytes: report.residentBytes + sum("residentBytes"),
    trouble: detailOf(report.trouble) ?? own.trouble ?? null,
    shards: report.shards.map(
      ({ id, state, sinceMs, address, consoles: count, cause }): PeerStatus => ({
        ...{ id, state, sinceMs, addresses: [address], consoles: count, version: own.version ?? "" },
        cause: detailOf(cause) ?? null,
      }),
    ),
  };
}

function detailOf(error: PlainError | undefined) {
  return error === undefined ? undefined : toDetail(errorOf(error));
}
