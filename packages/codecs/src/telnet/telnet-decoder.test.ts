import { expectSplitInvariant } from "@confed/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TELNET_DECODER_LIMITS, TelnetDecoder, type TelnetEvent } from "./telnet-decoder.ts";

const IAC = 255;
const SB = 250;
const SE = 240;
const NOP = 241;
const DO = 253;
const CR = 13;
const LF = 10;

/** Events with data copied and neighbouring data joined: what the input meant. */
function decode(parts: readonly Uint8Array[], { binary = false } = {}): unknown[] {
  const decoder = new TelnetDecoder();
  decoder.binary = binary;
  const meant: unknown[] = [];
  let data: number[] = [];
  const endData = () => {
    if (data.length > 0) meant.push(data);
    data = [];
  };
  for (const part of parts) {
    decoder.feed(part, (event) => {
      if (event.type === "data") {
        data.push(...event.bytes);
        return;
      }
      endData();
      meant.push(event.type === "subnegotiation" ? { ...event, bytes: [...event.bytes] } : event);
    });
  }
  endData();
  return meant;
}

const bytes = (...values: number[]) => Uint8Array.from(values);

describe("TelnetDecoder", () => {
  test("gives data as a view into what was fed when nothing has to change", () => {
    const input = bytes(65, CR, LF, 66);
    const events: TelnetEvent[] = [];
    new TelnetDecoder().feed(input, (event) => events.push(event));
    expect(events).toHaveLength(1);
    const [event] = events;
    expect(event?.type === "data" && event.bytes.buffer === input.buffer && event.bytes.length === 4).toBe(
      true,
    );
  });

  test.each([
    ["IAC IAC is one 255", [1, IAC, IAC, 2], [[1, 255, 2]]],
    ["CR NUL is CR", [65, CR, 0, 66], [[65, CR, 66]]],
    ["only one NUL belongs to a CR", [CR, 0, 0], [[CR, 0]]],
    ["a lone NUL is data", [0, 65], [[0, 65]]],
    ["CR LF stays", [CR, LF], [[CR, LF]]],
    ["CR before anything else stays", [CR, 65, CR, CR, LF], [[CR, 65, CR, CR, LF]]],
    [
      "a command between CR and NUL does not separate them",
      [CR, IAC, NOP, 0, 65],
      [[CR], { type: "command", command: NOP }, [65]],
    ],
    ["255 between CR and NUL does", [CR, IAC, IAC, 0], [[CR, 255, 0]]],
    ["negotiation has verb and option", [IAC, DO, 24], [{ type: "negotiation", verb: "do", option: 24 }]],
    [
      "subnegotiation undoes doubled IACs",
      [IAC, SB, 31, 0, IAC, IAC, 0, 24, IAC, SE, 65],
      [{ type: "subnegotiation", option: 31, bytes: [0, 255, 0, 24] }, [65]],
    ],
    [
      "a command where IAC SE belongs drops the subnegotiation and counts",
      [IAC, SB, 24, 1, IAC, DO, 3, 65],
      [
        { type: "dropped", option: 24, reason: "unterminated" },
        { type: "negotiation", verb: "do", option: 3 },
        [65],
      ],
    ],
    ["SE alone is a command like any other", [IAC, SE, 65], [{ type: "command", command: SE }, [65]]],
  ])("%s", (_, input, meant) => {
    expect(decode([bytes(...input)])).toEqual(meant);
    expectSplitInvariant(bytes(...input), (parts) => decode(parts));
  });

  test("passes CR NUL as it is when the far end sends BINARY", () => {
    expect(decode([bytes(CR, 0, IAC, IAC)], { binary: true })).toEqual([[CR, 0, 255]]);
  });

  test("becomes binary in the middle of a chunk when told so from within onEvent", () => {
    const decoder = new TelnetDecoder();
    const data: number[] = [];
    decoder.feed(bytes(CR, 0, IAC, 251, 0, CR, 0), (event) => {
      if (event.type === "negotiation") decoder.binary = true;
      if (event.type === "data") data.push(...event.bytes);
    });
    expect(data).toEqual([CR, CR, 0]);
  });

  test("drops a subnegotiation over the limit and stays in step", () => {
    const content = new Array<number>(TELNET_DECODER_LIMITS.subnegotiationBytesMax + 1).fill(7);
    const input = bytes(IAC, SB, 34, ...content, IAC, SE, 65);
    expect(decode([input])).toEqual([{ type: "dropped", option: 34, reason: "too_long" }, [65]]);
    const fits = bytes(IAC, SB, 34, ...content.slice(1), IAC, SE, 65);
    expect(decode([fits])).toEqual([{ type: "subnegotiation", option: 34, bytes: content.slice(1) }, [65]]);
  });

  test("reports an endless subnegotiation once, and would still get back in step", () => {
    const input = new Uint8Array(3 * TELNET_DECODER_LIMITS.endlessBytes).fill(3);
    input.set([IAC, SB, 34]);
    expect(decode([input, bytes(IAC, SE, 65)])).toEqual([
      { type: "dropped", option: 34, reason: "too_long" },
      { type: "dropped", option: 34, reason: "endless" },
      [65],
    ]);
  });

  test("means the same however its input is split", () => {
    // Telnet's own bytes often, everything else sometimes.
    const byte = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(IAC, SB, SE, DO, NOP, CR, LF, 0) },
      fc.nat(255),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 24 }), fc.boolean(), (input, binary) => {
        expectSplitInvariant(Uint8Array.from(input), (parts) => decode(parts, { binary }));
      }),
      { numRuns: 300 },
    );
  });
});
