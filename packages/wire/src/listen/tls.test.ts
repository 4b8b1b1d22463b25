import { X509Certificate } from "node:crypto";
import { readdirSync } from "node:fs";
import { connect as connectPlain, createServer, type Socket } from "node:net";
import { connect } from "node:tls";
import { ConfedError, silentLogger } from "@confed/kernel";
import { fingerprintIn, TestAuthority, TestTls } from "@confed/testkit";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { type Channel, openChannel } from "../channel.ts";
import { startServer } from "../server.ts";
import type { Handlers } from "../services.ts";
import type { PeerIdentity } from "./peer-identity.ts";
import { pinnedAuthority } from "./pinned-authority.ts";
import type { ClientTlsMaterial, TlsMaterial } from "./tls-material.ts";

const authority = new TestAuthority();
afterAll(() => {
  authority[Symbol.dispose]();
});
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const signal = new AbortController().signal;
const base = {
  authorities: authority.authorities,
  identify: authority.identify,
  lockedOut: new Set<string>(),
};

/** An agent that remembers who asked it. */
async function serve(issued = authority.issue({ name: "agent/sn01" })) {
  const peers: PeerIdentity[] = [];
  const streams: PeerIdentity[] = [];
  const never = () => Promise.reject(new ConfedError("not_found", "not here"));
  const handlers: Handlers<"Agent"> = {
    attach(stream, call) {
      streams.push(call.peer);
      stream.send({ hello: { agent: "sn01" } });
      stream.receive(
        () => undefined,
        () => {
          stream.end();
        },
      );
    },
    tail: (_request, outlet, call) => {
      streams.push(call.peer);
      outlet.end();
    },
    readLog: () => undefined,
    list: () => undefined,
    inspect: never,
    control: never,
    upgrade: never,
    status: async (_request, _signal, call) => {
      peers.push(call.peer);
      return { role: "agent" };
    },
  };
  const tls = new TestTls<TlsMaterial>({ ...base, ...issued });
  const server = await startServer({
    listen: { host: "127.0.0.1", port: 0 },
    services: { Agent: handlers },
    tls,
    logger: silentLogger,
  });
  closers.push(() => server.close());
  return { port: server.port, tls, peers, streams };
}

function dial(port: number, material: Partial<ClientTlsMaterial> = {}, id?: string): Channel<"Agent"> {
  const provider = new TestTls<ClientTlsMaterial>({ ...base, ...material });
  const channel = openChannel("Agent", `127.0.0.1:${port}`, { provider, id });
  closers.push(() => {
    channel.close();
  });
  return channel;
}

test("a call knows the machine whose certificate came, over streams as well", async () => {
  const { port, peers, streams } = await serve();
  const issued = authority.issue({ name: "head/h1" });
  const { client } = dial(port, issued, "sn01");
  await client.status({}, { signal });
  const head = { class: "machine", kind: "head", id: "h1", fingerprint: fingerprintIn(issued.certificate) };
  expect(peers).toEqual([expect.objectContaining(head)]);
  await new Promise<void>((resolve) => {
    client.tail({}, { signal }).receive(
      () => undefined,
      () => {
        resolve();
      },
    );
  });
  expect(streams).toEqual([expect.objectContaining(head)]);
});

test("users, machines and those without a certificate are told apart on one port", async () => {
  const { port, peers } = await serve();
  await dial(port, authority.issue({ name: "user/anna" }, "users")).client.status({}, { signal });
  await dial(port).client.status({}, { signal });
  await dial(port, authority.issue({ name: "agent/sn02" })).client.status({}, { signal });
  expect(peers.map(({ class: of }) => of)).toEqual(["user", "none", "machine"]);
  expect(peers[0]).toMatchObject({ id: "anna" });
});

test("a machine's name signed by the authority of users makes no machine", async () => {
  const { port, peers } = await serve();
  await dial(port, authority.issue({ name: "head/h1" }, "users")).client.status({}, { signal });
  expect(peers).toEqual([expect.objectContaining({ class: "user", id: "h1" })]);
});

