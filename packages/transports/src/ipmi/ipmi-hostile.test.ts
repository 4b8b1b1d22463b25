import { createSocket } from "node:dgram";
import { once } from "node:events";
import { ConsoleChannel, type SessionRequest } from "@confed/codecs";
import { systemCiphers } from "@confed/kernel";
import { FakeClock, IPMI_CAPTURES, readIpmiCapture, startTestBmc, untilTrue } from "@confed/testkit";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { BmcSockets } from "./bmc-sockets.ts";
import type { DropCounts } from "./drop-counts.ts";
import { IpmiSession } from "./ipmi-session.ts";

describe("hostile datagrams", () => {
  const datagrams = IPMI_CAPTURES.flatMap(([name]) => readIpmiCapture(name)).map(({ datagram }) => datagram);
  const mutated = fc
    .record({
      datagram: fc.constantFrom(...datagrams),
      cut: fc.nat(120),
      flips: fc.array(fc.record({ at: fc.nat(100), to: fc.nat(255) }), { maxLength: 4 }),
    })
    .map(({ datagram, cut, flips }) => {
      const copy = Uint8Array.from(cut > 60 ? datagram : datagram.subarray(0, cut));
      for (const { at, to } of flips) if (at < copy.length) copy[at] = to;
      return copy;
    });
  const hostile = fc.oneof(mutated, fc.uint8Array({ maxLength: 300 }));

  test.each(["capabilities", "open_session", "rakp1", "rakp3", "privilege", "active"] as const)(
    "never throw, and get no answer, from a session that is at %s",
    async (phase) => {
      const { session, sent } = await sessionAt(phase);
      fc.assert(
        fc.property(hostile, (datagram) => {
          const before = sent.length;
          session.onDatagram(datagram);
          expect(sent.length).toBe(before);
        }),
        { numRuns: 2_000 },
      );
      const counted = Object.values(session.counts.dropped).reduce((sum, count) => sum + count, 0);
      expect(counted).toBeGreaterThanOrEqual(2_000);
    },
  );

  test("a replayed, a foreign and a damaged packet are dropped and counted, each for what it is", async () => {
    const { session, arrived, drops } = await sessionAt("active");
    const last = arrived.at(-1) ?? expect.fail("the BMC has answered");
    session.onDatagram(last);
    expect(session.counts.dropped).toEqual({ replayed: 1 });
    const foreign = Uint8Array.from(last);
    foreign[6] = (foreign[6] ?? 0) ^ 1;
    session.onDatagram(foreign);
    const damaged = Uint8Array.from(last);
    damaged[20] = (damaged[20] ?? 0) ^ 1;
    session.onDatagram(damaged);
    session.onDatagram(Uint8Array.of(1, 2, 3));
    expect(session.counts.dropped).toEqual({ replayed: 1, wrong_session: 1, bad_code: 1, malformed: 1 });
    expect(drops).toMatchObject(session.counts.dropped);
  });

  test("what comes from elsewhere than a BMC of ours is dropped and counted, and gets no answer", async () => {
    const bmc = createSocket("udp4").bind(0, "127.0.0.1");
    const stranger = createSocket("udp4").bind(0, "127.0.0.1");
    onTestFinished(() => {
      bmc.close();
      stranger.close();
    });
    await Promise.all([once(bmc, "listening"), once(stranger, "listening")]);
    const drops: DropCounts = {};
    const heard: string[] = [];
    const { port } = bmc.address();
    const place = await new BmcSockets(drops).take(
      { address: "127.0.0.1", family: 4, port },
      {
        onDatagram: (datagram) => void heard.push(Buffer.from(datagram).toString()),
        onSendError: () => undefined,
      },
    );
    onTestFinished(() => {
      place.close();
    });
    place.send(Buffer.from("hello"));
    const [, { port: ours }] = (await once(bmc, "message")) as [Buffer, { port: number }];
    let answered = false;
    stranger.on("message", () => (answered = true));
    for (const count of [1, 2]) {
      stranger.send("from a stranger", ours, "127.0.0.1");
      await untilTrue(() => drops.stranger === count);
      bmc.send("from the BMC", ours, "127.0.0.1");
      await untilTrue(() => heard.length === count);
    }
    expect([heard, answered, drops]).toEqual([["from the BMC", "from the BMC"], false, { stranger: 2 }]);
  });
});

/** A session with a real fake BMC, stopped when it has asked for this; nothing reaches it afterwards but by hand. */
async function sessionAt(phase: "active" | SessionRequest): Promise<{
  readonly session: IpmiSession;
  readonly sent: Uint8Array[];
  readonly arrived: Uint8Array[];
  readonly drops: DropCounts;
}> {
  const console = await startTestBmc();
  const { user, password } = console.bmc.user;
  const secrets = { user: Buffer.from(user), password: Buffer.from(password), bmcKey: undefined };
  const ignore = () => undefined;
  const drops: DropCounts = {};
  const session = new IpmiSession({
    channel: new ConsoleChannel({ secrets, ciphers: systemCiphers }),
    timers: new FakeClock(),
    listener: {
      onActive: ignore,
      onData: ignore,
      onLost: ignore,
      onHost: ignore,
      onTakingOver: ignore,
      onBreakOver: ignore,
      onDrained: ignore,
      onEnded: ignore,
    },
    start: { suites: [17], privileges: [4], mayTakeOver: true },
    advanceStuck: false,
    random: () => 0,
    drops,
  });
  const sockets = new BmcSockets();
  const arrived: Uint8Array[] = [];
  const sent: Uint8Array[] = [];
  const isThere = () =>
    phase === "active"
      ? session.state.phase === "active" && arrived.length > 6
      : session.state.awaiting === phase;
  const port = await sockets.take(
    { address: "127.0.0.1", family: 4, port: console.bmc.port },
    {
      onDatagram: (datagram) => {
        if (isThere()) return;
        arrived.push(Uint8Array.from(datagram));
        session.onDatagram(datagram);
      },
      onSendError: ignore,
    },
  );
  onTestFinished(() => {
    port.close();
  });
  session.begin({
    send: (datagram) => {
      sent.push(datagram);
      port.send(datagram);
    },
    close: ignore,
  });
  await untilTrue(isThere);
  return { session, sent, arrived, drops };
}
