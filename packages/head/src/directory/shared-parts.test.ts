import { type ConsoleStatusReceived, messageCodec } from "@confed/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { knownStatus } from "./known-status.ts";
import { SharedParts } from "./shared-parts.ts";

const codec = messageCodec("ConsoleStatus");

const text = fc.constantFrom("", "tcp", "a,b", 'a","b', "rack", "__proto__");
const status = fc
  .record({
    name: fc.constantFrom("n1", "n2"),
    transport: text,
    description: text,
    labels: fc.dictionary(text, text, { maxKeys: 3 }),
    groups: fc.array(text, { maxLength: 3 }),
  })
  .map((said) => codec.encode(said))
  .map((bytes) => () => knownStatus(codec.decode(bytes) as ConsoleStatusReceived, "sn01"));

test("a status says the same, whatever others have shared with it", () => {
  fc.assert(
    fc.property(fc.array(status), (makers) => {
      const parts = new SharedParts();
      for (const make of makers) {
        const said = make();
        parts.share(said);
        expect(said).toStrictEqual(make());
      }
    }),
  );
});

test("what two have in common is one object", () => {
  fc.assert(
    fc.property(status, (make) => {
      const [one, other] = [make(), make()];
      const parts = new SharedParts();
      parts.share(one);
      parts.share(other);
      expect(other.labels).toBe(one.labels);
      expect(other.groups).toBe(one.groups);
    }),
  );
});

test("labels of which no two are alike are not kept for ever", () => {
  const parts = new SharedParts();
  const labelled = (serial: number) => {
    const said = codec.decode(codec.encode({ name: "n1", labels: { serial: String(serial) } }));
    const status = knownStatus(said as ConsoleStatusReceived, "sn01");
    parts.share(status);
    return status.labels;
  };
  const first = labelled(0);
  expect(labelled(0)).toBe(first);
  for (let serial = 1; serial <= 4_096; serial += 1) labelled(serial);
  expect(labelled(0)).not.toBe(first);
});
