import { ConfedError } from "@confed/kernel";
import { expect, test } from "vitest";
import { DialGate } from "./dial-gate.ts";

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

const signal = () => new AbortController().signal;

test("as many dial as there is room for, the others in the order in which they came", async () => {
  const gate = new DialGate(1);
  const [first, second, third] = [dial(), dial(), dial()];
  const running = [first, second, third].map((each) => gate.through(signal(), each.run));
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
  const gate = new DialGate(1);
  const [first, second, third] = [dial(), dial(), dial()];
  const one = gate.through(signal(), first.run);
  const abort = new AbortController();
  const two = gate.through(abort.signal, second.run);
  const three = gate.through(signal(), third.run);
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
  const gate = new DialGate(1);
  const refused = new ConfedError("connection_refused", "nobody there");
  await expect(gate.through(signal(), () => Promise.reject(refused))).rejects.toBe(refused);
  await expect(gate.through(signal(), () => Promise.resolve(7))).resolves.toBe(7);
});
