import { FakeClock } from "@confed/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DialGate } from "./dial-gate.ts";
import { ConfedError } from "./errors.ts";

/** A dial that ends when told. */
function dial() {
  let end: () => void = () => undefined;
  const state = { began: false };
  const run = () => {
    state.began = true;
    return new Promise<void>((resolve) => {
      end = resolve;
    });
  };
  return {
    state,
    run,
    end: () => {
      end();
    },
  };
}

let clock: FakeClock;
beforeEach(() => {
  clock = new FakeClock();
});
afterEach(() => {
  expect(clock.pending).toBe(0);
});

const signal = () => new AbortController().signal;
const enter = <T>(gate: DialGate, run: () => Promise<T>, { first = true, by = signal() } = {}) =>
  gate.through({ signal: by, first, dial: run });

test("as many dial as there is room for, the others in the order in which they came", async () => {
  const gate = new DialGate(1, clock);
  const [first, second, third] = [dial(), dial(), dial()];
  const running = [first, second, third].map((each) => enter(gate, each.run));
  await Promise.resolve();
  expect([first.state.began, second.state.began]).toEqual([true, false]);
  first.end();
  await running[0];
  await Promise.resolve();
  expect([second.state.began, third.state.began]).toEqual([true, false]);
  second.end();
  await running[1];
  third.end();
  await running[2];
});

test("who gives up while waiting never dials, and its place goes to the next", async () => {
  const gate = new DialGate(1, clock);
  const [first, second, third] = [dial(), dial(), dial()];
  const one = enter(gate, first.run);
  const abort = new AbortController();
  const two = enter(gate, second.run, { by: abort.signal });
  const three = enter(gate, third.run);
  abort.abort(new ConfedError("canceled", "no more"));
  await expect(two).rejects.toMatchObject({ code: "canceled" });
  first.end();
  await one;
  await Promise.resolve();
  expect([second.state.began, third.state.began]).toEqual([false, true]);
  third.end();
  await three;
});

test("a dial that fails gives its place back", async () => {
  const gate = new DialGate(1, clock);
  const refused = new ConfedError("connection_refused", "nobody there");
  await expect(enter(gate, () => Promise.reject(refused))).rejects.toBe(refused);
  await expect(enter(gate, () => Promise.resolve(7))).resolves.toBe(7);
});

test("a dial that does not answer gives its place up after a second, and goes on", async () => {
  const gate = new DialGate(1, clock);
  const [dead, live] = [dial(), dial()];
  const one = enter(gate, dead.run);
  const two = enter(gate, live.run);
  await Promise.resolve();
  clock.advance(1_000);
  await Promise.resolve();
  expect(live.state.began).toBe(true);
  // Its place was given once: its end gives none back.
  dead.end();
  await one;
  const third = dial();
  const three = enter(gate, third.run);
  await Promise.resolve();
  expect(third.state.began).toBe(false);
  live.end();
  await two;
  await Promise.resolve();
  third.end();
  await three;
});

test("who failed before waits for those that did not", async () => {
  const gate = new DialGate(1, clock);
  const [running, again, fresh] = [dial(), dial(), dial()];
  const one = enter(gate, running.run);
  const two = enter(gate, again.run, { first: false });
  const three = enter(gate, fresh.run);
  await Promise.resolve();
  running.end();
  await one;
  await Promise.resolve();
  expect([again.state.began, fresh.state.began]).toEqual([false, true]);
  fresh.end();
  await three;
  await Promise.resolve();
  expect(again.state.began).toBe(true);
  again.end();
  await two;
});
