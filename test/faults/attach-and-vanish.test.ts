import { attachAndVanish, echoTimes, startGuardedServer } from "@confed/testkit";
import { expect, test } from "vitest";

/** The full count, 20,000, is a case of the benchmark. */
const WARM_UP = 500;
const ROUND = 1_000;
const ROUNDS = 2;
const HEAP_SLACK_BYTES = 2 * 1024 * 1024;

test("clients that attach and vanish leave no descriptor, no stream, no heap and no rejection behind, twice", async () => {
  const server = await startGuardedServer();
  try {
    const { attached } = await server.attach();
    await attachAndVanish(server, WARM_UP);
    await expect.poll(async () => (await server.measure()).streams, { timeout: 10_000 }).toBe(1);
    const before = await server.measure();
    for (let round = 0; round < ROUNDS; round += 1) {
      await attachAndVanish(server, ROUND);
      await expect.poll(async () => (await server.measure()).streams, { timeout: 10_000 }).toBe(1);
      const after = await server.measure();
      expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
      expect(after.heapBytes - before.heapBytes).toBeLessThan(HEAP_SLACK_BYTES);
      expect(after.unhandled).toBe(0);
    }
    await echoTimes(attached, 5);
  } finally {
    await server.close();
  }
}, 120_000);
