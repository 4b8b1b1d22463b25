import { existsSync } from "node:fs";
import { silentLogger, systemClock } from "@confed/kernel";
import { ALL_BYTES, LinkRecorder, startSerialPair } from "@confed/testkit";
import { serial } from "@confed/transports";
import { describe, expect, it } from "vitest";

const ROUNDS = 1_000;

describe.skipIf(!existsSync("/usr/bin/socat"))("serial through socat (needs socat)", () => {
  it(`carries all 256 byte values ${ROUNDS} times both ways at once`, async () => {
    const pair = await startSerialPair();
    const sink = new LinkRecorder();
    const link = await serial({ device: pair.device, baud: 9600 })({
      clock: systemClock,
      logger: silentLogger,
      resolver: { resolve: () => Promise.reject(new Error("a device needs no resolver")) },
    }).open({ signal: new AbortController().signal, sink });
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        expect(link.write(ALL_BYTES)).toBeGreaterThanOrEqual(0);
        await pair.feed(ALL_BYTES);
      }
      await Promise.all([sink.received(256 * ROUNDS), pair.received.reached(256 * ROUNDS)]);
      const expected = Buffer.concat(Array.from({ length: ROUNDS }, () => ALL_BYTES));
      expect(sink.bytes().equals(expected)).toBe(true);
      expect(pair.received.bytes().equals(expected)).toBe(true);
    } finally {
      await link.close();
      await pair.close();
    }
    expect(await sink.closed).toEqual({ by: "local" });
  });
});
