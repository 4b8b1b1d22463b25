import fc from "fast-check";
import { expect, test } from "vitest";
import { shardOf } from "./rendezvous.ts";

const name = fc.stringMatching(/^[a-z][a-z0-9.-]{0,30}$/);

test("a console stays where it was, or moves to the shard that came, when one more is there", () => {
  fc.assert(
    fc.property(name, fc.integer({ min: 1, max: 63 }), (console, count) => {
      const before = shardOf(console, count);
      expect([before, count]).toContain(shardOf(console, count + 1));
    }),
  );
});

test("consoles of the shards that stay do not move when others go", () => {
  fc.assert(
    fc.property(
      name,
      fc.integer({ min: 2, max: 64 }),
      fc.integer({ min: 1, max: 64 }),
      (console, more, fewer) => {
        const before = shardOf(console, more);
        fc.pre(fewer < more && before < fewer);
        expect(shardOf(console, fewer)).toBe(before);
      },
    ),
  );
});

test("shards get like many of the names that people give", () => {
  const racks = (pattern: (n: number) => string) => Array.from({ length: 10_000 }, (_, n) => pattern(n));
  const sites = [
    racks((n) => `n${n}`),
    racks((n) => `cn${String(n).padStart(5, "0")}`),
    racks((n) => `r${Math.floor(n / 42)}-u${n % 42}-bmc.site.example`),
  ];
  for (const names of sites) {
    for (const count of [2, 3, 8]) {
      const sizes = new Array<number>(count).fill(0);
      for (const each of names) sizes[shardOf(each, count)]! += 1;
      const fair = names.length / count;
      // Six standard deviations of a fair choice.
      const slack = 6 * Math.sqrt(fair * (1 - 1 / count));
      for (const size of sizes) expect(Math.abs(size - fair)).toBeLessThan(slack);
    }
  }
});
