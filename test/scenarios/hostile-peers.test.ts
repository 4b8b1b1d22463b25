import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { connect as connectHttp2, constants } from "node:http2";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { ConfedRig, type RigAgent, type RigHead, randomBytes } from "@confed/testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

/** What every peer below must not disturb: an agent and a head, and a viewer of each. */
async function quietPair() {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const head = await rig.startHead();
  const agent = await rig.startAgent({ heads: [head.address], consoles: [device.entry] });
  await rig.watch(head).shows("n1", "CONNECTED");
  const viewer = rig.attach(head, { console: "n1" });
  await viewer.whenOpened();
  return { rig, device, head, agent, viewer, servers: [agent, head] };
}

type Pair = Awaited<ReturnType<typeof quietPair>>;

/** It goes on as if nothing had been: bytes pass both ways over both processes, and none of them is a new one. */
async function expectUnharmed({ device, head, agent, viewer }: Pair): Promise<void> {
  const mark = `unharmed ${viewer.output.length}\r\n`;
  await device.feed(Buffer.from(mark));
  await viewer.saw(mark);
  viewer.type("!");
  await viewer.inputTaken();
  for (const { process } of [head, agent]) {
    expect(process.running).toBe(true);
    expect(process.lines.filter(({ message }) => message.includes("bug"))).toEqual([]);
  }
}

test("bytes that are no gRPC end their own connection, and no other", async () => {
  const pair = await quietPair();
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  // What is no HTTP/2 at all is hung up on at once.
  const strangers = [
    Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Buffer.from("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "latin1"),
    ...[1, 2, 3, 4].map((seed) => randomBytes(10_000, seed)),
  ];
  // What begins well may stay until keepalive finds it dead; it harms nobody until then.
  const impostors = [
    // A frame of the largest length there is, of a type there is not, and nonsense behind it.
    Buffer.concat([preface, settings, Buffer.alloc(9, 0xff), randomBytes(70_000, 5)]),
    // Headers that no HPACK table decodes.
    Buffer.concat([preface, settings, Buffer.from([0, 0, 4, 1, 5, 0, 0, 0, 1, 255, 255, 255, 255])]),
    preface.subarray(0, 10),
    Buffer.alloc(0),
  ];
  for (const { address } of pair.servers) {
    for (const bytes of impostors) dial(address).write(bytes);
    for (const bytes of strangers) {
      const socket = dial(address);
      socket.write(bytes);
      await once(socket, "close");
    }
  }
  await expectUnharmed(pair);
});

/** What, as it is sent, to which method, and the status and words of the answer. */
const BROKEN_CALLS = [
  ["a message over the limit", frame(Buffer.alloc(300_000)), "Attach", 8, "larger than max"],
  ["a length of four gigabytes", Buffer.from([0, 0xff, 0xff, 0xff, 0xff]), "Attach", 8, "larger than max"],
  ["a compressed message", Buffer.from([1, 0, 0, 0, 1, 0]), "Attach", 13, ""],
  ["a message that is no protobuf", frame(randomBytes(1_000, 9)), "Attach", 13, ""],
  ["a field of a kind there is not", frame(Buffer.from([0x0f])), "Inspect", 13, ""],
  ["no message", Buffer.alloc(0), "Inspect", 12, ""],
  ["a method that does not exist", frame(Buffer.alloc(0)), "Destroy", 12, ""],
] as const;

test("a call that is broken is refused with a status, and nobody else notices", async () => {
  const pair = await quietPair();
  for (const server of pair.servers) {
    for (const [what, body, method, status, words] of BROKEN_CALLS) {
      const answer = await callRaw(server, method, body);
      expect(answer.message, what).toContain(words);
      expect(answer.status, what).toBe(status);
    }
  }
  await expectUnharmed(pair);
});

test("a client that breaks the rules of an attach is told which, and only it ends", async () => {
  const pair = await quietPair();
  const { rig, servers } = pair;
  for (const server of servers) {
    const attach = (open: object = {}) => rig.attach(server, { console: "n1", mode: "VIEW", ...open });
    const raw = rig.channel<"Head" | "Agent">(server).client.attach({ signal: new AbortController().signal });
    const refused = new Promise((resolve) => {
      raw.receive(
        (message) => message.end && resolve(message.end.error),
        () => undefined,
      );
    });
    raw.send({ input: { offset: 0, data: Buffer.from("x") } });
    expect(await refused).toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/open/i) as string,
    });

    const twice = attach();
    await twice.whenOpened();
    twice.stream.send({ open: { console: "n1" } });
    expect(await twice.whenEnded()).toMatchObject({ code: "invalid_argument" });

    const wrong = attach();
    await wrong.whenOpened();
    wrong.stream.send({ input: { offset: 7, data: Buffer.from("x") } });
    expect(await wrong.whenEnded()).toMatchObject({
      code: "invalid_argument",
      rawMessage: "input at 7, expected at 0",
    });

    for (const offset of [2 ** 53, 2 ** 63, 2 ** 53 + 2]) {
      const far = attach({ from: { logId: "0123456789abcdef", offset } });
      expect(await far.whenOpened().catch((reason: unknown) => reason), String(offset)).toMatchObject({
        code: "invalid_argument",
      });
    }
    // An offset that is none of this console's is no fault: it begins now, and says so.
    const other = attach({ from: { logId: "0123456789abcdef", offset: 5 } });
    await other.until(() => other.gaps.length === 1);
    expect(other.gaps[0]).toMatchObject({ reason: "LOG_RESET" });
  }
  await expectUnharmed(pair);
});

