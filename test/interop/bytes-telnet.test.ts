import { ConfedRig, expectByteClean, skippedWithout, startSer2net } from "@confed/testkit";
import { describe, onTestFinished, test } from "vitest";

const skipped = skippedWithout("ser2net", "socat", "stty");

describe.skipIf(skipped !== "")(`bytes through a real ser2net${skipped}`, () => {
  test("a telnet console is byte-clean, direct and relayed", async () => {
    const rig = new ConfedRig();
    const { port, device, close } = await startSer2net();
    onTestFinished(close);
    const entry = { name: "n1", transport: "telnet", host: "127.0.0.1", port, comPort: { baud: 115_200 } };
    await expectByteClean(rig, entry, device);
  });
});
