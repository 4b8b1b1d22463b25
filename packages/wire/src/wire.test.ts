import { connect } from "node:http2";
import { connect as connectTcp, createServer, Socket } from "node:net";
import { ConfedError, once, silentLogger, systemClock } from "@confed/kernel";
import { Metadata, status } from "@grpc/grpc-js";
import { afterEach, expect, test, vi } from "vitest";
import { openChannel } from "./channel.ts";
import { serviceDefinition } from "./contract-definitions.ts";
import { UNARY_DEADLINE_MS } from "./deadlines.ts";
import { fromStatus } from "./error-detail.ts";
import type { AttachResponseReceived } from "./generated/messages.ts";
import { WIRE_LIMITS } from "./limits.ts";
import { startServer } from "./server.ts";
import { type Handlers, SERVICES, type ServiceName } from "./services.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const refuse = () =>
  Promise.reject(new ConfedError("not_found", "no such console", { subject: "n9", hint: "rcons ls" }));
const agent: Handlers<"Agent"> = {
  attach(stream) {
    stream.send({ hello: { agent: "sn01" } });
    stream.receive(
      (message) => {
        if (message.input)
          stream.send({ output: { data: message.input.data, offset: message.input.offset } });
        if (!message.reconnect) return;
        for (let offset = 0; offset < 3; offset++)
          stream.send({ output: { data: Buffer.from("x"), offset } });
        stream.end(new ConfedError("console_busy", "not now"));
      },
      () => {
        stream.end();
      },
    );
  },
  tail: (_request, outlet) => {
    outlet.end(new ConfedError("console_busy", "nobody tails here"));
  },
  readLog: () => undefined,
  list: (_request, outlet) => {
    for (let page = 0; page < 3; page++) outlet.send({ consoles: [{ name: `n${page}` }] });
    outlet.end();
  },
  inspect: refuse,
  control: refuse,
  status: () => Promise.resolve({ role: "agent", startedMs: 2 ** 40 }),
  upgrade: () => Promise.reject(new ConfedError("failed_precondition", "not here")),
};

async function serving(services: Handlers<"Agent"> = agent) {
  const server = await startServer({
    listen: { host: "127.0.0.1", port: 0 },
    services: { Agent: services },
    logger: silentLogger,
  });
  closers.push(() => server.close());
  return server;
}

async function connected() {
  const server = await serving();
  const channel = openChannel("Agent", `127.0.0.1:${server.port}`);
  closers.push(() => {
    channel.close();
  });
  return channel;
}

const signal = new AbortController().signal;

test("the table of services is the contract, and every unary method has a deadline", () => {
  for (const name of Object.keys(SERVICES) as ServiceName[]) {
    const contract = Object.entries(serviceDefinition(name)).map(
      ([method, { requestStream, responseStream }]) => [
        method.charAt(0).toLowerCase() + method.slice(1),
        requestStream ? "bidi" : responseStream ? "serverStream" : "unary",
      ],
    );
    const kinds = Object.entries(SERVICES[name]).map(([method, kind]) => [
      method,
      kind === "atOnce" ? "unary" : kind,
    ]);
    expect(kinds.sort()).toEqual(contract.sort());
    for (const [method, kind] of contract) {
      if (kind === "unary") expect(UNARY_DEADLINE_MS).toHaveProperty(method ?? "");
    }
  }
});

test("a unary call carries numbers as numbers", async () => {
  const { client } = await connected();
  expect((await client.status({}, { signal })).startedMs).toBe(2 ** 40);
});

