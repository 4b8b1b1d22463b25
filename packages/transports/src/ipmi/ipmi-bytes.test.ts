import { systemClock } from "@confed/kernel";
import {
  bothWays,
  FakeClock,
  hastyClock,
  ipmiTo,
  LIFE_SIGN_DUE_MS,
  openIpmi,
  randomBytes,
  startTestBmc,
  TWICE,
  untilTrue,
} from "@confed/testkit";
import { describe, expect, test } from "vitest";

describe("bytes", () => {
  test.each([0.05, 0.15])(
    "100 KB arrive each way through a loss of %d each way, twice",
    async (lossRatio) => {
      const console = await startTestBmc({ seed: 7 }, hastyClock);
      const { link, recorder } = await openIpmi(ipmiTo(console, {}, hastyClock));
      for (const [round] of TWICE.entries()) {
        const printed = randomBytes(100_000, 3 + round);
        const typed = randomBytes(100_000, 5 + round);
        const [outStart, inStart] = [recorder.sizeBytes, console.received.length];
        Object.assign(console.bmc.faults, { lossRatio, duplicateRatio: lossRatio, reorderRatio: lossRatio });
        await console.print(printed);
        link.write(typed);
        await Promise.all([
          recorder.received(outStart + 100_000),
          console.received.reached(inStart + 100_000),
        ]);
        expect(recorder.bytes().subarray(outStart).equals(printed)).toBe(true);
        expect(console.received.bytes(inStart).equals(typed)).toBe(true);
        Object.assign(console.bmc.faults, { lossRatio: 0, duplicateRatio: 0, reorderRatio: 0 });
      }
    },
    60_000,
  );

  test.each([
    ["takes a part of each packet", { acceptMax: 7 }, { acceptMax: 255 }],
    ["takes nothing for a while", { suspended: true }, { suspended: false }],
    ["acknowledges more than there was", { acceptsTooMuch: true }, { acceptsTooMuch: false }],
  ])("input arrives exactly at a BMC that %s", async (_, fault, healed) => {
    const console = await startTestBmc();
    const { link } = await openIpmi(ipmiTo(console));
    for (const [round] of TWICE.entries()) {
      const typed = randomBytes(2_000, 17 + round);
      const start = console.received.length;
      Object.assign(console.bmc.faults, fault);
      link.write(typed);
      if ("suspended" in fault) {
        await new Promise<void>((resolve) => {
          systemClock.after(300, resolve);
        });
        expect(console.received.length).toBe(start);
        Object.assign(console.bmc.faults, healed);
      }
      await console.received.reached(start + typed.length);
      expect(console.received.bytes(start).equals(typed)).toBe(true);
      Object.assign(console.bmc.faults, healed);
    }
  });

  test("output that the BMC could not hold is marked, and a host that is off is told once", async () => {
    const console = await startTestBmc();
    const { recorder, lost, notices } = await openIpmi(ipmiTo(console));
    for (const [round] of TWICE.entries()) {
      console.bmc.sol?.overrun();
      await console.print(Buffer.from("after"));
      await recorder.received(5 * (round + 1));
      expect(lost).toEqual(Array(round + 1).fill("the BMC could not hold all that the host printed"));
      console.bmc.sol?.hostOff(true);
      console.bmc.sol?.hostOff(true);
      console.bmc.sol?.hostOff(false);
      await untilTrue(() => notices.length === 2 * (round + 1));
    }
  });

  test("a break arrives, and one that the BMC ignores is refused in words", async () => {
    const console = await startTestBmc();
    const { link, recorder } = await openIpmi(ipmiTo(console));
    await link.sendBreak(250);
    expect(console.breaks).toBe(1);
    console.bmc.faults.ignoresBreaks = true;
    await expect(link.sendBreak(250)).rejects.toMatchObject({ code: "failed_precondition" });
    // The BMC never took the number of the break: what follows is out of turn, until it is logged in to again.
    expect(recorder.closedCount).toBe(0);
  });

  test("a sign of life finds SOL ours, also where the BMC does not know whose it is", async () => {
    const clock = new FakeClock();
    const console = await startTestBmc();
    const { link, recorder } = await openIpmi(ipmiTo(console, {}, clock));
    // Past the empty packet, whose repeats are no signs of life.
    await bothWays(console, link, recorder);
    for (const hasNoInstanceInfo of [false, true, true]) {
      console.bmc.faults.hasNoInstanceInfo = hasNoInstanceInfo;
      const before = console.bmc.received;
      clock.advance(LIFE_SIGN_DUE_MS);
      await untilTrue(() => console.bmc.received > before);
      await bothWays(console, link, recorder);
      expect(recorder.closedCount).toBe(0);
    }
  });
});
