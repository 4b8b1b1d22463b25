import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { SshSocket } from "./ssh-socket.ts";

test("a server that goes on asking while our answers pile up is cut", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepting = once(server, "connection") as Promise<[Socket]>;
  const socket = new SshSocket("bmc1:22");
  socket.connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [far] = await accepting;
  far.on("error", () => undefined);
  socket.on("data", () => undefined);
  socket.resume();
  const errors: unknown[] = [];
  socket.on("error", (error) => errors.push(error));

  socket.write(Buffer.alloc(1024 * 1024));
  far.write("SSH-2.0-x\r\n");
  await once(socket, "data");
  expect(socket.destroyed, "a full backlog of input is no reason").toBe(false);

  // Beyond what any kernel keeps for a reader who does not read.
  socket.write(Buffer.alloc(32 * 1024 * 1024));
  far.write("more");
  await new Promise((resolve) => socket.once("close", resolve));
  expect(errors).toMatchObject([{ code: "protocol_error", where: "bmc1:22" }]);
  far.destroy();
  await new Promise((resolve) => server.close(resolve));
});
