import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type Clock, silentLogger, systemClock } from "@confed/kernel";
import { EchoConsoles, FakeClock } from "@confed/testkit";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { BUILTIN_BREAKS } from "../file/break-sequence.ts";
import { Gateway } from "./gateway.ts";
import { GATEWAY_LIMITS, type GatewayControl } from "./gateway-options.ts";

test("a line without an end is the end of the connection", async () => {
  const { open } = await startGateway();
  const client = await open();
  client.write("x".repeat(GATEWAY_LIMITS.lineBytesMax + 1));
  await once(client, "close");
});

test("whoever does not log in in time is let go, and whoever has logged in stays", async () => {
  const clock = new FakeClock();
  const { open } = await startGateway(clock);
  const [silent, typing] = [await open(), await open()];
  typing.write("login ann\n");
  await said(typing, "ok\r\n");
  clock.advance(GATEWAY_LIMITS.loginMsMax);
  await once(silent, "close");
  typing.write("version\n");
  await said(typing, "8.2.7");
});

test("whoever is on no list gets no console, no listing and no command", async () => {
  const { open, controls } = await startGateway();
  const client = await open();
  for (const line of ["call cat", "info", "quit", "groups", "\xff\xffcall cat", "password"]) {
    client.write(`${line}\n`, "latin1");
    await said(client, "unknown command\r\n");
  }
  client.write("login eve\ncall cat\n");
  await said(client, "cat: permission denied\r\n");
  expect(controls).toEqual([]);
});

test("any bytes in any pieces leave a gateway that serves the next client", async () => {
  const { open, controls } = await startGateway();
  const line = fc.constantFrom(
    "login ann\n",
    "login eve\r\n",
    "call cat\n",
    "call ca\n",
    "info\n",
    "quit\n",
    "textmsg @ x\n",
    "disconnect @\n",
    "ssl\n",
    "\x05c",
    "\x05c;",
    "\x05cf",
    "\x05cl",
    "\x05cb",
    "\xff",
    "\xffE",
    "\xffZ",
    "\xff.",
  );
  const bytes = fc.uint8Array({ maxLength: 40 }).map((each) => Buffer.from(each).toString("latin1"));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(line, bytes), { maxLength: 30 }), async (parts) => {
      const client = await open();
      client.resume();
      for (const part of parts) client.write(Buffer.from(part, "latin1"));
      client.end();
      await once(client, "close");
    }),
    { numRuns: 100 },
  );
  const next = await open();
  next.write("login ann\ncall cat\n\x05c;typed\r");
  await said(next, "typed\r");
  expect(controls).toEqual([]);
});

test("lines of many clients that are cut, mixed and far too long harm nobody but who sends them", async () => {
  const { open, controls, blamed } = await startGateway();
  const witness = await open();
  witness.write("login ann\ncall cat\n");
  await said(witness, "[attached]\r\n");
  witness.write("\x05c;", "latin1");
  await said(witness, "[connected]\r\n");
  const whole = fc.constantFrom(
    "login eve\r\n",
    "call cab\r\n",
    "group\r\n",
    "broadcast x\r\n",
    `broadcast ${"y".repeat(9_000)}\r\n`,
    "\x05cbtext without end",
    "\x05cP99999999\r",
    "\x05ce\x05",
    "\xff\xff\xff",
    "z".repeat(GATEWAY_LIMITS.lineBytesMax * 2),
  );
  const piece = fc.tuple(fc.nat(3), whole, fc.nat(20_000));
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
      const clients = await Promise.all([open(), open(), open(), open()]);
      const closed = clients.map((client) => {
        client.resume();
        return once(client, "close");
      });
      for (const [who, text, end] of pieces) {
        const client = clients[who];
        if (client?.writable === true) client.write(Buffer.from(text.slice(0, end), "latin1"));
        await new Promise(setImmediate);
      }
      for (const client of clients) client.end();
      await Promise.all(closed);
    }),
    { numRuns: 50 },
  );
  // Nobody has typed into it, and it is still its own.
  witness.write("still mine\r");
  await said(witness, "still mine\r");
  expect(controls).toEqual([]);
  expect(new Set(blamed)).toEqual(new Set(["crash"]));
});

test("a source is not even greeted while it is shut out, and is again afterwards", async () => {
  const { open, shutOut, port } = await startGateway();
  const before = await open();
  shutOut(true);
  const refused = connect(port, "127.0.0.1");
  refused.on("error", () => undefined);
  refused.resume();
  await once(refused, "close");
  expect(refused.bytesRead).toBe(0);
  before.write("login ann\n");
  await said(before, "ok\r\n");
  shutOut(false);
  await open();
});

async function startGateway(clock: Clock = systemClock) {
  const controls: GatewayControl[] = [];
  const blamed: string[] = [];
  let isShutOut = false;
  const gateway = new Gateway({
    host: new EchoConsoles([
      { name: "cat", aliases: [], writers: ["ann"] },
      { name: "cab", aliases: [], writers: ["ann"] },
    ]),
    access: {
      trustOf: () => "trusted",
      checkPassword: () => Promise.resolve(false),
      needsPassword: () => Promise.resolve(true),
      isAdmin: () => false,
      isLimited: () => false,
    },
    breaks: () => BUILTIN_BREAKS,
    tls: () => ({ context: undefined, requestCert: false, plainFrom: "loopback" }),
    clock,
    logger: silentLogger,
    doorman: {
      shutsOut: () => isShutOut,
      blame: (_, fault) => {
        blamed.push(fault);
      },
    },
    control: (command) => {
      controls.push(command);
      return Promise.resolve();
    },
  });
  onTestFinished(() => gateway.close());
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  const open = async (): Promise<Socket> => {
    const client = connect(port, "127.0.0.1");
    client.on("error", () => undefined);
    onTestFinished(() => {
      client.destroy();
    });
    await said(client, "ok\r\n");
    return client;
  };
  const shutOut = (now: boolean) => {
    isShutOut = now;
  };
  return { open, controls, blamed, shutOut, port };
}

/** Resolves when the text has come; what came with it is gone. */
async function said(client: Socket, text: string): Promise<void> {
  let heard = "";
  while (!heard.includes(text)) {
    const [bytes] = (await once(client, "data")) as [Buffer];
    heard += bytes.toString("latin1");
  }
}
