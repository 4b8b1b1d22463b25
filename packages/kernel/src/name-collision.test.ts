import { expect, test } from "vitest";
import { findCollision } from "./name-collision.ts";

test("the first collision is found, as it was written, when names differ only in case", () => {
  expect(findCollision(["n1", "N2", "n3", "n2", "N1"])).toEqual(["N2", "n2"]);
});

test("a name collides with itself when it is given twice", () => {
  expect(findCollision(new Set(["n1"]))).toBeUndefined();
  expect(findCollision(["n1", "n1"])).toEqual(["n1", "n1"]);
});

test("nothing collides when all names differ", () => {
  expect(findCollision(["n1", "n01", "n-1", "n.1"])).toBeUndefined();
});
