import { expect, test } from "vitest";
import { DESCRIPTORS_BESIDE_CONSOLES, descriptorWarning } from "./descriptor-limit.ts";

const limits = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units
Max processes             1000                 1000                 processes
Max open files            ${soft.padEnd(20)} 1048576              files
`;

test("too few descriptors are warned of with both numbers", () => {
  const warning = descriptorWarning(1_000, limits("1024"));
  expect(warning).toContain("1024");
  expect(warning).toContain(String(1_000 + DESCRIPTORS_BESIDE_CONSOLES));
});

test.each([
  [1_000, String(1_000 + DESCRIPTORS_BESIDE_CONSOLES)],
  [1_000_000, "unlimited"],
  [10, "1024"],
])("%i consoles are not warned of with %s descriptors", (consoles, soft) => {
  expect(descriptorWarning(consoles, limits(soft))).toBeUndefined();
});

test("nothing is warned of where the kernel does not tell", () => {
  expect(descriptorWarning(10_000, undefined)).toBeUndefined();
});