test("a certificate that does not count leaves nobody, and says why", async () => {
  const { port, peers } = await serve();
  await dial(port, authority.issue({ name: "agent/sn02" }, "strangers")).client.status({}, { signal });
  await dial(port, authority.issue({ name: "agent/sn02", expired: true })).client.status({}, { signal });
  expect(peers).toEqual([
    expect.objectContaining({
      class: "none",
      rejected: "the certificate is signed by no authority that counts here",
    }),
    expect.objectContaining({ class: "none", rejected: expect.stringContaining("the certificate ended on") }),
  ]);
});

test("calls over several connections at once are told apart", async () => {
  const { port, peers } = await serve();
  const { client } = dial(port, authority.issue({ name: "user/anna" }, "users"));
  await client.status({}, { signal });
  await Promise.all([
    dial(port).client.status({}, { signal }),
    client.status({}, { signal }),
    dial(port).client.status({}, { signal }),
  ]);
  expect(peers.map(({ class: of }) => of).sort()).toEqual(["none", "none", "user", "user"]);
});

test("a certificate that is locked out is hung up on, during its calls and for ever after", async () => {
  const { port, tls, peers } = await serve();
  const issued = authority.issue({ name: "agent/sn02" });
  const { client } = dial(port, issued);
  const stream = client.attach({ signal });
  const said: unknown[] = [];
  const ended = new Promise<ConfedError | undefined>((resolve) => {
    stream.receive((message) => said.push(message), resolve);
  });
  await client.status({}, { signal });
  tls.change({ lockedOut: new Set([fingerprintIn(issued.certificate)]) });
  expect((await ended)?.code).toBe("agent_unreachable");
  const refused = await dial(port, issued).client.status({}, { signal }).catch(ConfedError.from);
  expect(refused).toMatchObject({ code: "agent_unreachable" });
  expect(peers).toHaveLength(1);
});

test("who is locked out and tries again shuts out nobody else of its address", async () => {
  const { port, tls, peers } = await serve();
  const issued = authority.issue({ name: "agent/sn02" });
  tls.change({ lockedOut: new Set([fingerprintIn(issued.certificate)]) });
  for (let attempt = 1; attempt <= 6; attempt += 1) {
    const channel = dial(port, issued);
    const refused = await channel.client.status({}, { signal }).catch(ConfedError.from);
    expect(refused).toMatchObject({ code: "agent_unreachable" });
    // It would try again meanwhile, and on a busy machine more often than is meant here.
    channel.close();
  }
  const neighbour = dial(port, authority.issue({ name: "agent/sn03" }));
  expect(await neighbour.client.status({}, { signal })).toMatchObject({ role: "agent" });
  expect(peers).toHaveLength(1);
});

test("a client that is told that its server is locked out ends its calls to it, makes none again, and says why", async () => {
  const issued = authority.issue({ name: "agent/sn01" });
  const { port } = await serve(issued);
  const tls = new TestTls<ClientTlsMaterial>(base);
  const dialled = (provider = tls) => {
    const channel = openChannel("Agent", `127.0.0.1:${port}`, { provider });
    closers.push(() => {
      channel.close();
    });
    return channel;
  };
  const channel = dialled();
  await channel.ready({ timeoutMs: 5_000, signal });
  expect(channel.peer).toMatchObject({ kind: "agent", id: "sn01" });
  const stream = channel.client.attach({ signal });
  const ended = new Promise<ConfedError | undefined>((resolve) => {
    stream.receive(() => undefined, resolve);
  });
  await channel.client.status({}, { signal });
  const why = {
    code: "agent_unreachable",
    rawMessage: expect.stringContaining("agent sn01 is locked out") as string,
  };
  // By its serial number, as agents are told of heads.
  tls.change({ lockedOut: new Set([new X509Certificate(issued.certificate).serialNumber]) });
  expect(await ended).toMatchObject(why);
  expect(channel.peer).toBeUndefined();
  await expect(dialled().client.status({}, { signal })).rejects.toMatchObject(why);
});

test("a renewed certificate is shown to the next who comes, and those who are there stay", async () => {
  const { port, tls, peers } = await serve(authority.issue({ name: "agent/sn01" }));
  const before = dial(port, {}, "sn01");
  await before.client.status({}, { signal });
  tls.change(authority.issue({ name: "agent/sn09" }));
  await dial(port, {}, "sn09").client.status({}, { signal });
  await before.client.status({}, { signal });
  expect(peers).toHaveLength(3);
  // What cannot be used leaves all as it is.
  tls.change({ key: "no key" });
  await dial(port, {}, "sn09").client.status({}, { signal });
});

