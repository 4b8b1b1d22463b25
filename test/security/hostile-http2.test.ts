import { gzipSync } from "node:zlib";
import { type Cancel, systemClock } from "@confed/kernel";
import {
  echoTimes,
  FLAG,
  FRAME,
  frame,
  type GuardedServer,
  grpcHeaders,
  grpcMessage,
  headerField,
  percentile,
  type RawHttp2,
  startGuardedServer,
} from "@confed/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// F35 to F38: clients that speak raw HTTP/2 frames at a server over TLS, in a process whose heap and
// descriptors are measured, while a real user types.

const ATTACH = "/confed.v1.Agent/Attach";
const READ_LOG = "/confed.v1.Agent/ReadLog";
const STATUS = "/confed.v1.Agent/Status";

/** How long each attack goes on if nobody stops it. */
const ATTACK_MS = 5_000;
/** What a collected heap may differ by: caches of Node and V8 that fill once. */
const HEAP_SLACK_BYTES = 4 * 1024 * 1024;
/** What one attacking connection may cost while it lasts. */
const RESIDENT_GROWTH_BYTES_MAX = 64 * 1024 * 1024;

let server: GuardedServer;
beforeAll(async () => {
  server = await startGuardedServer();
});
afterAll(() => server.close());

const repeated = (part: Uint8Array, count = 4_000) =>
  Buffer.concat(Array.from({ length: count }, () => part));
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const setting = (id: number, value: number) => Buffer.concat([Buffer.from([0, id]), u32(value)]);
const windowUpdate = (stream: number, by: number) => frame(FRAME.windowUpdate, 0, stream, u32(by));
const flood = (part: Uint8Array) => (raw: RawHttp2) => {
  const parts = repeated(part);
  return raw.flood(() => parts, ATTACK_MS);
};

/** Each is hung up on, or at least told to go, long before its time is over. */
const FLOODS: Readonly<Record<string, (raw: RawHttp2) => Promise<unknown>>> = {
  "a PING flood": flood(frame(FRAME.ping, 0, 0, Buffer.alloc(8))),
  "a PING flood whose answers nobody reads": (raw) => {
    raw.pause();
    return flood(frame(FRAME.ping, 0, 0, Buffer.alloc(8)))(raw);
  },
  "a SETTINGS flood": flood(frame(FRAME.settings, 0, 0, setting(3, 100))),
  "an empty SETTINGS flood": flood(frame(FRAME.settings, 0, 0)),
  "a PRIORITY flood": flood(frame(FRAME.priority, 0, 1, Buffer.concat([u32(0), Buffer.from([1])]))),
  "a flood of frames of no known type": flood(frame(0x77, 0, 0, Buffer.alloc(8))),
  "a WINDOW_UPDATE flood": (raw) => {
    const small = repeated(windowUpdate(0, 1));
    return raw.flood(() => small, ATTACK_MS);
  },
  "a window that overflows": async (raw) => {
    raw.write(windowUpdate(0, 0x7fffffff), windowUpdate(0, 0x7fffffff));
    await raw.closed;
  },
  "a stream's window that overflows": async (raw) => {
    const stream = raw.call(ATTACH);
    raw.write(windowUpdate(stream, 0x7fffffff), windowUpdate(stream, 0x7fffffff));
    await raw.closed;
  },
  "a rapid reset": (raw) =>
    raw.flood(
      () =>
        Buffer.concat(
          Array.from({ length: 200 }, () => {
            const stream = raw.stream();
            return Buffer.concat([
              frame(FRAME.headers, FLAG.endHeaders, stream, grpcHeaders(ATTACH)),
              frame(FRAME.rstStream, 0, stream, u32(8)),
            ]);
          }),
        ),
      ATTACK_MS,
    ),
  "a CONTINUATION flood": (raw) => {
    const stream = raw.stream();
    raw.write(frame(FRAME.headers, 0, stream, headerField(":method", "POST")));
    return flood(frame(FRAME.continuation, 0, stream, headerField("a", "b")))(raw);
  },
  "a CONTINUATION flood of empty frames": (raw) => {
    const stream = raw.stream();
    raw.write(frame(FRAME.headers, 0, stream, headerField(":method", "POST")));
    return flood(frame(FRAME.continuation, 0, stream))(raw);
  },
  "empty DATA frames": (raw) => flood(frame(FRAME.data, 0, raw.call(ATTACH)))(raw),
  "a message in fragments of a byte": (raw) => {
    const stream = raw.call(ATTACH);
    const head = grpcMessage(new Uint8Array(0), { declaredBytes: 250_000 });
    raw.write(...[...head].map((byte) => frame(FRAME.data, 0, stream, Buffer.from([byte]))));
    return flood(frame(FRAME.data, 0, stream, Buffer.from([1])))(raw);
  },
  "a message that says it is 4 GiB long, and goes on": (raw) => {
    const stream = raw.call(ATTACH);
    raw.write(frame(FRAME.data, 0, stream, grpcMessage(Buffer.alloc(1_000), { declaredBytes: 0xffffffff })));
    const more = frame(FRAME.data, 0, stream, Buffer.alloc(16_000));
    return raw.flood(() => more, ATTACK_MS);
  },
  "an HPACK bomb": (raw) => {
    const large = headerField("x", "y".repeat(3_900), true);
    raw.write(
      frame(FRAME.headers, FLAG.endHeaders, raw.stream(), Buffer.concat([grpcHeaders(ATTACH), large])),
    );
    const block = Buffer.concat([grpcHeaders(ATTACH), Buffer.alloc(12_000, 0x80 | 62)]);
    return raw.flood(() => frame(FRAME.headers, FLAG.endHeaders, raw.stream(), block), ATTACK_MS);
  },
  "calls with a hundred headers, as fast as they go": (raw) => {
    const many = Array.from({ length: 100 }, (_, index) => headerField(`h${index}`, "v".repeat(100)));
    const block = Buffer.concat([grpcHeaders(STATUS), ...many]);
    return raw.flood(
      () => frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, raw.stream(), block),
      ATTACK_MS,
    );
  },
  "ten thousand streams": (raw) =>
    raw.flood(() => frame(FRAME.headers, FLAG.endHeaders, raw.stream(), grpcHeaders(ATTACH)), ATTACK_MS),
};

