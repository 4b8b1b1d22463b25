import { expect, test } from "vitest";
import { Scope } from "./scope.ts";

test("releases run newest first, once, when the scope closes twice", async () => {
  const order: number[] = [];
  const scope = new Scope();
  scope.own(() => void order.push(1));
  scope.own(() => void order.push(2));
  await Promise.all([scope.close(), scope.close()]);
  expect(order).toEqual([2, 1]);
});

test("owning on a closed scope releases at once", async () => {
  const scope = new Scope();
  await scope.close();
  let released = false;
  scope.own(() => {
    released = true;
  });
  expect(released).toBe(true);
});

test("a failing release does not strand the others", async () => {
  const scope = new Scope();
  let released = false;
  scope.own(() => {
    released = true;
  });
  scope.own(() => {
    throw new Error("stuck");
  });
  await expect(scope.close()).rejects.toThrow("scope did not close cleanly");
  expect(released).toBe(true);
});

test("a child closes with its parent and is forgotten when it closes first", async () => {
  const parent = new Scope();
  const first = parent.child();
  const second = parent.child();
  await first.close();
  await parent.close("over");
  expect(second.signal.reason).toBe("over");
});
