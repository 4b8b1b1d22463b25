import { neutralise } from "@confed/kernel";
import { AUDIT_CODES } from "./codes.ts";
import { type AuditEvent, DETAILS_MAX } from "./event.ts";

/** A record of any content fits into one message of a syslog receiver, which takes 8 KiB (RFC 5424 asks for 2). */
export const LINE_BYTES_MAX = 4_096;

/** What a line adds to a record besides its fields: a number, a hash and their names. */
const CHAIN_BYTES = 160;

/**
 * An event as the fields of its record, in their order: one line of JSON without its braces, every
 * text neutralised, and short enough for a line of {@link LINE_BYTES_MAX} whatever it holds.
 */
export function fieldsOf(
  event: AuditEvent,
  { wallTimeMs, id }: { readonly wallTimeMs: number; readonly id?: string | undefined },
): string {
  for (let lengthMax = TEXT_LENGTH_MAX; ; lengthMax = Math.floor(lengthMax / 2)) {
    const fields = fieldsWithin(event, { wallTimeMs, id, lengthMax });
    if (Buffer.byteLength(fields) <= LINE_BYTES_MAX - CHAIN_BYTES) return fields;
  }
}

/** Enough for a reason that somebody gives; ten such texts may be cut to fit. */
const TEXT_LENGTH_MAX = 1_000;

interface Written {
  readonly wallTimeMs: number;
  readonly id: string | undefined;
  readonly lengthMax: number;
}

function fieldsWithin(
  { event, subject, peer, console, agent, session, text, details }: AuditEvent,
  { wallTimeMs, id, lengthMax }: Written,
): string {
  const safe = (value: string | undefined) =>
    value === undefined ? undefined : neutralise(value, lengthMax);
  const entries = details === undefined ? [] : Object.entries(details).slice(0, DETAILS_MAX);
  const kept = entries.map(([key, value]) => [
    neutralise(key, KEY_LENGTH_MAX),
    typeof value === "string" ? safe(value) : value,
  ]);
  const record = {
    time: new Date(wallTimeMs).toISOString(),
    code: AUDIT_CODES[event],
    event,
    subject: safe(subject),
    peer: safe(peer),
    console: safe(console),
    agent: safe(agent),
    session: safe(session),
    text: safe(text),
    details: kept.length === 0 ? undefined : (Object.fromEntries(kept) as object),
    id,
  };
  return JSON.stringify(record).slice(1, -1);
}

/** Keys are words of ours. */
const KEY_LENGTH_MAX = 32;
