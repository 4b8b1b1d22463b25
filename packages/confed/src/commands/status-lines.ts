import { formatDuration, neutralise } from "@confed/kernel";
import type { FollowedHeadReceived, PeerStatusReceived, ProcessStatusReceived } from "@confed/wire";

/** How a process is, for people. What it says of itself and of others is neutralised. */
export function statusLines(
  status: ProcessStatusReceived,
  { address, nowMs }: { readonly address: string; readonly nowMs: number },
): readonly string[] {
  const { role, id, version, startedMs, consoles, viewers, peers, logLagMs, gapBytes, trouble, logsStalled } =
    status;
  const name = id === "" || id === role ? role : `${role} ${id}`;
  const lines = [
    `${safe(name)} at ${address}, version ${safe(version)}, up ${ago(startedMs, nowMs)}, ${mebibytes(status.residentBytes)} MiB`,
    `consoles  ${consoleCounts(consoles)}`,
    `viewers   ${viewers}`,
  ];
  if (role === "agent") {
    const stalled = logsStalled === 0 ? "" : `, ${logsStalled} consoles log-stalled: \`rcons ls\` says why`;
    lines.push(`log       ${logLagMs === 0 ? "up to date" : `${logLagMs} ms behind`}${stalled}`);
  }
  const dropped = droppedText(status.ipmiDropped);
  if (dropped !== "") lines.push(`dropped   datagrams of BMCs: ${dropped}`);
  if (gapBytes > 0) lines.push(`gaps      ${gapBytes} bytes missing from logs`);
  if (status.follows !== null) lines.push(`follows   ${followedLine(status.follows, nowMs)}`);
  if (trouble !== null) lines.push(`trouble   ${safe(`${trouble.code}: ${trouble.message}`)}`);
  if (status.shards.length > 0)
    lines.push("shards", ...table(byId(status.shards).map((shard) => peerRow(shard, "head", nowMs))));
  const kind = role === "head" ? "agents" : "heads";
  if (peers.length === 0) lines.push(`${kind.padEnd(10)}none`);
  else lines.push(kind, ...table(byId(peers).map((peer) => peerRow(peer, role, nowMs))));
  return lines;
}

function followedLine(
  { id, address, connected, asOfMs, cause }: FollowedHeadReceived,
  nowMs: number,
): string {
  const who = id === "" ? "nobody yet" : `head ${id}`;
  const age = asOfMs === 0 ? "nothing is known" : `as of ${ago(asOfMs, nowMs)} ago`;
  const why = connected ? "" : `, not connected: ${cause?.message ?? ""}`;
  return safe(`${who} at ${address}, ${age}${why}`);
}

/** sn2 before sn10. */
function byId(peers: readonly PeerStatusReceived[]): readonly PeerStatusReceived[] {
  return [...peers].sort((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));
}

function consoleCounts(consoles: Readonly<Record<string, number>>): string {
  const counts = Object.entries(consoles).filter(([, count]) => count > 0);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const byState = counts
    .sort(([, a], [, b]) => b - a)
    .map(([state, count]) => `${count} ${safe(state.toLowerCase())}`);
  return counts.length === 0 ? "none" : `${total}: ${byState.join(", ")}`;
}

/** "3 replayed, 1 bad code", the most first. */
function droppedText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([cause, count]) => `${count} ${safe(cause.replaceAll("_", " "))}`)
    .join(", ");
}

function peerRow(peer: PeerStatusReceived, role: string, nowMs: number): readonly string[] {
  const { id, addresses, state, sinceMs, version, consoles, cause } = peer;
  return [
    id,
    state,
    sinceMs === 0 ? "" : `for ${ago(sinceMs, nowMs)}`,
    role === "head" ? `${consoles} consoles` : "",
    addresses.join(" "),
    version,
    cause?.message ?? "",
  ].map((cell) => safe(cell));
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) => {
    const cells = row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).filter((cell) => cell !== "");
    return `  ${cells.join("  ")}`.trimEnd();
  });
}

function ago(sinceMs: number, nowMs: number): string {
  return formatDuration(Math.max(0, nowMs - sinceMs));
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}

const safe = (text: string): string => neutralise(text, 200);