test("a client refuses another machine than the one it wants, and says which it found", async () => {
  const { port, peers } = await serve();
  const { client } = dial(port, {}, "sn02");
  await expect(client.status({}, { signal })).rejects.toMatchObject({
    code: "agent_unreachable",
    rawMessage: expect.stringContaining("agent sn02 is expected there, but it is agent sn01"),
  });
  expect(peers).toEqual([]);
});

test("a client refuses a server that a user's certificate pretends to be", async () => {
  const { port } = await serve(authority.issue({ name: "agent/sn01" }, "users"));
  await expect(dial(port).client.status({}, { signal })).rejects.toMatchObject({
    code: "agent_unreachable",
    rawMessage: expect.stringContaining("it is no agent of this cluster"),
  });
});

test("a pin finds the authority behind a server, and refuses any other", async () => {
  const { port } = await serve();
  const address = { host: "127.0.0.1", port };
  const pinned = authority.certificateOf("machines");
  const found = await pinnedAuthority(address, {
    isPinned: (one) => one.publicKey.equals(pinned.publicKey),
    timeoutMs: 5_000,
    signal,
  });
  expect(found).toBe(pinned.toString());
  const wrong = pinnedAuthority(address, { isPinned: () => false, timeoutMs: 5_000, signal });
  await expect(wrong).rejects.toMatchObject({ code: "auth_failed" });
});

test("TLS 1.2, and what is no TLS at all, is not spoken to", async () => {
  const { port } = await serve();
  const old = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, maxVersion: "TLSv1.2" });
  const error = await new Promise<Error>((resolve) => old.once("error", resolve));
  expect(error.message).toContain("alert protocol version");
  const plain = connectPlain(port, "127.0.0.1", () => plain.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  plain.on("error", () => undefined);
  const bytes: Buffer[] = [];
  plain.on("data", (chunk: Buffer) => bytes.push(chunk));
  await new Promise((resolve) => plain.once("close", resolve));
  expect(Buffer.concat(bytes).length).toBeLessThan(20); // A TLS alert at most.
});

test("plain beyond loopback is refused unless somebody insists", async () => {
  const options = { services: {}, listen: { host: "0.0.0.0", port: 0 } } as const;
  const errors: string[] = [];
  const logger = { ...silentLogger, error: (message: string) => void errors.push(message) };
  await expect(startServer({ ...options, logger })).rejects.toMatchObject({
    code: "failed_precondition",
    hint: expect.stringContaining("--insecure-listen"),
  });
  expect(errors).toEqual([]);
  const server = await startServer({ ...options, logger, insecure: true });
  await server.close();
  expect(errors).toEqual([expect.stringContaining("WITHOUT TLS")]);
});

test("channels that are closed as their connections are reset keep no descriptor, twice", async () => {
  const { port } = await serve();
  const sockets = new Set<Socket>();
  const front = createServer((socket) => {
    const through = connectPlain(port, "127.0.0.1");
    for (const end of [socket, through]) sockets.add(end.on("error", () => undefined));
    socket.pipe(through).pipe(socket);
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  closers.push(() => front.close());
  const address = front.address() as { port: number };
  const descriptors = () => readdirSync("/proc/self/fd").length;
  const before = descriptors();
  for (const _ of ["once", "and again"]) {
    const channels = Array.from({ length: 20 }, () => dial(address.port));
    const streams = channels.map(({ client }) => client.attach({ signal }));
    await Promise.all(
      streams.map(
        (stream) =>
          new Promise<void>((resolve, reject) => {
            stream.receive(() => {
              resolve();
            }, reject);
          }),
      ),
    );
    expect(descriptors()).toBeGreaterThanOrEqual(before + 4 * channels.length);
    for (const socket of sockets) socket.resetAndDestroy();
    for (const channel of channels) channel.close();
    await vi.waitFor(
      () => {
        expect(descriptors()).toBeLessThanOrEqual(before);
      },
      { timeout: 10_000 },
    );
  }
});
