import { ConfedError, EXIT, matches, neutralise, parseDurationMs, parseSelection } from "@confed/kernel";
import { type ReadLine, readLine } from "@confed/trust/audit";
import { configPathOf } from "../../process/run-daemon.ts";
import type { World } from "../../world.ts";
import { linesOf } from "../audit-files.ts";
import { auditPlaces, auditSources } from "./audit-sources.ts";

/** What commander makes of the command line of `confed audit show`. */
export interface AuditShowFlags {
  readonly config?: string;
  readonly since?: string;
  readonly user?: string;
  readonly console?: string;
  readonly event?: string;
  readonly json?: true;
}

type Record = ReadLine["record"];

/** Print the records that the options ask for, as they were written, oldest first. */
export async function runAuditShow(
  { stdout, stderr, env, clock }: World,
  place: string | undefined,
  flags: AuditShowFlags,
): Promise<number> {
  const wanted = wantedBy(flags, clock.wallTimeMs());
  const places =
    place === undefined ? await auditPlaces(configPathOf(flags.config, env), { stderr }) : [place];
  if (places === undefined) return EXIT.usage;
  for (const { files } of places.flatMap(auditSources)) {
    for (const { path } of files) {
      for (const line of linesOf(path)) {
        const record = readLine(line)?.record;
        if (record === undefined || !wanted(record)) continue;
        const text = flags.json === true ? line : shown(record);
        // Years of records are not kept in memory for somebody who reads slowly.
        if (!stdout.write(`${text}\n`)) await drained(stdout);
      }
    }
  }
  return EXIT.ok;
}

function drained(stdout: World["stdout"]): Promise<void> {
  return new Promise((resolve) => {
    stdout.once("drain", resolve);
  });
}

function wantedBy(
  { since, user, console, event }: AuditShowFlags,
  nowMs: number,
): (record: Record) => boolean {
  const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : timeOf(since, nowMs);
  const selection = console === undefined ? undefined : parseSelection(console);
  return (record) => {
    if (Date.parse(textIn(record, "time")) < sinceMs) return false;
    if (user !== undefined && textIn(record, "subject") !== user) return false;
    if (event !== undefined && ![textIn(record, "event"), textIn(record, "code")].includes(event))
      return false;
    if (selection === undefined) return true;
    const name = textIn(record, "console");
    return name !== "" && matches(selection, { name, groups: [], labels: {} });
  };
}

/** "30m" ago, or a time as people and records write it. */
function timeOf(text: string, nowMs: number): number {
  const timeMs = Date.parse(text);
  if (!Number.isNaN(timeMs)) return timeMs;
  try {
    return nowMs - parseDurationMs(text);
  } catch {
    throw new ConfedError("invalid_argument", `--since ${neutralise(text, 100)} is no time`, {
      subject: "--since",
      hint: "write 30m, 12h, 7d, or 2026-01-31T08:00:00Z",
    });
  }
}

/** `TIME CODE event who console: text key=value ...`; a file may be anybody's by now, so all of it is neutralised. */
function shown(record: Record): string {
  const of = (key: string) => textIn(record, key);
  const who = [of("subject"), of("peer")].filter((text) => text !== "").join(" from ");
  const where = [of("console"), of("agent")].filter((text) => text !== "").join("@");
  const details = Object.entries(record["details"] ?? {}).map(([key, value]) => `${key}=${String(value)}`);
  const parts = [of("time"), of("code"), of("event"), who, where, of("text"), ...details];
  return neutralise(parts.filter((part) => part !== "").join(" "), SHOWN_LENGTH_MAX);
}

/** A record of ours is shorter. */
const SHOWN_LENGTH_MAX = 8_000;

function textIn(record: Record, key: string): string {
  const value = record[key];
  return typeof value === "string" ? value : "";
}
