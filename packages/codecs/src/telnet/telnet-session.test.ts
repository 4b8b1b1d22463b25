import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COM_PORT } from "./com-port.ts";
import { TelnetSession, type TelnetSessionEvent, type TelnetSessionOptions } from "./telnet-session.ts";

const IAC = 255;
const [WILL, WONT, DO, DONT, SB, SE] = [251, 252, 253, 254, 250, 240];
const [BINARY, ECHO, SGA, TIMING_MARK, TTYPE, NAWS, LINEMODE, NEW_ENVIRON, COM] = [
  0, 1, 3, 6, 24, 31, 34, 39, 44,
];

/** A session and everything that came out of it. */
function end(options: TelnetSessionOptions) {
  let session = new TelnetSession(options);
  const data: number[] = [];
  const events: TelnetSessionEvent[] = [];
  const sent: number[] = [];
  const feed = (bytes: readonly number[] | Uint8Array) => {
    session.feed(Uint8Array.from(bytes), {
      data: (view) => void data.push(...view),
      reply: (reply) => void sent.push(...reply),
      event: (event) => void events.push(event),
    });
  };
  const takeSent = () => sent.splice(0);
  const send = (bytes: Uint8Array) => void sent.push(...bytes);
  return {
    get session() {
      return session;
    },
    /** Go on in another process. */
    move: () => {
      session = new TelnetSession(options, JSON.parse(JSON.stringify(session.snapshot())));
    },
    data,
    events,
    feed,
    send,
    takeSent,
    start: () => {
      send(session.start());
    },
  };
}
type End = ReturnType<typeof end>;

/** Carry what each sent to the other until both are silent, in chunks; returns the bytes carried. */
function converge(client: End, server: End, chunkBytes = 1_000_000): number {
  let carried = 0;
  for (let rounds = 0; rounds < 1000; rounds += 1) {
    const [up, down] = [client.takeSent(), server.takeSent()];
    if (up.length + down.length === 0) return carried;
    carried += up.length + down.length;
    for (let at = 0; at < up.length; at += chunkBytes) server.feed(up.slice(at, at + chunkBytes));
    for (let at = 0; at < down.length; at += chunkBytes) client.feed(down.slice(at, at + chunkBytes));
  }
  throw new Error("the two ends never stop answering each other");
}

const every256 = Uint8Array.from({ length: 256 }, (_, byte) => byte);

