import { Secret, silentLogger, systemClock } from "@confed/kernel";
import {
  ALL_BYTES,
  IPMI_SIM_USER,
  type IpmiSimOptions,
  LinkRecorder,
  randomBytes,
  type SimulatedBmc,
  skippedWithout,
  startIpmiSim,
  startSerialPair,
} from "@confed/testkit";
import { type IpmiOptions, ipmi, type Link, type Transport } from "@confed/transports";
import { describe, expect, onTestFinished, test } from "vitest";

const skipped = skippedWithout("ipmi_sim");
const withoutSocat = skippedWithout("ipmi_sim", "socat");

describe.skipIf(skipped !== "")(`ipmi with OpenIPMI's ipmi_sim${skipped}`, () => {
  test("all byte values pass both ways on suite 3", async () => {
    const { bmc, host } = await startSim();
    const { link, recorder } = await open(transportTo(bmc));
    const typed = Buffer.concat(new Array<Uint8Array>(10).fill(ALL_BYTES));
    link.write(typed);
    await host.received.reached(typed.length);
    expect(host.received.bytes().equals(typed)).toBe(true);
    const printed = randomBytes(20_000, 5);
    await host.feed(printed);
    await recorder.received(printed.length);
    expect(recorder.bytes().equals(printed)).toBe(true);
  });

  test("it has no suite 17, which is found out, and the console opens with suite 3", async () => {
    const { bmc } = await startSim();
    await expect(open(transportTo(bmc, { suite: 17 }))).rejects.toMatchObject({
      code: "failed_precondition",
    });
    await open(transportTo(bmc, { suite: undefined }));
  });

  test("its own key is needed where it has one", async () => {
    const { bmc } = await startSim({ bmcKey: "kg-0123456789abc" });
    const withKey = (key: string) => ({ bmcKey: () => Promise.resolve(new Secret(key)) });
    const { link } = await open(transportTo(bmc, withKey("kg-0123456789abc")));
    await link.close();
    await expect(open(transportTo(bmc, withKey("another")))).rejects.toMatchObject({ code: "auth_failed" });
  });

  test.each([
    ["password", { password: () => Promise.resolve(new Secret("wrong")) }],
    ["user", { user: "nobody" }],
  ])("a wrong %s is refused", async (_, options) => {
    const { bmc } = await startSim();
    await expect(open(transportTo(bmc, options))).rejects.toMatchObject({ code: "auth_failed" });
  });

  test("SOL of another session is taken over, and its old owner ends", async () => {
    const { bmc, host } = await startSim();
    const first = await open(transportTo(bmc));
    // Another process has another socket: here another agent is another clock.
    const second = await open(transportTo(bmc, {}, { ...systemClock }));
    expect(await first.recorder.closed).toMatchObject({ by: "failure" });
    second.link.write(Buffer.from("mine now"));
    await host.received.reached(8);
    expect(host.received.bytes().toString()).toBe("mine now");
  });

  test("a quiet console outlives its limit of 30 s", async () => {
    const { bmc, host } = await startSim();
    const { link, recorder } = await open(transportTo(bmc));
    await new Promise<void>((resolve) => {
      systemClock.after(40_000, resolve);
    });
    expect(recorder.closedCount).toBe(0);
    link.write(Buffer.from("still here"));
    await host.received.reached(10);
    await host.feed(Buffer.from("so am I"));
    await recorder.printed("so am I");
  });

  test.skipIf(withoutSocat !== "")(
    `a pty behind its serial port carries bytes both ways${withoutSocat}`,
    async () => {
      const pair = await startSerialPair();
      onTestFinished(() => pair.close());
      const { bmc } = await startSim({ device: pair.device });
      const { link, recorder } = await open(transportTo(bmc));
      link.write(Buffer.from("typed"));
      await pair.received.reached(5);
      await pair.feed(Buffer.from("printed"));
      await recorder.printed("printed");
    },
  );

  test("100 BMCs of one process have their consoles, none of them another's", async () => {
    const sim = await startIpmiSim({ count: 100 });
    onTestFinished(() => sim.close());
    const opened = await Promise.all(sim.bmcs.map((bmc) => open(transportTo(bmc))));
    await Promise.all(
      opened.map(async ({ link, recorder }, index) => {
        const { host } = sim.bmcs[index] ?? {};
        link.write(Buffer.from(`for ${index};`));
        await host?.received.reached(`for ${index};`.length);
        expect(host?.received.bytes().toString()).toBe(`for ${index};`);
        await host?.feed(Buffer.from(`from ${index};`));
        await recorder.printed(`from ${index};`);
      }),
    );
  });
});

async function startSim(options: IpmiSimOptions = {}) {
  const sim = await startIpmiSim(options);
  onTestFinished(() => sim.close());
  const [bmc] = sim.bmcs;
  if (bmc === undefined) return expect.fail("there is one");
  // Its console is a socket but for one test, which does not ask for it.
  return { bmc, host: bmc.host as NonNullable<SimulatedBmc["host"]> };
}

function transportTo(
  { port }: SimulatedBmc,
  options: Partial<IpmiOptions> = {},
  clock = systemClock,
): Transport {
  const { user, password } = IPMI_SIM_USER;
  return ipmi({
    host: "127.0.0.1",
    port,
    user,
    password: () => Promise.resolve(new Secret(password)),
    suite: 3,
    ...options,
  })({
    clock,
    logger: silentLogger,
    resolver: { resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]) },
  });
}

/** Closed when the test ends, before the simulator is. */
async function open(transport: Transport): Promise<{ readonly link: Link; readonly recorder: LinkRecorder }> {
  const recorder = new LinkRecorder();
  const link = await transport.open({ signal: new AbortController().signal, sink: recorder });
  onTestFinished(() => link.close());
  return { link, recorder };
}
