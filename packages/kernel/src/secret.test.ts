import { format, inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret } from "./secret.ts";

test("a secret gives out its text when it is revealed, and in no other way", () => {
  const secret = new Secret("hunter2");
  expect(secret.reveal()).toBe("hunter2");
  const shown = [
    String(secret),
    secret.toString(),
    JSON.stringify({ secret }),
    inspect({ deep: [secret] }, { depth: 9, showHidden: true }),
    format("%s %o %j", secret, secret, secret),
    Object.entries(secret).join(),
    new Error(String(secret)).message,
  ].join("\n");
  expect(shown).not.toContain("hunter2");
  expect([String(secret), inspect(secret), JSON.stringify(secret)]).toEqual([
    "[redacted]",
    "[redacted]",
    '"[redacted]"',
  ]);
});

test("a secret stays hidden when it is copied", () => {
  const secret = new Secret("hunter2");
  expect(JSON.stringify({ ...secret })).toBe("{}");
  expect(JSON.stringify(structuredClone(secret))).toBe("{}");
});