describe("TelnetSession", () => {
  test("two sessions agree on BINARY both ways and pass every byte", () => {
    const [client, server] = [end({ role: "client" }), end({ role: "server" })];
    client.start();
    server.start();
    expect(client.session.settled).toBe(false);
    converge(client, server);
    expect(client.session.settled).toBe(true);
    expect(client.session.binary).toEqual({ in: true, out: true });
    expect(server.session.binary).toEqual({ in: true, out: true });
    client.send(client.session.encode(every256));
    server.send(server.session.encode(every256));
    converge(client, server);
    expect(server.data).toEqual([...every256]);
    expect(client.data).toEqual([...every256]);
  });

  test("every byte passes without BINARY, too", () => {
    const [client, server] = [end({ role: "client" }), end({ role: "server", binary: false })];
    client.start();
    server.start();
    converge(client, server);
    expect(client.session.binary).toEqual({ in: false, out: false });
    expect(client.session.settled).toBe(true);
    const hard = Uint8Array.from([...every256, 13, 10, 13, 0, 13, 13, 255, 13]);
    client.send(client.session.encode(hard));
    server.send(server.session.encode(hard));
    converge(client, server, 1);
    expect(server.data).toEqual([...hard]);
    expect(client.data).toEqual([...hard]);
  });

  test.each([
    ["LINEMODE", [IAC, DO, LINEMODE], [IAC, WONT, LINEMODE]],
    ["NEW-ENVIRON", [IAC, DO, NEW_ENVIRON], [IAC, WONT, NEW_ENVIRON]],
    ["TIMING-MARK", [IAC, DO, TIMING_MARK], [IAC, WONT, TIMING_MARK]],
    ["local ECHO", [IAC, DO, ECHO], [IAC, WONT, ECHO]],
    ["the server's terminal type", [IAC, WILL, TTYPE], [IAC, DONT, TTYPE]],
  ])("a client refuses %s", (_, request, answer) => {
    const client = end({ role: "client" });
    client.feed(request);
    expect(client.takeSent()).toEqual(answer);
  });

  test("a client tells its terminal type when asked, and only after agreeing to", () => {
    const client = end({ role: "client", terminalType: "xterm" });
    const send = [IAC, SB, TTYPE, 1, IAC, SE];
    client.feed(send);
    expect(client.takeSent()).toEqual([]);
    client.feed([IAC, DO, TTYPE, ...send]);
    expect(client.takeSent()).toEqual([
      IAC,
      WILL,
      TTYPE,
      IAC,
      SB,
      TTYPE,
      0,
      0x78,
      0x74,
      0x65,
      0x72,
      0x6d,
      IAC,
      SE,
    ]);
  });

  test("a client stops telling its terminal type to a server that keeps asking", () => {
    const client = end({ role: "client", terminalType: "x".repeat(40) });
    client.feed([IAC, DO, TTYPE]);
    client.takeSent();
    for (let times = 0; times < 1_000; times += 1) client.feed([IAC, SB, TTYPE, 1, IAC, SE]);
    expect(client.takeSent()).toHaveLength(16 * (40 + 6));
  });

  test("BINARY in one direction does not change the other", () => {
    const [out, into] = [end({ role: "client" }), end({ role: "client" })];
    out.start();
    out.takeSent();
    out.feed([IAC, DO, BINARY, IAC, WONT, BINARY, 13, 0]);
    expect([out.session.binary, out.data]).toEqual([{ in: false, out: true }, [13]]);
    expect([...out.session.encode(Uint8Array.of(13))]).toEqual([13]);
    into.start();
    into.takeSent();
    into.feed([IAC, DONT, BINARY, IAC, WILL, BINARY, 13, 0]);
    expect([into.session.binary, into.data]).toEqual([{ in: true, out: false }, [13, 0]]);
    expect([...into.session.encode(Uint8Array.of(13))]).toEqual([13, 0]);
  });

  test("a server learns window and terminal type", () => {
    const [client, server] = [end({ role: "client", terminalType: "vt100" }), end({ role: "server" })];
    client.start();
    server.start();
    client.send(client.session.resize(255, 24));
    converge(client, server);
    client.send(client.session.resize(80, 100_000));
    converge(client, server);
    expect(server.events.filter(({ type }) => type === "window" || type === "terminal_type")).toEqual([
      { type: "window", columns: 255, rows: 24 },
      { type: "terminal_type", name: "vt100" },
      { type: "window", columns: 80, rows: 65_535 },
    ]);
  });

  test("a client offers its window once to a server that refuses", () => {
    const client = end({ role: "client" });
    expect([...client.session.resize(80, 24)]).toEqual([IAC, WILL, NAWS]);
    client.feed([IAC, DONT, NAWS]);
    expect(client.session.resize(81, 24)).toHaveLength(0);
    expect(client.takeSent()).toEqual([]);
  });

  test("break is IAC BREAK, or on and off by RFC 2217 when that is agreed", () => {
    const [client, server] = [end({ role: "client" }), end({ role: "server" })];
    expect(client.session.breakSequence()).toEqual({ begin: Uint8Array.of(IAC, 243) });
    client.send(client.session.breakSequence().begin);
    converge(client, server);
    expect(server.events).toEqual([{ type: "break" }]);

    client.feed([IAC, DO, COM]);
    expect(client.session.comPortAgreed).toBe(true);
    expect(client.session.breakSequence()).toEqual({
      begin: Uint8Array.of(IAC, SB, COM, 5, 5, IAC, SE),
      end: Uint8Array.of(IAC, SB, COM, 5, 6, IAC, SE),
    });
  });

  test("com port settings are asked for once agreed, and a server that does otherwise is reported", () => {
    const client = end({
      role: "client",
      comPort: { baud: 0xff00, dataBits: 7, parity: "even", stopBits: 1.5 },
    });
    client.feed([IAC, DO, COM]);
    expect(client.takeSent()).toEqual([
      ...[IAC, WILL, COM],
      ...[IAC, SB, COM, 1, 0, 0, 255, 255, 0, IAC, SE],
      ...[IAC, SB, COM, 2, 7, IAC, SE],
      ...[IAC, SB, COM, 3, 3, IAC, SE],
      ...[IAC, SB, COM, 4, 3, IAC, SE],
    ]);
    client.feed([IAC, DONT, COM, IAC, DO, COM]);
    expect(client.takeSent()).toEqual([IAC, WONT, COM, IAC, WILL, COM]);
    client.feed([IAC, SB, COM, 101, 0, 0, 0x25, 0x80, IAC, SE, IAC, SB, COM, 102, 7, IAC, SE]);
    expect(client.events.filter(({ type }) => type === "com_port_mismatch")).toEqual([
      {
        type: "com_port_mismatch",
        wanted: { command: COM_PORT.setBaud, from: "client", value: 0xff00 },
        actual: { command: COM_PORT.setBaud, from: "server", value: 9600 },
      },
    ]);
  });

  test("a client is told when the server does not speak RFC 2217", () => {
    const [client, server] = [end({ role: "client", comPort: { baud: 9600 } }), end({ role: "server" })];
    client.start();
    converge(client, server);
    expect(client.events).toContainEqual({ type: "com_port_refused" });
    expect(client.session.settled).toBe(true);
  });

  test("a server answers settings with what is in force, and a break by RFC 2217 is a break", () => {
    const [client, server] = [
      end({ role: "client", comPort: { baud: 115_200 } }),
      end({ role: "server", comPort: { baud: 9600 } }),
    ];
    client.start();
    server.start();
    converge(client, server);
    expect(client.events.filter(({ type }) => type.startsWith("com_port"))).toEqual([
      { type: "com_port", message: { command: COM_PORT.setBaud, from: "server", value: 115_200 } },
    ]);
    server.feed([IAC, SB, COM, 1, 0, 0, 0, 0, IAC, SE]);
    expect(server.takeSent()).toEqual([IAC, SB, COM, 101, 0, 1, 0xc2, 0, IAC, SE]);
    client.send(client.session.breakSequence().begin);
    converge(client, server);
    expect(server.events.filter(({ type }) => type === "break")).toHaveLength(1);
  });

  test("replies come before the data behind them, so that an echo is encoded by the new agreement", () => {
    const session = new TelnetSession({ role: "server" });
    const wire: number[] = [];
    session.feed(Uint8Array.of(IAC, DO, BINARY, 13), {
      data: (view) => void wire.push(...session.encode(view)),
      reply: (reply) => void wire.push(...reply),
    });
    expect(wire).toEqual([IAC, WILL, BINARY, 13]);
  });

  test("a subnegotiation that never ends is a fault, after which nothing comes", () => {
    const client = end({ role: "client" });
    const chunk = new Uint8Array(16 * 1024).fill(3);
    client.feed([IAC, SB, LINEMODE]);
    for (let fed = 0; fed <= 64 * 1024; fed += chunk.length) client.feed(chunk);
    const fault = client.events.find((event) => event.type === "fault");
    expect(fault?.error).toMatchObject({ code: "protocol_error" });
    expect(fault?.error.message).toContain("option 34");
    client.feed([IAC, SE, 65, IAC, DO, TIMING_MARK]);
    expect([...client.data, ...client.takeSent()]).toEqual([]);
  });

  test("100,000 SLC triplets are dropped without an answer", () => {
    const client = end({ role: "client" });
    const triplets = new Array<number>(60_000).fill(1);
    client.feed([IAC, SB, LINEMODE, 3, ...triplets, IAC, SE, 65]);
    for (let times = 0; times < 80; times += 1)
      client.feed([IAC, SB, LINEMODE, 3, ...triplets.slice(0, 3750), IAC, SE]);
    expect(client.takeSent()).toEqual([]);
    expect(client.data).toEqual([65]);
    expect(client.events).toEqual(new Array(81).fill({ type: "dropped", option: LINEMODE }));
  });

  test.each([
    ["terminalType", { role: "client", terminalType: "xterm\r\n" }],
    ["terminalType", { role: "client", terminalType: "x".repeat(41) }],
    ["baud", { role: "client", comPort: { baud: Number.NaN } }],
  ] as const)("refuses a wrong %s with a named error", (subject, options) => {
    expect(() => new TelnetSession(options)).toThrow(
      expect.objectContaining({ code: "invalid_argument", subject }),
    );
  });
});