test("thousands of streams that are opened and reset at once disturb nobody", async () => {
  const pair = await quietPair();
  for (const { service, address } of pair.servers) {
    const session = connectHttp2(`http://${address}`);
    session.on("error", () => undefined);
    const closed = once(session, "close");
    for (let count = 0; count < 5_000 && !session.destroyed; count += 1) {
      const stream = session.request({ ...HEADERS, ":path": `/confed.v1.${service}/Attach` });
      stream.on("error", () => undefined);
      stream.close(constants.NGHTTP2_CANCEL);
    }
    session.close();
    await closed;
  }
  await expectUnharmed(pair);
});

describe("an agent whose heads are none, or hang", () => {
  const servers: Server[] = [];
  let heads: string[] = [];
  beforeAll(async () => {
    const http = createHttpServer((_, response) => response.end("not a head"));
    const silent = createServer((socket) => socket.on("error", () => undefined));
    const noisy = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.end(randomBytes(5_000, 3));
    });
    const closing = createServer((socket) => socket.destroy());
    servers.push(http, silent, noisy, closing);
    for (const server of servers) server.listen(0, "127.0.0.1");
    await Promise.all(
      servers.filter((server) => !server.listening).map((server) => once(server, "listening")),
    );
    heads = servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  afterAll(() => {
    for (const server of servers) server.close();
  });

  test("serves its consoles, and says of each head what is wrong", async () => {
    const rig = new ConfedRig();
    const device = await rig.device("n1");
    const agent = await rig.startAgent({ heads, consoles: [device.entry] });
    await agent.process.logged("console up");
    const viewer = rig.attach(agent, { console: "n1" });
    await viewer.whenOpened();
    for (const address of heads) {
      const line = await agent.process.logged("head lost", { address });
      expect(line["cause"]).toMatch(/head_unreachable|protocol_error/);
    }
    await device.feed(Buffer.from("alive"));
    await viewer.saw("alive");
    const status = await rig.channel(agent).client.status({}, { signal: new AbortController().signal });
    expect(status.peers.map(({ addresses }) => addresses[0])).toEqual(heads);
    for (const { cause, state } of status.peers) {
      expect(state).toBe("connecting");
      expect(cause?.message).not.toBe("");
    }
  });

  test("rcons names the head that does not answer as one, and exits with 8", async () => {
    const rig = new ConfedRig();
    for (const address of heads) {
      const run = rig.rcons({ service: "Head", address } as RigHead, "ls");
      expect(await run.exited, run.said).toBe(8);
      expect(run.stderr).toContain(address);
    }
  });
});

const HEADERS = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };

/** One message as gRPC frames it. */
function frame(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function dial(address: string) {
  const [host = "", port = ""] = address.split(":");
  const socket = connect(Number(port), host);
  socket.on("error", () => undefined); // A reset is a fine answer.
  socket.resume();
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** A call with a body of our own making; resolves with how it ended. */
async function callRaw(
  { service, address }: RigHead | RigAgent,
  method: string,
  body: Uint8Array,
): Promise<{ readonly status: number; readonly message: string }> {
  const session = connectHttp2(`http://${address}`);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ...HEADERS, ":path": `/confed.v1.${service}/${method}` });
  stream.on("error", () => undefined);
  let answer: Record<string, unknown> = {};
  for (const event of ["response", "trailers"] as const) {
    stream.on(event, (headers: Record<string, unknown>) => (answer = { ...answer, ...headers }));
  }
  stream.resume();
  stream.end(body);
  await once(stream, "close");
  return {
    status: Number(answer["grpc-status"]),
    message: decodeURIComponent((answer["grpc-message"] as string | undefined) ?? ""),
  };
}
