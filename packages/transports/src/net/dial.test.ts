import { getEventListeners, once } from "node:events";
import { type AddressInfo, createServer, type Server, Socket } from "node:net";
import { ConfedError } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Address } from "./address.ts";
import { dial } from "./dial.ts";

const IPV4: Address = { address: "127.0.0.1", family: 4 };
const IPV6: Address = { address: "::1", family: 6 };

/** A far end behind a network that drops everything. */
class SilentSocket extends Socket {
  override connect(): this {
    return this;
  }
}

let clock: FakeClock;
let server: Server;
let port: number;
let made: Socket[];
const never = new AbortController().signal;

beforeEach(async () => {
  clock = new FakeClock();
  made = [];
  server = createServer().listen(0, IPV6.address);
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  for (const socket of made) socket.destroy();
  server.close();
  await once(server, "close");
  expect(clock.pending).toBe(0);
});

/** Dial a name that has these addresses; the first `silent` of them never answer. */
function dialName(addresses: readonly Address[], signal: AbortSignal, silent = 0): Promise<Socket> {
  const resolver = { resolve: () => Promise.resolve(addresses) };
  return dial({ clock, resolver }, { host: "n1", port, signal }, () => {
    const socket = made.length < silent ? new SilentSocket() : new Socket();
    made.push(socket);
    return socket;
  });
}

/** Until so many addresses are being tried. */
async function tried(count: number): Promise<void> {
  while (made.length < count) await new Promise((resolve) => setImmediate(resolve));
}

test("the next address is tried when one refuses", async () => {
  const socket = await dialName([IPV4, IPV6], never);
  expect(socket.remoteAddress).toBe("::1");
  expect(made[0]?.destroyed).toBe(true);
});

test("the next address is tried beside one that keeps silent, which then is let go", async () => {
  const dialing = dialName([IPV4, IPV6], never, 1);
  await tried(1);
  clock.advance(2_499);
  expect(made).toHaveLength(1);
  clock.advance(1);
  expect(made).toHaveLength(2);
  expect((await dialing).remoteAddress).toBe("::1");
  expect(made[0]?.destroyed).toBe(true);
});

test("a refusal is told rather than another failure, with name, port and address", async () => {
  const nowhere: Address = { address: "255.255.255.255", family: 4 }; // EACCES or ENETUNREACH: connect(2).
  const error = await dialName([nowhere, IPV4], never).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfedError);
  expect(error).toMatchObject({
    code: "connection_refused",
    message: expect.stringContaining(`n1:${port} (127.0.0.1): connection refused`) as string,
  });
});

test("a far end that never answers ends the attempt at its deadline, naming host and port", async () => {
  const dialing = dialName([IPV4, IPV6], never, 2).catch((reason: unknown) => reason);
  await tried(1);
  clock.advance(20_000);
  expect(await dialing).toMatchObject({ code: "deadline_exceeded", where: `n1:${port}` });
  expect(made.map(({ destroyed }) => destroyed)).toEqual([true, true]);
});

test("giving up while connecting leaves no socket, timer or listener", async () => {
  const giveUp = new AbortController();
  const dialing = dialName([IPV4, IPV6], giveUp.signal, 2).catch((reason: unknown) => reason);
  await tried(1);
  giveUp.abort("reload");
  expect(await dialing).toMatchObject({ code: "canceled", where: `n1:${port}`, cause: "reload" });
  expect(made.map(({ destroyed }) => destroyed)).toEqual([true]);
  expect(getEventListeners(giveUp.signal, "abort")).toHaveLength(0);
});

test("an error of the connection before anybody listens does not end the process", async () => {
  const socket = await dialName([IPV6], never);
  socket.destroy(new Error("reset"));
  await new Promise((resolve) => socket.once("close", resolve));
  expect(socket.errored?.message).toBe("reset");
});