/** The beginning of a TLS record that never ends. */
const CLIENT_HELLO = Buffer.concat([Buffer.from([22, 3, 1, 2, 0]), Buffer.alloc(512, 1)]);

let source = 10;

describe.each([
  ["somebody without a certificate", false],
  ["a user", true],
] as const)("from %s", (_, certified) => {
  test.each(Object.entries(FLOODS))("%s is hung up on, and a real user types on", async (_name, attack) => {
    const { attached, channel } = await server.attach();
    await echoTimes(attached, 20);
    const before = await server.measure();
    // Each from an address of its own: the one before has shut its own out.
    source += 1;
    const from = `127.0.0.${source}`;
    const raw = await server.hostile({ certified, from });
    const attacking = attack(raw);
    const took = echoTimes(attached, 40);
    const endedAfter = systemClock.nowMs();
    await attacking;
    await raw.closed;
    expect(systemClock.nowMs() - endedAfter).toBeLessThan(ATTACK_MS);
    const during = await server.measure();
    expect(during.residentBytes - before.residentBytes).toBeLessThan(RESIDENT_GROWTH_BYTES_MAX);
    expect(percentile(await took, 0.5)).toBeLessThan(200);

    // Shut out from now on: nothing is answered any more.
    const again = await server.hostile({ certified, from });
    await again.closed;
    expect(again.frames).toEqual([]);

    await echoTimes(attached, 5);
    channel.close();
    await expect.poll(async () => (await server.measure()).streams, { timeout: 10_000 }).toBe(0);
    const after = await server.measure();
    expect(after.heapBytes - before.heapBytes).toBeLessThan(HEAP_SLACK_BYTES);
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    expect(after.unhandled).toBe(0);
  });
});

describe("who never proves who it is (slowloris)", () => {
  test("is hung up on 10 s after it came, whatever it drips meanwhile, and shut out", async () => {
    const silent = await server.hostile({ from: "127.0.2.1", plain: true, preface: false });
    const dripping = await server.hostile({ from: "127.0.2.1", plain: true, preface: false });
    const shaken = await server.hostile({ from: "127.0.2.1", preface: false });
    const prefaced = await server.hostile({ from: "127.0.2.1" });
    const calling = await server.hostile({ from: "127.0.2.1" });
    const all = [silent, dripping, shaken, prefaced, calling];
    const startMs = systemClock.nowMs();
    let drips = 0;
    let cancelDrip: Cancel = () => undefined;
    const drip = () => {
      cancelDrip = systemClock.after(250, () => {
        drips += 1;
        dripping.write(CLIENT_HELLO.subarray(drips - 1, drips));
        calling.call(STATUS);
        drip();
      });
    };
    drip();
    await pause(8_000);
    expect(all.map(({ open }) => open)).toEqual(all.map(() => true));
    await Promise.all(all.map(({ closed }) => closed));
    cancelDrip();
    expect(systemClock.nowMs() - startMs).toBeLessThan(12_000);
    // Five times 10 s.
    const again = await server.hostile({ from: "127.0.2.1" });
    await again.closed;
    expect(again.frames).toEqual([]);
  }, 30_000);

  test("keeps nobody else of its address out, however often it comes", async () => {
    const from = "127.0.2.2";
    const silent = await Promise.all(
      Array.from({ length: 100 }, () => server.hostile({ from, plain: true, preface: false })),
    );
    await pause(2_500);
    // The oldest of them make room now.
    const late = await server.hostile({ from, certified: true });
    await late.received(({ type }) => type === FRAME.settings);
    expect(late.open).toBe(true);
    await expect.poll(() => silent.filter(({ open }) => open).length).toBe(99);
    for (const one of [...silent, late]) one.destroy();
  }, 30_000);
});