describe("TelnetSession against anything", () => {
  const option = fc.constantFrom(BINARY, ECHO, SGA, TIMING_MARK, TTYPE, NAWS, LINEMODE, COM, 200);
  const words = fc.oneof(
    fc.tuple(fc.constant(IAC), fc.constantFrom(WILL, WONT, DO, DONT), option),
    fc
      .tuple(option, fc.array(fc.oneof(fc.nat(12), fc.nat(255)), { maxLength: 6 }))
      .map(([to, content]) => [IAC, SB, to, ...content, IAC, SE]),
    fc.array(fc.oneof(fc.constantFrom(IAC, SB, SE, 13, 0), fc.nat(255)), { maxLength: 8 }),
  );
  const input = fc.array(words, { maxLength: 60 }).map((list) => list.flat());
  const anyOptions = fc.record({
    role: fc.constantFrom("client" as const, "server" as const),
    binary: fc.boolean(),
    comPort: fc.option(fc.constant({ baud: 115_200, parity: "none" } as const), { nil: undefined }),
  });

  // What may be said without being asked for in so many bytes: windows, terminal types, settings, each
  // a bounded number of times.
  const EXTRA_BYTES_MAX = 1024;

  test("a client never says more than it was asked", () => {
    fc.assert(
      fc.property(anyOptions, input, fc.nat(40), (options, chunk, times) => {
        const client = end({ ...options, role: "client" });
        client.session.resize(80, 24);
        for (let at = 0; at < times; at += 1) client.feed(chunk);
        expect(client.takeSent().length).toBeLessThanOrEqual(chunk.length * times + EXTRA_BYTES_MAX);
      }),
    );
  });

  test("splitting the input changes neither data nor replies", () => {
    fc.assert(
      fc.property(anyOptions, input, fc.integer({ min: 1, max: 5 }), (options, chunk, chunkBytes) => {
        const [whole, split] = [end(options), end(options)];
        whole.feed(chunk);
        for (let at = 0; at < chunk.length; at += chunkBytes) split.feed(chunk.slice(at, at + chunkBytes));
        expect(split.data).toEqual(whole.data);
        expect(split.takeSent()).toEqual(whole.takeSent());
        expect(split.events).toEqual(whole.events);
      }),
    );
  });

  test("a session that moves to another process between any two reads means the same", () => {
    fc.assert(
      fc.property(
        anyOptions,
        input,
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        (options, chunk, chunkBytes, windowFirst) => {
          const [stays, moves] = [end(options), end(options)];
          for (const one of [stays, moves]) {
            one.start();
            if (windowFirst) one.send(one.session.resize(132, 43));
          }
          stays.feed(chunk);
          for (let at = 0; at < chunk.length; at += chunkBytes) {
            moves.move();
            moves.feed(chunk.slice(at, at + chunkBytes));
          }
          moves.move();
          for (const one of [stays, moves]) one.send(one.session.resize(80, 24));
          expect(moves.data).toEqual(stays.data);
          expect(moves.takeSent()).toEqual(stays.takeSent());
          expect(moves.events).toEqual(stays.events);
          expect(moves.session.encode(every256)).toEqual(stays.session.encode(every256));
          expect(moves.session.breakSequence()).toEqual(stays.session.breakSequence());
          expect(moves.session.settled).toBe(stays.session.settled);
        },
      ),
    );
  });

  test("two sessions joined back to back fall silent, agree, and pass every byte", () => {
    fc.assert(
      fc.property(
        anyOptions,
        anyOptions,
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.nat(3), { maxLength: 6 }),
        (a, b, chunkBytes, resizes) => {
          const [client, server] = [end(a), end(b)];
          client.start();
          server.start();
          for (const cells of resizes) {
            client.send(client.session.resize(cells, 24));
            server.send(server.session.resize(24, cells));
          }
          expect(converge(client, server, chunkBytes)).toBeLessThan(EXTRA_BYTES_MAX);
          expect([client.session.settled, server.session.settled]).toEqual([true, true]);
          expect(client.session.binary).toEqual({
            in: server.session.binary.out,
            out: server.session.binary.in,
          });
          client.send(client.session.encode(every256));
          server.send(server.session.encode(every256));
          converge(client, server, chunkBytes);
          expect(server.data).toEqual([...every256]);
          expect(client.data).toEqual([...every256]);
        },
      ),
    );
  });
});
