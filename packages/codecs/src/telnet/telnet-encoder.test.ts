import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TelnetDecoder } from "./telnet-decoder.ts";
import { encodeSubnegotiation, encodeTelnetData } from "./telnet-encoder.ts";

function decoded(wire: Uint8Array, binary: boolean): number[] {
  const decoder = new TelnetDecoder();
  decoder.binary = binary;
  const data: number[] = [];
  decoder.feed(wire, (event) => {
    if (event.type === "data") data.push(...event.bytes);
    else data.push(-1); // Nothing but data may come out of data.
  });
  return data;
}

describe("encodeTelnetData", () => {
  test("returns the same array when nothing has to change", () => {
    const input = Uint8Array.of(65, 10, 0, 254);
    expect(encodeTelnetData(input, { binary: false })).toBe(input);
  });

  test.each([
    [false, [13], [13, 0]],
    [false, [13, 10], [13, 0, 10]],
    [false, [13, 0], [13, 0, 0]],
    [false, [255, 13], [255, 255, 13, 0]],
    [true, [13, 10, 13, 0, 255], [13, 10, 13, 0, 255, 255]],
  ])("with binary %s sends %j as %j", (binary, input, wire) => {
    expect([...encodeTelnetData(Uint8Array.from(input), { binary })]).toEqual(wire);
  });

  test("delivers any bytes exactly, in either mode, in any pieces", () => {
    const byte = fc.oneof(fc.constantFrom(0, 10, 13, 255), fc.nat(255));
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 8 })),
        fc.array(byte),
        fc.boolean(),
        (pieces, bytes, binary) => {
          const parts = [...pieces, Uint8Array.from(bytes)];
          const wire = parts.flatMap((part) => [...encodeTelnetData(part, { binary })]);
          expect(decoded(Uint8Array.from(wire), binary)).toEqual(parts.flatMap((part) => [...part]));
        },
      ),
    );
  });
});

test("encodeSubnegotiation doubles IACs of the content only", () => {
  expect([...encodeSubnegotiation(31, Uint8Array.of(0, 255, 0, 24))]).toEqual([
    255, 250, 31, 0, 255, 255, 0, 24, 255, 240,
  ]);
});
