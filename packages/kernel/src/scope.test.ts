import { FakeClock } from "@confed/testkit";
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

test("owning on a closed scope what fails to be released harms nobody", async () => {
  const scope = new Scope();
  await scope.close();
  // Were it not caught, the test run itself would fail.
  scope.own(() => Promise.reject(new Error("too late")));
  scope.own(() => {
    throw new Error("too late");
  });
  await new Promise((resolve) => setImmediate(resolve));
});

test("a release that hangs is left behind when its time is over, and named; the others still run", async () => {
  const clock = new FakeClock();
  const scope = new Scope({ clock, releaseMsMax: 1_000 });
  const order: string[] = [];
  scope.own(() => void order.push("first owned"));
  scope.own(() => new Promise<void>(() => undefined));
  scope.own(() => void order.push("last owned"));
  const closed = expect(scope.close()).rejects.toMatchObject({
    errors: [expect.objectContaining({ code: "deadline_exceeded" }) as Error],
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(order).toEqual(["last owned"]);
  clock.advance(1_000);
  await closed;
  expect(order).toEqual(["last owned", "first owned"]);
  expect(clock.pending).toBe(0);
});
