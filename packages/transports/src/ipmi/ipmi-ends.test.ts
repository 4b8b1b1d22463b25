import {
  bothWays,
  FakeClock,
  hastyClock,
  ipmiTo,
  LIFE_SIGN_DUE_MS,
  openIpmi,
  startTestBmc,
  TWICE,
} from "@confed/testkit";
import { describe, expect, test } from "vitest";

describe("ends", () => {
  test("SOL and session are closed when the link is", async () => {
    const console = await startTestBmc();
    const { link } = await openIpmi(ipmiTo(console));
    expect(console.bmc.owner).not.toBe(0);
    await link.close();
    expect([console.bmc.owner, console.bmc.sessions.size]).toEqual([0, 0]);
  });

  test("the session is closed when opening is given up in the middle", async () => {
    const console = await startTestBmc();
    console.bmc.faults.losesActivateAnswers = 99;
    const giveUp = new AbortController();
    const opening = openIpmi(ipmiTo(console), { signal: giveUp.signal });
    await console.link();
    giveUp.abort();
    await expect(opening).rejects.toMatchObject({ code: "canceled" });
    expect([console.bmc.owner, console.bmc.sessions.size]).toEqual([0, 0]);
  });

  test.each([
    ["with notice", true],
    ["without notice", false],
  ])("SOL that is stolen %s is reported, twice", async (_, notice) => {
    const clock = new FakeClock();
    const console = await startTestBmc();
    const transport = ipmiTo(console, {}, clock);
    for (const _round of TWICE) {
      const { recorder } = await openIpmi(transport);
      console.bmc.steal({ notice });
      if (!notice) clock.advance(LIFE_SIGN_DUE_MS);
      const reason = await recorder.closed;
      expect(reason).toMatchObject({ by: "failure", error: { code: "console_busy" } });
      expect(console.bmc.owner, "the thief keeps it").not.toBe(0);
      expect(console.bmc.sessions.size).toBe(0);
    }
  });

  test("a console is taken back twice, then left to the thief until a person asks", async () => {
    const console = await startTestBmc();
    const transport = ipmiTo(console);
    for (const _ of TWICE) {
      console.bmc.steal({ notice: false });
      const { link, notices } = await openIpmi(transport);
      expect(notices).toEqual(["taking Serial over LAN from another session: it should be ours"]);
      await link.close();
    }
    console.bmc.steal({ notice: false });
    await expect(openIpmi(transport)).rejects.toMatchObject({
      code: "console_busy",
      rawMessage: expect.stringContaining("held by another session") as string,
    });
    const { notices } = await openIpmi(transport, { force: true });
    expect(notices).toEqual(["taking Serial over LAN from another session: somebody asked for it"]);
  });

  test("a BMC that does not let SOL be taken is left alone after three rounds", async () => {
    const console = await startTestBmc();
    console.bmc.faults.keepsOwner = true;
    console.bmc.steal({ notice: false });
    await expect(openIpmi(ipmiTo(console))).rejects.toMatchObject({ code: "console_busy" });
    expect(console.bmc.sessions.size).toBe(0);
  });

  test.each([
    ["restarts", true],
    ["lets the session expire without a word", false],
  ])(
    "a BMC that %s is found silent by a sign of life, with nobody typing, and logged in to again, twice",
    async (_, isDown) => {
      const console = await startTestBmc({}, hastyClock);
      const transport = ipmiTo(console, {}, hastyClock);
      for (const _round of TWICE) {
        const { link, recorder } = await openIpmi(transport);
        await bothWays(console, link, recorder);
        console.bmc.forgetSessions();
        console.bmc.faults.silent = isDown;
        expect(await recorder.closed).toMatchObject({ by: "failure", error: { code: "peer_silent" } });
        if (isDown) await expect(openIpmi(transport)).rejects.toMatchObject({ code: "deadline_exceeded" });
        console.bmc.faults.silent = false;
      }
      const { link, recorder } = await openIpmi(transport);
      await bothWays(console, link, recorder);
    },
    60_000,
  );

  test("a BMC that forgot the session is found silent, and logged in to again", async () => {
    const console = await startTestBmc();
    const transport = ipmiTo(console, {}, hastyClock);
    for (const _ of TWICE) {
      const { link, recorder } = await openIpmi(transport);
      console.bmc.forgetSessions();
      link.write(Buffer.from("is anybody there"));
      expect(await recorder.closed).toMatchObject({ by: "failure", error: { code: "peer_silent" } });
    }
    const { link, recorder } = await openIpmi(transport);
    await bothWays(console, link, recorder);
  }, 60_000);
});
