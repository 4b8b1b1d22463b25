import { once } from "node:events";
import { TelnetSession } from "@confed/codecs";
import { silentLogger } from "@confed/kernel";
import { FakeClock, startTelnetServer } from "@confed/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import type { NameResolver } from "../net/name-resolver.ts";
import { type CloseReason, LINK_LIMITS } from "../transport.ts";
import { type TelnetOptions, telnet } from "./telnet.ts";
import { type TelnetCarrier, TelnetLink, type TelnetLinkSnapshot } from "./telnet-link.ts";

const IAC = 255;
const every256 = Uint8Array.from({ length: 256 }, (_, byte) => byte);
/** What a client says first: DO BINARY, DO SGA, WILL BINARY. */
const OPENING = [IAC, 253, 0, IAC, 253, 3, IAC, 251, 0];

const numericOnly: NameResolver = {
  resolve: (host) => Promise.resolve([{ address: host, family: host.includes(":") ? 6 : 4 }]),
};

/** A link to the server, with everything it delivered; closed, and its timers counted, when the test ends. */
async function openTelnet(server: { host: string; port: number }, options: Partial<TelnetOptions> = {}) {
  const clock = new FakeClock();
  const received: number[] = [];
  const warnings: string[] = [];
  const waiters = new Set<() => void>();
  const wake = () => {
    for (const waiter of waiters) waiter();
  };
  let reason: CloseReason | undefined;
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  const transport = telnet({ host: server.host, port: server.port, ...options })({
    clock,
    logger,
    resolver: numericOnly,
  });
  const link = await transport.open({
    signal: new AbortController().signal,
    sink: {
      onData: (bytes) => {
        for (const byte of bytes) received.push(byte);
        wake();
      },
      onClosed: (why) => {
        expect(reason).toBeUndefined();
        reason = why;
        wake();
      },
    },
  });
  onTestFinished(async () => {
    await link.close();
    expect(clock.pending).toBe(0);
  });
  const until = async (condition: () => boolean) => {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        waiters.add(resolve);
      });
    }
  };
  const closed = async () => {
    await until(() => reason !== undefined);
    return reason;
  };
  return { link, clock, received, warnings, until, closed };
}

async function startedServer(...options: Parameters<typeof startTelnetServer>) {
  const server = await startTelnetServer(...options);
  onTestFinished(() => server.close());
  return server;
}

/** Collect what a raw far end is sent until there are `count` bytes. */
async function take(socket: NodeJS.ReadableStream, count: number): Promise<number[]> {
  const taken: number[] = [];
  while (taken.length < count) {
    const [bytes] = (await once(socket, "data")) as [Uint8Array];
    taken.push(...bytes);
  }
  return taken;
}

function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A connection that takes everything. */
const stub: TelnetCarrier = {
  where: "far:23",
  ended: false,
  write: (bytes) => bytes.length,
  fail: (error) => {
    throw error;
  },
  drained: () => Promise.resolve(),
  close: () => Promise.resolve(),
  pause: () => undefined,
  resume: () => undefined,
  readNow: () => 0,
  descriptor: 7,
  settled: () => Promise.resolve(),
  snapshot: () => ({ watched: false }),
};

function linkOver(session: TelnetSession, received: number[] = [], clock = new FakeClock()) {
  return new TelnetLink({
    deps: { clock, logger: silentLogger },
    session,
    sink: { onData: (bytes) => void received.push(...bytes), onClosed: () => undefined },
  });
}

