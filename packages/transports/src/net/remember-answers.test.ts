import { ConfedError, silentLogger } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import type { Address } from "./address.ts";
import { rememberAnswers } from "./remember-answers.ts";

const FIRST: readonly Address[] = [{ address: "10.0.0.1", family: 4 }];
const SECOND: readonly Address[] = [{ address: "fd00::2", family: 6 }];
const DOWN = new ConfedError("name_unresolved", "n1: the name servers do not answer");

function rig(...script: (readonly Address[] | ConfedError)[]) {
  const clock = new FakeClock();
  const warnings: string[] = [];
  let asked = 0;
  const names = rememberAnswers({
    clock,
    logger: { ...silentLogger, warn: (message) => void warnings.push(message) },
    lookup: () => {
      const next = script[Math.min(asked++, script.length - 1)];
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next ?? []);
    },
  });
  return { clock, names, warnings, asked: () => asked };
}

test("an answer serves for a minute, then the system is asked again", async () => {
  const { clock, names, asked } = rig(FIRST, SECOND);
  expect(await names.resolve("n1")).toEqual(FIRST);
  clock.advance(59_999);
  expect(await names.resolve("n1")).toEqual(FIRST);
  expect(asked()).toBe(1);
  clock.advance(1);
  expect(await names.resolve("n1")).toEqual(SECOND);
});

test("one question is asked for all who wait for the same name", async () => {
  const { names, asked } = rig(FIRST);
  await Promise.all([names.resolve("n1"), names.resolve("n1"), names.resolve("n1")]);
  expect(asked()).toBe(1);
});

test("the last good answer serves while lookups fail, with one warning for the outage", async () => {
  const { clock, names, warnings, asked } = rig(FIRST, DOWN, DOWN, SECOND);
  await names.resolve("n1");
  clock.advance(60_000);
  expect(await names.resolve("n1")).toEqual(FIRST);
  expect(await names.resolve("n1")).toEqual(FIRST);
  expect(asked(), "a failure is not repeated at once").toBe(2);
  clock.advance(10_000);
  expect(await names.resolve("n1")).toEqual(FIRST);
  expect(warnings).toHaveLength(1);
  clock.advance(10_000);
  expect(await names.resolve("n1")).toEqual(SECOND);
});

test("a name that never had an answer is refused, and asked again the next time", async () => {
  const { names, asked } = rig(DOWN, FIRST);
  await expect(names.resolve("n1")).rejects.toBe(DOWN);
  expect(await names.resolve("n1")).toEqual(FIRST);
  expect(asked()).toBe(2);
});

test("an answer learnt late serves the next question", async () => {
  const { names, asked } = rig(DOWN);
  await expect(names.resolve("n1")).rejects.toBe(DOWN);
  names.learn("n1", SECOND);
  expect(await names.resolve("n1")).toEqual(SECOND);
  expect(asked()).toBe(1);
});
