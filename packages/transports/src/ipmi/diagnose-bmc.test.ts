import { type Clock, Secret, silentLogger, systemClock } from "@confed/kernel";
import {
  type BmcConsole,
  bothWays,
  FakeClock,
  ipmiTo,
  openIpmi,
  startTestBmc,
  untilTrue,
} from "@confed/testkit";
import { describe, expect, test } from "vitest";
import { type BmcDiagnosisOptions, diagnoseBmc } from "./diagnose-bmc.ts";

describe("a diagnosis", () => {
  const diagnose = (
    { bmc }: BmcConsole,
    options: Partial<BmcDiagnosisOptions> = {},
    clock: Clock = systemClock,
  ) =>
    diagnoseBmc(
      {
        clock,
        logger: silentLogger,
        resolver: { resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]) },
      },
      {
        host: "127.0.0.1",
        port: bmc.port,
        user: bmc.user.user,
        password: () => Promise.resolve(new Secret(bmc.user.password)),
        signal: new AbortController().signal,
        ...options,
      },
    );

  test("of a BMC that is free says so, and leaves nothing behind", async () => {
    const console = await startTestBmc();
    expect(await diagnose(console)).toEqual([
      { step: "reach", ok: true, says: `127.0.0.1:${console.bmc.port} answers` },
      { step: "capabilities", ok: true, says: "the BMC speaks IPMI 2.0" },
      { step: "log_in", ok: true, says: "user admin logs in with cipher suite 17" },
      { step: "payload", ok: true, says: "Serial over LAN is free" },
    ]);
    expect([console.bmc.activations, console.bmc.sessions.size]).toEqual([0, 0]);
  });

  test("says whose SOL is, and takes it from nobody", async () => {
    const console = await startTestBmc();
    const { link, recorder } = await openIpmi(ipmiTo(console));
    expect((await diagnose(console)).at(-1)).toMatchObject({
      ok: false,
      says: "Serial over LAN is held by another session",
      mend: "find out who has it; rcons reconnect --force takes it",
    });
    const ownSessions = new Set([console.bmc.owner]);
    expect((await diagnose(console, { ownSessions })).at(-1)).toMatchObject({
      ok: true,
      says: "Serial over LAN is this agent's",
    });
    await bothWays(console, link, recorder);
  });

  test("stops at the step that fails, with what mends it", async () => {
    const console = await startTestBmc();
    const wrong = await diagnose(console, { password: () => Promise.resolve(new Secret("wrong")) });
    expect(wrong.map(({ step, ok }) => [step, ok])).toEqual([
      ["reach", true],
      ["capabilities", true],
      ["log_in", false],
    ]);
    console.bmc.faults.silent = true;
    const before = console.bmc.received;
    const clock = new FakeClock();
    const looking = diagnose(console, {}, clock);
    await untilTrue(() => console.bmc.received > before);
    clock.advance(15_000);
    expect(await looking).toMatchObject([
      { step: "reach", ok: false, says: expect.stringContaining("does not answer") as string },
    ]);
  });
});
