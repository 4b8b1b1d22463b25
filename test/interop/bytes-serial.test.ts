import { ConfedRig, expectByteClean, skippedWithout, startSerialPair } from "@confed/testkit";
import { describe, onTestFinished, test } from "vitest";

const skipped = skippedWithout("socat");

describe.skipIf(skipped !== "")(`bytes through a serial device${skipped}`, () => {
  test("a serial console is byte-clean, direct and relayed", async () => {
    const rig = new ConfedRig();
    const pair = await startSerialPair();
    onTestFinished(() => pair.close());
    const entry = { name: "n1", transport: "serial", device: pair.device, baud: 115_200 };
    await expectByteClean(rig, entry, {
      received: pair.received,
      print: (bytes) => void pair.feed(bytes),
    });
  });
});
