import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfedError, silentLogger, systemClock } from "@confed/kernel";
import { ALL_BYTES, ByteLog, LinkRecorder } from "@confed/testkit";
import { type Link, type TelnetOptions, telnet } from "@confed/transports";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

const missing = ["ser2net", "socat", "stty"].filter((program) => !isInstalled(program));
const title =
  missing.length === 0
    ? "telnet with ser2net"
    : `telnet with ser2net (skipped: ${missing.join(", ")} not installed)`;

/** Every byte value a thousand times. */
const THOUSANDFOLD = Buffer.concat(new Array<Uint8Array>(1_000).fill(ALL_BYTES));

describe.skipIf(missing.length > 0)(title, () => {
  let server: Ser2net;
  beforeAll(async () => {
    server = await startSer2net();
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

interface Ser2net {
  /** What hangs on the serial port. */
  readonly device: { readonly received: ByteLog; print(bytes: Uint8Array): void; baud(): number };
  /** Closed when the test ends. */
  open(options: Partial<TelnetOptions>): Promise<{ link: Link; recorder: LinkRecorder; warnings: string[] }>;
  close(): Promise<void>;
}

/** ser2net with RFC 2217 in front of a pty, whose other end is ours through socat. */
async function startSer2net(): Promise<Ser2net> {
  const directory = mkdtempSync(join(tmpdir(), "confed-ser2net-"));
  const tty = join(directory, "tty");
  const config = join(directory, "ser2net.yaml");
  const port = await freePort();
  writeFileSync(
    config,
    `%YAML 1.1
---
connection: &console
  accepter: telnet(rfc2217),tcp,127.0.0.1,${port}
  connector: serialdev,${tty},9600n81,local
  options:
    kickolduser: true
`,
  );
  const socat = spawn("socat", ["-d", "-d", "-", `pty,raw,echo=0,link=${tty}`], { stdio: "pipe" });
  const received = new ByteLog();
  socat.stdout.on("data", (bytes: Uint8Array) => {
    received.append(bytes);
  });
  // Its first words say that the pty is there; later ones are not for us.
  await once(socat.stderr, "data");
  socat.stderr.resume();
  const ser2net = spawn("ser2net", ["-n", "-c", config], { stdio: "ignore" });

  const open: Ser2net["open"] = async (options) => {
    const recorder = new LinkRecorder();
    const warnings: string[] = [];
    const transport = telnet({ host: "127.0.0.1", port, ...options })({
      clock: systemClock,
      logger: { ...silentLogger, warn: (message) => void warnings.push(message) },
      resolver: { resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]) },
    });
    const link = await untilItListens(() =>
      transport.open({ signal: new AbortController().signal, sink: recorder }),
    );
    onTestFinished(() => link.close());
    return { link, recorder, warnings };
  };
  return {
    device: {
      received,
      print: (bytes) => void socat.stdin.write(bytes),
      baud: () => Number(execFileSync("stty", ["-F", tty, "speed"])),
    },
    open,
    async close() {
      await Promise.all([ended(ser2net), ended(socat)]);
      rmSync(directory, { recursive: true });
    },
  };
}

async function writeAll(link: Link, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += 10_000) {
    expect(link.write(bytes.subarray(at, at + 10_000))).toBeGreaterThanOrEqual(0);
    await link.drained();
  }
}

/** ser2net does not tell when it is ready. */
async function untilItListens(open: () => Promise<Link>): Promise<Link> {
  for (;;) {
    try {
      return await open();
    } catch (reason) {
      if (ConfedError.from(reason).code !== "connection_refused") throw reason;
      await new Promise<void>((resolve) => {
        systemClock.after(20, resolve);
      });
    }
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = once(child, "close");
  child.kill();
  await gone;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function isInstalled(program: string): boolean {
  try {
    execFileSync("sh", ["-c", `PATH="$PATH:/usr/sbin:/sbin" command -v ${program}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
