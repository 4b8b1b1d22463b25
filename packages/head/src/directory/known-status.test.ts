import { ConfedError } from "@confed/kernel";
import { type ConsoleStatus, type ConsoleStatusReceived, messageCodec } from "@confed/wire";
import { expect, test } from "vitest";
import { statusBytesMax } from "../queries/status-pages.ts";
import { knownStatus } from "./known-status.ts";

const codec = messageCodec("ConsoleStatus");
const said = (status: ConsoleStatus) => codec.decode(codec.encode(status)) as ConsoleStatusReceived;

test("a status keeps what an agent says of its console", () => {
  const status = said({
    name: "n1",
    owner: "sn01",
    state: "WAITING",
    cause: { code: "connection_refused", message: "refused", where: "10.0.0.1:23" },
    sinceMs: 5,
    transport: "telnet",
    target: "10.0.0.1:23",
    labels: { rack: "r1" },
    groups: ["compute"],
    onDemand: true,
    viewers: [{ sessionId: "s1", subject: "ann@ws", mode: "WRITE", sinceMs: 3 }],
    end: { logId: "00000000000000aa", offset: 2 ** 50 },
    lastOutputMs: 7,
    logPath: "/var/log/consoles/n1.log",
    description: "first",
    attempt: 3,
  });
  expect(knownStatus(status, "sn01")).toEqual(status);
});

test("an agent speaks for itself, whatever it says", () => {
  expect(knownStatus(said({ name: "n1", owner: "sn02" }), "sn01").owner).toBe("sn01");
});

test("hostile text is bounded and harmless, and the status fits into a page", () => {
  const text = "\u001b]0;owned\u0007\u202e漢".repeat(20_000);
  const many = Array.from({ length: 2_000 }, (_, index) => `${index}${text.slice(0, 300)}`);
  const status = knownStatus(
    said({
      name: "n1",
      state: 77 as 1,
      transport: text,
      target: text,
      logPath: text,
      description: text,
      labels: Object.fromEntries(many.map((key) => [key, key])),
      groups: many,
      viewers: many.map((subject) => ({ subject, sessionId: subject })),
      cause: { code: text, message: text, subject: text, where: text, hint: text },
    }),
    "sn01",
  );
  const encoded = codec.encode(status);
  expect(encoded.byteLength).toBeLessThan(64 * 1024);
  expect(encoded.byteLength).toBeLessThanOrEqual(statusBytesMax(status));
  expect(encoded.includes(0x1b)).toBe(false);
  expect(encoded.toString()).not.toContain("\u202e");
  expect(status.state).toBe("CONSOLE_STATE_UNSPECIFIED");
  expect(status.cause?.code).toBe("internal");
});

test.each(["../x", "", "a/b", "n1\n", "a..b", "x".repeat(200)])("a console cannot be called %j", (name) => {
  expect(() => knownStatus(said({ name }), "sn01")).toThrow(ConfedError);
});

test("an offset beyond 2^53 is refused by name", () => {
  const status = said({ name: "n1", end: { logId: "00000000000000aa", offset: "18446744073709551615" } });
  expect(() => knownStatus(status, "sn01")).toThrow(/n1: offset/);
});