test("a handler is told when its answer has been taken, or when nobody waits for it, and not before", async () => {
  for (const ending of ["taken", "gone"]) {
    const told = once();
    let isTold = false;
    const server = await serving({
      ...agent,
      status: (_request, _signal, _call, whenAnswered) => {
        whenAnswered?.(() => {
          isTold = true;
          told.resolve();
        });
        return Promise.resolve({ role: "agent" });
      },
    });
    // A peer whose window is closed: it is sent headers, and nothing of the answer.
    const session = connect(`http://127.0.0.1:${server.port}`, { settings: { initialWindowSize: 0 } });
    closers.push(() => {
      session.destroy();
    });
    const stream = session.request({
      ":method": "POST",
      ":path": "/confed.v1.Agent/Status",
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.end(Buffer.alloc(5));
    let takenBytes = 0;
    stream.on("data", ({ length }: Buffer) => {
      takenBytes += length;
    });
    stream.on("error", () => undefined);
    const ended = new Promise((resolve) => stream.once("end", resolve));
    await new Promise((resolve) => stream.once("response", resolve));
    await new Promise((resolve) => session.ping(resolve));
    expect({ isTold, takenBytes }).toEqual({ isTold: false, takenBytes: 0 });
    if (ending === "gone") session.destroy();
    else session.settings({ initialWindowSize: 65_535 });
    await told.promise;
    if (ending === "gone") continue;
    await ended;
    expect(takenBytes).toBeGreaterThan(5);
  }
});

test("an error keeps its code, subject and hint over the wire", async () => {
  const { client } = await connected();
  const error = await client.inspect({ console: "n9" }, { signal }).catch(ConfedError.from);
  expect(error).toMatchObject({
    code: "not_found",
    rawMessage: "no such console",
    subject: "n9",
    hint: "rcons ls",
  });
});

test("a stream delivers every message before its end", async () => {
  const { client } = await connected();
  const names: string[] = [];
  await new Promise<void>((resolve, reject) => {
    client.list({}, { signal }).receive(
      (page) => names.push(...page.consoles.map(({ name }) => name)),
      (error) => {
        if (error === undefined) resolve();
        else reject(error);
      },
    );
  });
  expect(names).toEqual(["n0", "n1", "n2"]);
});

test("a stream that ends with an error says so once", async () => {
  const { client } = await connected();
  const error = await new Promise<ConfedError | undefined>((resolve) => {
    client.tail({}, { signal }).receive(() => undefined, resolve);
  });
  expect(error?.code).toBe("console_busy");
});

test("a stream that was paused when it failed hears of that behind the messages it had not read", async () => {
  const { client } = await connected();
  const order: string[] = [];
  const stream = client.attach({ signal });
  let pausedNow: () => void = () => undefined;
  const paused = new Promise<void>((resolve) => {
    pausedNow = resolve;
  });
  const ended = new Promise<void>((resolve) => {
    stream.receive(
      (message) => {
        order.push(message.message ?? "?");
        if (message.output?.offset !== 0) return;
        stream.pause();
        pausedNow();
      },
      (error) => {
        order.push(error?.code ?? "end");
        resolve();
      },
    );
  });
  stream.send({ reconnect: {} });
  await paused;
  // One connection, so what was sent before this answer has arrived.
  await client.status({}, { signal });
  expect(order).toEqual(["hello", "output"]);
  stream.resume();
  await ended;
  expect(order).toEqual(["hello", "output", "output", "output", "console_busy"]);
});

test("an error detail that is none does not hide the status, and kills nobody", () => {
  const metadata = new Metadata();
  metadata.set("confed-error-bin", Buffer.from([0x0f]));
  expect(fromStatus({ code: status.NOT_FOUND, details: "gone", metadata }, "here:1", "agent")).toMatchObject({
    code: "not_found",
  });
});

test("a duplex echoes, and half-close ends it in order", async () => {
  const { client } = await connected();
  const received: AttachResponseReceived[] = [];
  const stream = client.attach({ signal });
  const ended = new Promise<ConfedError | undefined>((resolve) => {
    stream.receive((message) => received.push(message), resolve);
  });
  stream.send({ input: { data: Buffer.from([0, 255, 27]), offset: 7 } });
  stream.end();
  expect(await ended).toBeUndefined();
  expect(received.map(({ message }) => message)).toEqual(["hello", "output"]);
  expect(received[1]?.output).toMatchObject({ data: Buffer.from([0, 255, 27]), offset: 7 });
  expect(stream.backlogBytes).toBe(0);
});

test("the backlog counts bytes while the peer does not read, and drains when it does", async () => {
  const { client } = await connected();
  const stream = client.attach({ signal });
  let receivedBytes = 0;
  stream.receive(
    (message) => (receivedBytes += message.output?.data.byteLength ?? 0),
    () => undefined,
  );
  stream.pause();
  for (let i = 0; i < 100; i++) stream.send({ input: { data: Buffer.alloc(60_000), offset: 0 } });
  expect(stream.backlogBytes).toBeGreaterThan(1_000_000);
  stream.resume();
  await stream.drained();
  expect(stream.backlogBytes).toBe(0);
});

test("what a peer that does not read has not been handed yet can be discarded, the rest comes in order", async () => {
  const { client } = await connected();
  const stream = client.attach({ signal });
  const received: number[] = [];
  const ended = new Promise<ConfedError | undefined>((resolve) => {
    stream.receive(({ output }) => received.push(output?.offset ?? -1), resolve);
  });
  stream.pause();
  for (let offset = 0; offset < 100; offset++) stream.send({ input: { data: Buffer.alloc(60_000), offset } });
  const backlogBytes = stream.backlogBytes;
  const discardedBytes = stream.discard();
  expect(discardedBytes).toBeGreaterThan(1_000_000);
  expect(stream.backlogBytes).toBe(backlogBytes - discardedBytes);
  stream.send({ input: { data: Buffer.alloc(1), offset: 100 } });
  stream.end();
  stream.resume();
  expect(await ended).toBeUndefined();
  // The first is the agent's hello.
  expect(received[0]).toBe(-1);
  expect(received.at(-1)).toBe(100);
  expect(received.slice(1, -1)).toEqual(Array.from({ length: received.length - 2 }, (_, index) => index));
  expect(stream.takenBytes).toBeGreaterThan(0);
});

test("ready() says at once that nobody listens", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as { port: number };
  await new Promise((resolve) => taken.close(resolve));
  const channel = openChannel("Head", `127.0.0.1:${port}`);
  closers.push(() => {
    channel.close();
  });
  await expect(channel.ready({ timeoutMs: 5_000, signal })).rejects.toMatchObject({
    code: "head_unreachable",
  });
});

test("an agent asked for what only a head has is named as no head", async () => {
  const { address } = await connected();
  const channel = openChannel("Head", address);
  closers.push(() => {
    channel.close();
  });
  await expect(channel.client.resolve({ console: "n1" }, { signal })).rejects.toMatchObject({
    code: "protocol_error",
  });
});

test.each([
  ["nothing is said", undefined, "canceled"],
  ["it is said", new ConfedError("agent_unreachable", "shard 1 of this agent ended"), "agent_unreachable"],
] as const)("closing a channel ends the calls that run; why: %s", async (_, reason, code) => {
  const channel = await connected();
  const stream = channel.client.attach({ signal });
  let opened: () => void = () => undefined;
  const opening = new Promise<void>((resolve) => (opened = resolve));
  const ended = new Promise<ConfedError | undefined>((resolve) => {
    stream.receive(() => {
      opened();
    }, resolve);
  });
  await opening;
  channel.close(reason);
  expect((await ended)?.code).toBe(code);
});

test("something that is no gRPC server at all is an error with its address", async () => {
  const stranger = createServer((socket) => socket.end("HTTP/1.0 400 Bad Request\r\n\r\n"));
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  closers.push(() => stranger.close());
  const channel = openChannel("Head", `127.0.0.1:${(stranger.address() as { port: number }).port}`);
  closers.push(() => {
    channel.close();
  });
  const error = await channel.client.resolve({ console: "n1" }, { signal }).catch(ConfedError.from);
  expect(error).toMatchObject({ where: channel.address });
});

test("aborting a call rejects with the reason of the signal", async () => {
  const { client } = await connected();
  const abort = new AbortController();
  const call = client.status({}, { signal: abort.signal });
  abort.abort(new ConfedError("deadline_exceeded", "too slow for me"));
  await expect(call).rejects.toMatchObject({ code: "deadline_exceeded" });
  expect(systemClock.nowMs()).toBeGreaterThan(0);
});

test("whoever calls a peer that accepts and says nothing is told so, and goes on when it speaks, twice", async () => {
  const timeoutOf = Socket.prototype.setTimeout;
  const hurried = vi.spyOn(Socket.prototype, "setTimeout").mockImplementation(function (
    this: Socket,
    ms,
    told,
  ) {
    return timeoutOf.call(this, ms === WIRE_LIMITS.answerTimeoutMs ? 100 : ms, told);
  });
  const { port } = await serving();
  let speaks = false;
  const sockets = new Set<Socket>();
  const front = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    if (!speaks) return;
    const through = connectTcp(port, "127.0.0.1");
    sockets.add(through.on("error", () => undefined));
    socket.pipe(through).pipe(socket);
  });
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  const channel = openChannel("Agent", `127.0.0.1:${(front.address() as { port: number }).port}`);
  closers.push(() => {
    channel.close();
    breakAll();
    front.close();
    hurried.mockRestore();
  });
  const heard = () =>
    new Promise<ConfedError | string | undefined>((resolve) => {
      channel.client.attach({ signal }).receive(({ hello }) => {
        resolve(hello?.agent);
      }, resolve);
    });

  for (const _ of ["once", "and again"]) {
    speaks = false;
    // The first one may meet the connection that was broken.
    await vi.waitFor(async () => {
      expect(await heard()).toMatchObject({
        code: "agent_unreachable",
        message: expect.stringContaining("accepts connections and says nothing for 10 s"),
      });
    }, 5_000);
    speaks = true;
    await vi.waitFor(
      async () => {
        expect(await heard()).toBe("sn01");
      },
      { timeout: 10_000 },
    );
    breakAll();
  }
});
