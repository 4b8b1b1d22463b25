import { createSocket } from "node:dgram";
import { ConsoleChannel, PRIVILEGE } from "@confed/codecs";
import { Secret, systemCiphers, systemClock } from "@confed/kernel";
import {
  bothWays,
  FakeClock,
  hastyClock,
  ipmiTo,
  openIpmi,
  startTestBmc,
  TWICE,
  untilTrue,
} from "@confed/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { ipmiSharedOf } from "./ipmi-shared.ts";

/** The simulator's BMC has forgotten who never came back. */
const HALF_OPEN_OVER_MS = 6_000;
const NO_SECRETS = { user: new Uint8Array(0), password: new Uint8Array(0), bmcKey: undefined };

describe("logging in", () => {
  test.each([1, 2, 3, 15, 16, 17] as const)("suite %d carries bytes both ways", async (suite) => {
    const console = await startTestBmc({ suites: [suite] });
    const { link, recorder } = await openIpmi(ipmiTo(console, { suite }));
    await bothWays(console, link, recorder);
  });

  test("suite 0 is spoken where it is configured, and never tried unasked", async () => {
    const console = await startTestBmc({ suites: [0] });
    const { link, recorder } = await openIpmi(ipmiTo(console, { suite: 0 }));
    await bothWays(console, link, recorder);
    await link.close();
    await expect(openIpmi(ipmiTo(console))).rejects.toMatchObject({
      code: "failed_precondition",
      rawMessage: expect.stringContaining("takes none of the cipher suites 17, 3") as string,
    });
  });

  test("a BMC without SHA-256 is logged in to with suite 3, which is tried first from then on", async () => {
    const console = await startTestBmc({ suites: [3] });
    const transport = ipmiTo(console);
    for (const expected of [8, 7]) {
      const before = console.bmc.received;
      const { link } = await openIpmi(transport);
      // With the second suite: two more, from the first message on; the empty packet may come yet.
      expect(console.bmc.received - before).toBeLessThanOrEqual(expected + 1);
      expect(console.bmc.received - before).toBeGreaterThanOrEqual(expected - 1);
      await link.close();
    }
  });

  test("the BMC's key is used where one is set, and a wrong one is told from a wrong password", async () => {
    const user = { user: "admin", password: "secret", bmcKey: "kg-0123456789abc" };
    const console = await startTestBmc({ user });
    const withKey = (key: string) => ipmiTo(console, { bmcKey: () => Promise.resolve(new Secret(key)) });
    const { link, recorder } = await openIpmi(withKey("kg-0123456789abc"));
    await bothWays(console, link, recorder);
    await link.close();
    await expect(openIpmi(withKey("other"))).rejects.toMatchObject({
      code: "auth_failed",
      rawMessage: expect.stringContaining("another key (Kg)") as string,
    });
  });

  test.each([
    [
      "password",
      { password: () => Promise.resolve(new Secret("wrong")) },
      "has another password for user admin",
    ],
    ["user", { user: "nobody" }, "does not let user nobody in"],
  ])("a wrong %s is not tried again, until a person asks", async (_, options, words) => {
    const console = await startTestBmc();
    const transport = ipmiTo(console, options);
    const expected = { code: "auth_failed", rawMessage: expect.stringContaining(words) as string };
    await expect(openIpmi(transport)).rejects.toMatchObject(expected);
    const asked = console.bmc.received;
    await expect(openIpmi(transport)).rejects.toMatchObject(expected);
    expect(console.bmc.received, "packets for what was refused").toBe(asked);
    await expect(openIpmi(transport, { force: true })).rejects.toMatchObject(expected);
    expect(console.bmc.received).toBeGreaterThan(asked);
    // The BMC is told that it need not wait.
    await untilTrue(() => console.bmc.sessions.size === 0);
  });

  test("a password that was corrected is tried at once", async () => {
    const console = await startTestBmc();
    let password = "wrong";
    const transport = ipmiTo(console, { password: () => Promise.resolve(new Secret(password)) });
    await expect(openIpmi(transport)).rejects.toMatchObject({ code: "auth_failed" });
    ({ password } = console.bmc.user);
    const { link, recorder } = await openIpmi(transport);
    await bothWays(console, link, recorder);
  });

  test("a password that IPMI cannot carry is refused before anything is sent", async () => {
    const console = await startTestBmc();
    const password = () => Promise.resolve(new Secret("123456789012345678901"));
    await expect(openIpmi(ipmiTo(console, { password }))).rejects.toMatchObject({
      code: "invalid_argument",
      subject: "password",
    });
    expect(console.bmc.received).toBe(0);
  });

  test.each([
    [0x01, "resource_exhausted", "has no free session"],
    [0x04, "failed_precondition", "takes none of the cipher suites 17, 3 (status 0x04)"],
    [0x11, "failed_precondition", "takes none of the cipher suites 17, 3 (status 0x11)"],
  ])("status 0x%s to Open Session is told as %s", async (status, code, words) => {
    const console = await startTestBmc();
    const transport = ipmiTo(console);
    for (const _ of TWICE) {
      console.bmc.faults.openStatus = status;
      const refused = { code, rawMessage: expect.stringContaining(words) as string };
      await expect(openIpmi(transport)).rejects.toMatchObject(refused);
      console.bmc.faults.openStatus = 0;
      await (await openIpmi(transport)).link.close();
    }
  });

  test.each([
    [0x81, "failed_precondition", "switched off"],
    [0x84, "failed_precondition", "encryption"],
    [0xd4, "permission_denied", "may not use Serial over LAN"],
    [0xff, "protocol_error", "completion code 0xff"],
  ])(
    "completion code %d to Activate is told as %s, and the session is closed",
    async (activateCode, code, words) => {
      const console = await startTestBmc();
      const transport = ipmiTo(console);
      for (const _ of TWICE) {
        console.bmc.faults.activateCode = activateCode;
        const refused = { code, rawMessage: expect.stringContaining(words) as string };
        await expect(openIpmi(transport)).rejects.toMatchObject(refused);
        expect(console.bmc.sessions.size).toBe(0);
        console.bmc.faults.activateCode = 0;
        await (await openIpmi(transport)).link.close();
      }
    },
  );

  test("half-open sessions that fill the BMC are told, and it is logged in to when they have expired", async () => {
    const clock = new FakeClock();
    const console = await startTestBmc({}, clock);
    const transport = ipmiTo(console);
    const { sessionsMax } = console.bmc.faults;
    const stranger = createSocket("udp4");
    onTestFinished(() => void stranger.close());
    for (const _ of TWICE) {
      for (let count = 0; count < sessionsMax; count += 1) {
        const channel = new ConsoleChannel({ secrets: NO_SECRETS, ciphers: systemCiphers });
        channel.newLogin({ suite: 17, privilege: PRIVILEGE.user });
        const request = channel.request("open_session", { privilege: PRIVILEGE.user, plain: false });
        stranger.send(request, console.bmc.port, "127.0.0.1");
      }
      await untilTrue(() => console.bmc.sessions.size === sessionsMax);
      const words = expect.stringContaining("has no free session") as string;
      await expect(openIpmi(transport)).rejects.toMatchObject({
        code: "resource_exhausted",
        rawMessage: words,
      });
      clock.advance(HALF_OPEN_OVER_MS);
      await (await openIpmi(transport)).link.close();
    }
  });

  test("an answer to Activate that got lost does not lose the console", async () => {
    const console = await startTestBmc();
    const transport = ipmiTo(console);
    for (const _ of TWICE) {
      console.bmc.faults.losesActivateAnswers = 1;
      const { link, recorder } = await openIpmi(transport);
      await bothWays(console, link, recorder);
      await link.close();
    }
  });

  test.each(["swapped", "default"] as const)(
    "a BMC that names its port %s is spoken to at ours",
    async (port) => {
      const console = await startTestBmc();
      const transport = ipmiTo(console);
      for (const said of [port, "own", port] as const) {
        console.bmc.faults.port = said;
        const { link, recorder } = await openIpmi(transport);
        await bothWays(console, link, recorder);
        await link.close();
      }
    },
  );

  test.each([0, 5, 32, 65_535])(
    "a BMC that takes %d bytes gets no more than it can mean",
    async (inboundBytes) => {
      const console = await startTestBmc();
      const transport = ipmiTo(console);
      for (const said of [inboundBytes, console.bmc.faults.inboundBytes, inboundBytes]) {
        console.bmc.faults.inboundBytes = said;
        const { link, recorder } = await openIpmi(transport);
        await bothWays(console, link, recorder);
        await link.close();
      }
    },
  );

  test("a BMC that pads user names needs the quirk intel20, and has it", async () => {
    const console = await startTestBmc();
    for (const _ of TWICE) {
      console.bmc.faults.padsUsers = true;
      await expect(openIpmi(ipmiTo(console))).rejects.toMatchObject({ code: "auth_failed" });
      const { link, recorder } = await openIpmi(ipmiTo(console, { quirks: ["intel20"] }));
      await bothWays(console, link, recorder);
      await link.close();
      console.bmc.faults.padsUsers = false;
      await (await openIpmi(ipmiTo(console))).link.close();
    }
  });

  test.each([
    ["authcap", "says that it has no IPMI 2.0", { deniesV20: true }, "failed_precondition"],
    ["nochecksumcheck", "sums wrongly", { wrongSums: true }, "deadline_exceeded"],
    ["i82571spt", "is a card that passes through", { passesThrough: true }, "deadline_exceeded"],
  ] as const)("%s logs in to a BMC that %s, which is refused without", async (quirk, _, faults, code) => {
    const console = await startTestBmc({}, hastyClock);
    Object.assign(console.bmc.faults, faults);
    for (const _round of TWICE) {
      await expect(openIpmi(ipmiTo(console, {}, hastyClock))).rejects.toMatchObject({ code });
      const { link, recorder } = await openIpmi(ipmiTo(console, { quirks: [quirk] }, hastyClock));
      await bothWays(console, link, recorder);
      await link.close();
    }
  });

  test.each([1, 15] as const)(
    "intel20 opens suite %d too, whose RAKP 4 proves nothing there",
    async (suite) => {
      const console = await startTestBmc({ suites: [suite] });
      console.bmc.faults.padsUsers = true;
      const { link, recorder } = await openIpmi(ipmiTo(console, { suite, quirks: ["intel20"] }));
      await bothWays(console, link, recorder);
    },
  );

  // What FreeIPMI's supermicro20 and sun20 are for, done for every BMC.
  test.each([
    ["supermicro20: a proof with a byte too many", { longCodes: true }],
    ["supermicro20: a length with a byte too many", { longLengths: true }],
    [
      "sun20: a proof with a byte too many, and keys from the privilege of Open Session",
      {
        longCodes: true,
        hashesOpenPrivilege: true,
      },
    ],
  ])("%s: is logged in to on every suite, and a wrong password is told from it", async (_, faults) => {
    for (const suite of [0, 1, 3, 17] as const) {
      const console = await startTestBmc({ suites: [suite] });
      Object.assign(console.bmc.faults, faults);
      for (const privilege of ["administrator", "operator"] as const) {
        const { link, recorder } = await openIpmi(ipmiTo(console, { suite, privilege }));
        await bothWays(console, link, recorder);
        await link.close();
      }
      if (suite === 0) continue;
      const password = () => Promise.resolve(new Secret("not-this"));
      await expect(openIpmi(ipmiTo(console, { suite, password }))).rejects.toMatchObject({
        code: "auth_failed",
      });
    }
  });

  test("at most 50 log-ins are under way at a time", async () => {
    const consoles = await Promise.all(Array.from({ length: 60 }, () => startTestBmc()));
    for (const { bmc } of consoles) bmc.faults.silent = true;
    const giveUp = new AbortController();
    const { signal } = giveUp;
    // Its time stands still: nobody's place is given to another because he waits.
    const clock = new FakeClock();
    const openings = consoles.map((console) => openIpmi(ipmiTo(console, {}, clock), { signal }));
    const over = Promise.allSettled(openings);
    const asked = () => consoles.filter(({ bmc }) => bmc.received > 0).length;
    await untilTrue(() => asked() === 50);
    for (let turn = 0; turn < 100; turn += 1) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    expect(asked()).toBe(50);
    giveUp.abort();
    expect((await over).map(({ status }) => status)).toEqual(consoles.map(() => "rejected"));
  });

  test("two consoles cannot have one BMC", async () => {
    const console = await startTestBmc();
    await openIpmi(ipmiTo(console));
    await expect(openIpmi(ipmiTo(console))).rejects.toMatchObject({ code: "conflict" });
  });

  test("128 BMCs share a socket, the 129th opens another, and none is left at the end", async () => {
    const { sockets } = ipmiSharedOf({ clock: systemClock });
    const consoles = await Promise.all(Array.from({ length: 129 }, () => startTestBmc()));
    const links = await Promise.all(consoles.map(async (console) => openIpmi(ipmiTo(console))));
    expect(sockets.size).toBe(2);
    await Promise.all(links.map(({ link }) => link.close()));
    expect(sockets.size).toBe(0);
    expect(consoles.map(({ bmc }) => bmc.sessions.size)).toEqual(consoles.map(() => 0));
  });
});
