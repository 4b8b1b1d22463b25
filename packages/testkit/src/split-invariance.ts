import { deepStrictEqual } from "node:assert/strict";

/**
 * A decoder's meaning must not depend on how the network split its input: cut `input` at every two
 * places and compare. `decode` feeds the parts to a fresh decoder and returns what they meant, with
 * neighbouring data joined. Quadratic: meant for inputs of up to a few hundred bytes.
 */
export function expectSplitInvariant(
  input: Uint8Array,
  decode: (parts: readonly Uint8Array[]) => unknown,
): void {
  const whole = decode([input]);
  for (let first = 0; first <= input.length; first += 1) {
    for (let second = first; second <= input.length; second += 1) {
      const parts = [input.subarray(0, first), input.subarray(first, second), input.subarray(second)];
      deepStrictEqual(decode(parts), whole, `split at ${first} and ${second} of ${input.length}`);
    }
  }
  const bytewise = Array.from(input, (_, at) => input.subarray(at, at + 1));
  deepStrictEqual(decode(bytewise), whole, "split at every byte");
}
