import { connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import type { ConfedError } from "./errors.ts";
import { JsonChannel, LINE_BYTES_MAX } from "./json-channel.ts";

/** Both ends of a connection. */
async function pair(): Promise<readonly [Socket, Socket]> {
  const server = createServer();
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const near = connect((server.address() as { readonly port: number }).port, "127.0.0.1");
  const far = await accepted;
  onTestFinished(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return [near, far];
}

function channelOn(socket: Socket) {
  const heard: unknown[] = [];
  const ends: ConfedError[] = [];
  const channel = new JsonChannel<unknown, unknown>(socket, {
    onMessage: (message) => heard.push(message),
    onEnd: (cause) => ends.push(cause),
  });
  return { channel, heard, ends };
}

test("messages come as they were sent, however the bytes are cut", async () => {
  const [near, far] = await pair();
  const { heard, ends } = channelOn(near);
  const messages = [{ a: 1 }, { text: "é\nü" }, { long: "x".repeat(100_000) }];
  const bytes = Buffer.from(messages.map((message) => `${JSON.stringify(message)}\n`).join(""));
  for (let from = 0; from < bytes.length; from += 997) {
    await new Promise((resolve) => far.write(bytes.subarray(from, from + 997), resolve));
  }
  await vi.waitFor(() => {
    expect(heard).toEqual(messages);
  }, 5_000);
  expect(ends).toEqual([]);
});

test.each([
  ["what is no JSON", "nonsense\n", "protocol_error"],
  ["a line without end", "x".repeat(LINE_BYTES_MAX + 1), "protocol_error"],
] as const)("%s ends the channel, once", async (_what, text, code) => {
  const [near, far] = await pair();
  const { ends, heard } = channelOn(near);
  far.on("error", () => undefined).write(`${text}${text}`);
  await vi.waitFor(() => {
    expect(ends.map((error) => error.code)).toEqual([code]);
  }, 5_000);
  expect(heard).toEqual([]);
});

test("the end of the far process is told once, and what is sent then goes nowhere", async () => {
  const [near, far] = await pair();
  const { channel, ends } = channelOn(near);
  far.destroy();
  await vi.waitFor(() => {
    expect(ends.map((error) => error.code)).toEqual(["hung_up"]);
  }, 5_000);
  channel.send({ a: 1 });
  await channel.drained();
  expect(ends).toHaveLength(1);
});

test("a far end that reads nothing is given up at the bound, and not waited for", async () => {
  const [near, far] = await pair();
  far.pause();
  const { channel, ends } = channelOn(near);
  const megabyte = "x".repeat(1024 * 1024 - 16);
  for (let sent = 0; sent < 80; sent += 1) channel.send({ megabyte });
  expect(ends.map((error) => error.code)).toEqual(["resource_exhausted"]);
  await channel.drained();
});