test("a window that is never opened is given up after 10 s, and holds little until then", async () => {
  const before = await server.measure();
  const raw = await server.hostile({ certified: true, from: "127.0.1.1" });
  raw.write(frame(FRAME.settings, 0, 0, setting(4, 0)));
  for (let count = 0; count < 200; count += 1) {
    const stream = raw.stream();
    raw.write(
      frame(FRAME.headers, FLAG.endHeaders, stream, grpcHeaders(READ_LOG)),
      frame(FRAME.data, FLAG.endStream, stream, grpcMessage(new Uint8Array(0))),
    );
  }
  await pause(3_000);
  expect(raw.open).toBe(true);
  const held = await server.measure();
  expect(held.residentBytes - before.residentBytes).toBeLessThan(RESIDENT_GROWTH_BYTES_MAX);
  const startMs = systemClock.nowMs();
  await raw.closed;
  expect(systemClock.nowMs() - startMs).toBeLessThan(9_000);
  await expect
    .poll(async () => (await server.measure()).heapBytes - before.heapBytes, { timeout: 10_000 })
    .toBeLessThan(HEAP_SLACK_BYTES);
}, 30_000);

test("a message is refused by what it says of its length, before it comes", async () => {
  const raw = await server.hostile({ certified: true, from: "127.0.1.2" });
  const stream = raw.call(STATUS);
  raw.write(frame(FRAME.data, 0, stream, grpcMessage(new Uint8Array(0), { declaredBytes: 256 * 1024 + 1 })));
  const answer = await raw.received((one) => one.stream === stream && one.type === FRAME.headers);
  expect(answer).toBeDefined();
  expect(raw.open).toBe(true);
  raw.destroy();
});

test("a frame that says it is 16 MiB long ends the connection", async () => {
  const raw = await server.hostile({ certified: true, from: "127.0.1.3" });
  raw.write(frame(FRAME.data, 0, 1, Buffer.alloc(100), 0xffffff));
  const goaway = await raw.received(({ type }) => type === FRAME.goaway);
  expect(goaway?.payload.readUInt32BE(4)).toBe(6); // FRAME_SIZE_ERROR
  raw.destroy();
});

test("what is compressed is refused in words and not inflated", async () => {
  const raw = await server.hostile({ certified: true, from: "127.0.1.4" });
  const stream = raw.call(STATUS, { "grpc-encoding": "gzip" });
  const bomb = gzipSync(Buffer.alloc(200_000));
  raw.write(frame(FRAME.data, FLAG.endStream, stream, grpcMessage(bomb, { compressed: true })));
  const answer = await raw.received((one) => one.stream === stream && one.type === FRAME.headers);
  expect(answer?.payload.includes("12")).toBe(true); // UNIMPLEMENTED
  raw.destroy();
});

test("a client may not say by itself over which connection it comes", async () => {
  const { attached, channel } = await server.attach();
  await echoTimes(attached, 1);
  for (let id = 1; id <= 400; id += 1) {
    if (id % 100 !== 1) continue;
    const raw = await server.hostile({ from: "127.0.1.5" });
    const streams = Array.from({ length: 100 }, (_, at) => {
      const stream = raw.call(STATUS, { "confed-connection": String(id + at) });
      raw.write(frame(FRAME.data, FLAG.endStream, stream, grpcMessage(new Uint8Array(0))));
      return stream;
    });
    const last = streams.at(-1);
    await raw.received(
      ({ type, stream, flags }) =>
        type === FRAME.headers && stream === last && (flags & FLAG.endStream) !== 0,
    );
    const said = Buffer.concat(
      raw.frames.filter(({ type }) => type === FRAME.data).map(({ payload }) => payload),
    );
    expect(said.includes("none")).toBe(true);
    expect(said.includes("user")).toBe(false);
    raw.destroy();
  }
  channel.close();
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    systemClock.after(ms, resolve);
  });
}
