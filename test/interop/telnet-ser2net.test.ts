import { silentLogger, systemClock } from "@confed/kernel";
import { LinkRecorder, type Ser2net, skippedWithout, startSer2net, THOUSANDFOLD } from "@confed/testkit";
import { type Link, type TelnetOptions, telnet } from "@confed/transports";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

const skipped = skippedWithout("ser2net", "socat", "stty");

describe.skipIf(skipped !== "")(`telnet with ser2net${skipped}`, () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  // With BINARY, which is our default. ser2net 4.3 passes data as if BINARY were agreed also where it
  // was refused (it neither adds nor drops the NUL of CR NUL), so there is no NVT to test here.
  test("all 256 byte values pass both ways a thousand times", async () => {
    const { link, recorder } = await server.open({});
    const start = server.device.received.length;
    const written = writeAll(link, THOUSANDFOLD);
    await server.device.received.reached(start + THOUSANDFOLD.length);
    await written;
    expect(server.device.received.bytes(start).equals(THOUSANDFOLD)).toBe(true);
    server.device.print(THOUSANDFOLD);
    await recorder.received(THOUSANDFOLD.length);
    expect(recorder.bytes().equals(THOUSANDFOLD)).toBe(true);
  });

  test.each([19_200, 115_200])("the port runs at %d baud when RFC 2217 asked for it", async (baud) => {
    const { link, warnings } = await server.open({ comPort: { baud } });
    const start = server.device.received.length;
    link.write(Buffer.from("x"));
    await server.device.received.reached(start + 1);
    expect(server.device.baud()).toBe(baud);
    expect(warnings).toEqual([]);
  });

  test.each([
    ["RFC 2217", { comPort: { baud: 9_600 } }],
    ["whatever the server offers", {}],
  ])("a break by %s leaves the link working", async (_, options) => {
    const { link, recorder } = await server.open(options);
    await link.sendBreak(50);
    const start = server.device.received.length;
    link.write(Buffer.from("after"));
    await server.device.received.reached(start + 5);
    server.device.print(Buffer.from("alive"));
    await recorder.printed("alive");
  });
});

interface Server extends Ser2net {
  /** Closed when the test ends. */
  open(options: Partial<TelnetOptions>): Promise<{ link: Link; recorder: LinkRecorder; warnings: string[] }>;
}

async function startServer(): Promise<Server> {
  const ser2net = await startSer2net();
  return {
    ...ser2net,
    async open(options) {
      const recorder = new LinkRecorder();
      const warnings: string[] = [];
      const link = await telnet({ host: "127.0.0.1", port: ser2net.port, ...options })({
        clock: systemClock,
        logger: { ...silentLogger, warn: (message) => void warnings.push(message) },
        resolver: { resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]) },
      }).open({ signal: new AbortController().signal, sink: recorder });
      onTestFinished(() => link.close());
      return { link, recorder, warnings };
    },
  };
}

async function writeAll(link: Link, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += 10_000) {
    expect(link.write(bytes.subarray(at, at + 10_000))).toBeGreaterThanOrEqual(0);
    await link.drained();
  }
}
