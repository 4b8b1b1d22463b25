import fc from "fast-check";
import { expect, test } from "vitest";
import { CHAIN_START, chained, readLine } from "./chain.ts";
import { AUDIT_CODES, type AuditEventName, syslogSeverityOf } from "./codes.ts";
import type { AuditEvent } from "./event.ts";
import { fieldsOf, LINE_BYTES_MAX } from "./record.ts";
import { octetCounted, syslogMessage } from "./syslog.ts";

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 3_000 }),
  fc.constantFrom(
    "\u001b]0;title\u0007",
    "\u001b]52;c;cm0gLXJmIC8K\u0007",
    "\u001b]8;;javascript:alert(1)\u001b\\click\u001b]8;;\u001b\\",
    "\u009b6n",
    "ok\rlogin.ok subject=root",
    'alice","hash":"00',
    "a\nb\u2028c\u202edrowssap",
    "\u{e0041}\ud800",
    "😀".repeat(2_000),
    '"\\'.repeat(2_000),
  ),
);

const anyEvent = fc.record({
  event: fc.constantFrom(...(Object.keys(AUDIT_CODES) as AuditEventName[])),
  subject: anyText,
  peer: anyText,
  console: anyText,
  agent: anyText,
  session: anyText,
  text: anyText,
  details: fc.dictionary(anyText, fc.oneof(anyText, fc.integer(), fc.boolean()), { maxKeys: 40 }),
}) satisfies fc.Arbitrary<AuditEvent>;

const lineOf = (event: AuditEvent) =>
  chained(
    { ...CHAIN_START, seq: Number.MAX_SAFE_INTEGER - 1 },
    fieldsOf(event, { wallTimeMs: 0, id: "run-1" }),
  );

test("a line is one line of harmless text and bounded whatever an event holds", () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      const { line, end } = lineOf(event);
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(LINE_BYTES_MAX);
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      expect(readLine(line)).toMatchObject({ seq: end.seq, hash: end.hash });
      expect(readLine(line)?.record).toMatchObject({ event: event.event, code: AUDIT_CODES[event.event] });
    }),
    { numRuns: 300 },
  );
});

test("what an event says is what its record says when it is harmless", () => {
  const event = {
    event: "console.break",
    subject: "alice",
    console: "n1",
    details: { ms: 500, last: true },
  } as const;
  const record = readLine(lineOf(event).line)?.record;
  expect(record).toMatchObject({ ...event, code: "RC1007W", time: "1970-01-01T00:00:00.000Z", id: "run-1" });
  expect(record).not.toHaveProperty("peer");
});

test("a code is given once, and ends in its severity", () => {
  const codes = Object.values(AUDIT_CODES);
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) expect(code).toMatch(/^RC[1-9]\d{3}[IWEC]$/);
  expect(["RC1001I", "RC1007W", "RC9004E", "RC1090C"].map(syslogSeverityOf)).toEqual([6, 4, 3, 2]);
});

test("a record becomes a message of RFC 5424, counted on a stream", () => {
  const { line } = lineOf({ event: "attach.start", subject: "zoë" });
  const message = syslogMessage(line, { host: "sn 01", process: "12" });
  expect(message).toBe(`<86>1 1970-01-01T00:00:00.000Z sn01 confed 12 RC1001I - ${line}`);
  const counted = octetCounted(message);
  expect(counted.toString()).toBe(`${Buffer.byteLength(message)} ${message}`);
});
