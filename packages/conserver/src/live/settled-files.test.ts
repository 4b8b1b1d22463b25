import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import { SETTLE_LIMITS, settledFiles } from "./settled-files.ts";

/** A file that a test writes, and a reading of it under way; `step` lets time pass and promises settle. */
function begin(text: string, ageMs: number) {
  const clock = new FakeClock();
  const file = { text, mtimeMs: clock.wallTimeMs() - ageMs };
  const files = settledFiles(clock, {
    files: { read: () => Promise.resolve(Buffer.from(file.text)), list: () => Promise.resolve([]) },
    lookAt: () =>
      Promise.resolve({ size: BigInt(file.text.length), mtimeNs: BigInt(file.mtimeMs) * 1_000_000n }),
  });
  let read: string | undefined;
  const reading = files.read("/conserver.cf").then((bytes) => {
    read = Buffer.from(bytes).toString();
  });
  const step = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(10);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return read;
  };
  const write = (next: string) => {
    file.text = next;
    file.mtimeMs = clock.wallTimeMs();
  };
  return { clock, reading, step, write };
}

test("a file that nobody touches is read at once", async () => {
  const { step, clock } = begin("whole", 10_000);
  expect(await step(10)).toBe("whole");
  expect(clock.pending).toBe(0);
});

test("a file that is emptied and filled in pieces is read when it is left alone, twice", async () => {
  for (let round = 0; round < 2; round += 1) {
    const { step, write } = begin("", 0);
    expect(await step(SETTLE_LIMITS.quietMs + 100)).toBeUndefined();
    write("half");
    expect(await step(SETTLE_LIMITS.quietMs - 100)).toBeUndefined();
    write("half and half");
    expect(await step(SETTLE_LIMITS.quietMs - 100)).toBeUndefined();
    expect(await step(200)).toBe("half and half");
  }
});

test("a file that is written on and on is read in the end, as is one of another host's clock", async () => {
  const { step, write } = begin("0", 0);
  let read: string | undefined;
  for (let at = 0; at < SETTLE_LIMITS.waitMsMax + 200; at += 100) {
    write(`${at}`);
    read = await step(100);
  }
  expect(read).toBe(`${SETTLE_LIMITS.waitMsMax}`);
  expect(await begin("ahead", -60_000).step(10)).toBe("ahead");
});