describe("telnet", () => {
  test.each([
    ["BINARY", "127.0.0.1", {}],
    ["BINARY over IPv6", "::1", {}],
    ["NVT, because the server refuses BINARY", "127.0.0.1", { binary: false }],
  ] as const)("all 256 byte values pass both ways with %s", async (_, host, session) => {
    const server = await startedServer(session, host);
    const { link, received, until } = await openTelnet(server);
    const peer = await server.accepted();
    link.write(every256);
    await server.received.reached(256);
    expect([...server.received.bytes()]).toEqual([...every256]);
    const agreed = !("binary" in session);
    expect(peer.session.binary).toEqual({ in: agreed, out: agreed });
    peer.print(every256);
    await until(() => received.length >= 256);
    expect(received).toEqual([...every256]);
  });

  test("does not ask for BINARY, and refuses it, when told so", async () => {
    const server = await startedServer(null);
    await openTelnet(server, { binary: false });
    const { socket } = await server.accepted();
    socket.write(Uint8Array.of(IAC, 253, 0));
    expect(await take(socket, 6)).toEqual([IAC, 253, 3, IAC, 252, 0]);
  });

  test("input waits for the answer about BINARY, and goes out without one after 2 s", async () => {
    const server = await startedServer(null);
    const { link, clock } = await openTelnet(server);
    const { socket } = await server.accepted();
    expect(await take(socket, OPENING.length)).toEqual(OPENING);
    expect(link.write(Uint8Array.of(13))).toBe(2);
    expect(link.write(Uint8Array.of(65))).toBe(3);
    const drained = link.drained();
    clock.advance(2_000);
    await drained;
    expect(await take(socket, 3)).toEqual([13, 0, 65]);
  });

  test("refuses input over the limit also while it is held", async () => {
    const server = await startedServer(null);
    const { link } = await openTelnet(server);
    await server.accepted();
    const most = new Uint8Array(LINK_LIMITS.writeBacklogBytesMax);
    expect(link.write(most)).toBe(most.length);
    expect(link.write(Uint8Array.of(65))).toBe(-1);
  });

  test("takes nothing from close on while input is held", async () => {
    const server = await startedServer(null);
    const { link } = await openTelnet(server);
    await server.accepted();
    expect(link.write(Uint8Array.of(65))).toBe(1);
    const drained = link.drained();
    const closing = link.close();
    expect(link.write(Uint8Array.of(65))).toBe(0);
    await Promise.all([drained, closing]);
  });

  test("a break is IAC BREAK behind what was typed before it", async () => {
    const server = await startedServer();
    const { link } = await openTelnet(server);
    const peer = await server.accepted();
    link.write(Uint8Array.of(65));
    await link.sendBreak(250);
    await peer.until(() => peer.events.some(({ type }) => type === "break"));
    expect([...server.received.bytes()]).toEqual([65]);
  });

  test("a break lasts as long as asked when RFC 2217 is agreed", async () => {
    const server = await startedServer({ comPort: {} });
    const { link, clock } = await openTelnet(server, { comPort: { baud: 19_200 } });
    const peer = await server.accepted();
    const controls = () =>
      peer.events.flatMap((event) =>
        event.type === "com_port" && event.message.command === 5 ? [event.message.value] : [],
      );
    await peer.until(() =>
      peer.events.some((event) => event.type === "com_port" && event.message.value === 19_200),
    );
    const sending = link.sendBreak(250);
    await peer.until(() => controls().length > 0);
    clock.advance(249);
    link.write(Uint8Array.of(65));
    await server.received.reached(1);
    expect(controls()).toEqual([5]);
    clock.advance(1);
    await sending;
    await peer.until(() => controls().length > 1);
    expect(controls()).toEqual([5, 6]);
  });

  test("a break rejects with console_down when the link ends before it", async () => {
    const server = await startedServer({ comPort: {} });
    const { link } = await openTelnet(server, { comPort: {} });
    const peer = await server.accepted();
    await peer.until(() => peer.session.comPortAgreed);
    const sending = link.sendBreak(250);
    await peer.until(() => peer.events.some(({ type }) => type === "break"));
    peer.socket.destroy();
    await expect(sending).rejects.toMatchObject({ code: "console_down", where: `127.0.0.1:${server.port}` });
  });

  test("the far end learns the window", async () => {
    const server = await startedServer();
    const { link } = await openTelnet(server);
    const peer = await server.accepted();
    link.resize(132, 43);
    await peer.until(() => peer.events.some(({ type }) => type === "window"));
    expect(peer.events).toContainEqual({ type: "window", columns: 132, rows: 43 });
  });

  test("says in the log once that the server does not speak RFC 2217", async () => {
    const server = await startedServer();
    const { link, warnings } = await openTelnet(server, { comPort: { baud: 9600 } });
    link.write(Uint8Array.of(65));
    await server.received.reached(1);
    expect(warnings).toEqual(["terminal server does not speak RFC 2217; its port keeps its settings"]);
  });

  test("says in the log once that the port has another rate", async () => {
    const server = await startedServer(null);
    const { warnings, received, until } = await openTelnet(server, { comPort: { baud: 9600 } });
    const { socket } = await server.accepted();
    const other = [IAC, 250, 44, 101, 0, 0, 0, 50, IAC, 240];
    socket.write(Uint8Array.of(IAC, 253, 44, ...other, ...other, 65));
    await until(() => received.length > 0);
    expect(warnings).toEqual(["terminal server was asked for baud 9600 and has baud 50"]);
  });

  test("a subnegotiation without an end fails the link with the option named", async () => {
    const server = await startedServer(null);
    const { closed } = await openTelnet(server);
    const { socket } = await server.accepted();
    socket.write(Uint8Array.of(65, IAC, 250, 34));
    socket.write(new Uint8Array(128 * 1024).fill(3));
    const reason = await closed();
    expect(reason).toMatchObject({
      by: "failure",
      error: { code: "protocol_error", where: `127.0.0.1:${server.port}` },
    });
    expect(reason?.by === "failure" && reason.error.rawMessage).toContain("telnet option 34");
  });

  // Against a stub: a kernel may take 50 MB of answers before it says no.
  test("a far end that asks and does not read the answers fails the link", () => {
    const failures: string[] = [];
    const link = linkOver(new TelnetSession({ role: "client", binary: false }));
    link.begin({
      ...stub,
      write: (bytes) => (bytes[2] === 34 ? -1 : 0),
      fail: (error) => void failures.push(`${error.code} ${error.rawMessage}`),
    });
    expect(failures).toEqual([]);
    link.lowerSink.onData(Uint8Array.of(IAC, 253, 34));
    expect(failures).toEqual(["protocol_error far:23: asks telnet questions and does not read the answers"]);
  });

  test("a link moves in the middle of the negotiation, which is not begun again", () => {
    const sent: number[] = [];
    const carrier = { ...stub, write: (bytes: Uint8Array) => sent.push(...bytes) };
    const before = linkOver(new TelnetSession({ role: "client" }));
    before.begin(carrier);
    expect(sent.splice(0)).toEqual(OPENING);
    before.lowerSink.onData(Uint8Array.of(65, IAC));

    const moved = JSON.parse(JSON.stringify(before.snapshot())) as TelnetLinkSnapshot;
    const received: number[] = [];
    const after = linkOver(new TelnetSession({ role: "client" }, moved.session), received);
    after.goOn(carrier, moved);
    after.write(Uint8Array.of(104, 13));
    expect(sent).toEqual([]);
    // The rest of IAC WILL BINARY, then DO BINARY: agreed, and what was typed goes out as it is.
    after.lowerSink.onData(Uint8Array.of(251, 0, IAC, 253, 0, 66));
    expect(received).toEqual([66]);
    expect(sent).toEqual([104, 13]);
    expect(after.snapshot()?.settling).toBe(false);
  });

  test("a link moves only when the input that it holds for the negotiation is sent", async () => {
    const clock = new FakeClock();
    const sent: number[] = [];
    const link = linkOver(new TelnetSession({ role: "client" }), [], clock);
    link.begin({ ...stub, write: (bytes) => sent.push(...bytes) });
    sent.length = 0;
    expect(link.snapshot()?.settling).toBe(true);
    link.write(Uint8Array.of(13));
    expect(link.snapshot()).toBeUndefined();
    const settling = link.settled();
    clock.advance(2_000);
    await settling;
    expect(sent).toEqual([13, 0]);
    expect(link.snapshot()?.settling).toBe(false);
  });

  test("a link moves only when the breaks asked of it have ended", async () => {
    const clock = new FakeClock();
    const sent: number[] = [];
    const link = linkOver(new TelnetSession({ role: "client", binary: false, comPort: {} }), [], clock);
    link.begin({ ...stub, write: (bytes) => sent.push(...bytes) });
    const breaks = Promise.all([link.sendBreak(200), link.sendBreak(300)]);
    expect(link.snapshot(), "the breaks wait for the negotiation").toBeUndefined();
    link.lowerSink.onData(Uint8Array.of(IAC, 253, 44, IAC, 251, 3));
    let settled = false;
    const settling = link.settled().then(() => {
      settled = true;
    });
    await turnOfLoop();
    sent.length = 0;
    clock.advance(299);
    await turnOfLoop();
    expect(settled).toBe(false);
    expect(link.snapshot()).toBeUndefined();
    clock.advance(1);
    await Promise.all([breaks, settling]);
    const BREAK_OFF = [IAC, 250, 44, 5, 6, IAC, 240];
    expect(sent).toEqual([...BREAK_OFF, ...BREAK_OFF]);
    expect(link.snapshot()).toBeDefined();
  });

  test("a link settles when it ends under a break", async () => {
    const clock = new FakeClock();
    const link = linkOver(new TelnetSession({ role: "client" }), [], clock);
    link.begin(stub);
    const broken = link.sendBreak(300);
    const settling = link.settled();
    link.lowerSink.onClosed({ by: "remote" });
    await Promise.allSettled([broken]);
    await settling;
    expect(clock.pending).toBe(0);
  });

  test.each([undefined, null, {}, { format: 999 }])("adopts nothing that is no snapshot: %j", (snapshot) => {
    const { adopt } = telnet({ host: "n1", port: 23 })({
      clock: new FakeClock(),
      logger: silentLogger,
      resolver: numericOnly,
    });
    const sink = { onData: () => undefined, onClosed: () => undefined };
    expect(() => adopt?.({ fd: 0, snapshot, sink })).toThrow(
      expect.objectContaining({ code: "invalid_argument", where: "n1:23" }),
    );
  });

  test("garbage ends in an orderly close or a protocol_error, nothing else", async () => {
    const server = await startedServer(null);
    const { closed } = await openTelnet(server);
    const { socket } = await server.accepted();
    let seed = 1;
    const garbage = Uint8Array.from({ length: 512 * 1024 }, () => {
      seed = (seed * 48_271) % 0x7fff_ffff;
      return (seed & 0x300) === 0 ? 240 + (seed & 15) : seed & 255;
    });
    socket.resume();
    socket.end(garbage);
    const reason = await closed();
    expect(
      reason?.by === "remote" || (reason?.by === "failure" && reason.error.code === "protocol_error"),
    ).toBe(true);
  });

  test("wrong options are refused before anything connects", () => {
    expect(() => telnet({ host: "h", port: 23, comPort: { baud: 0 } })).toThrow(
      expect.objectContaining({ code: "invalid_argument", subject: "baud" }),
    );
  });
});
