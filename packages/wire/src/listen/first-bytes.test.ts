import { connect, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { awaitFirstBytes, judgeHttp2, judgeTls } from "./first-bytes.ts";

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Two ends of a connection. */
async function pair(): Promise<{ readonly near: Socket; readonly far: Socket }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const far = connect(typeof address === "object" ? (address?.port ?? 0) : 0, "127.0.0.1");
  const near = await new Promise<Socket>((resolve) => server.once("connection", resolve));
  far.setNoDelay(true);
  closers.push(
    () => server.close(),
    () => far.destroy(),
    () => near.destroy(),
  );
  return { near, far };
}

test("what drips is looked at until it is whole, and nothing of it is lost", async () => {
  const { near, far } = await pair();
  const text = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nand more";
  let looks = 0;
  const verdict = new Promise<string>((resolve) => {
    awaitFirstBytes(
      near,
      (head) => {
        looks += 1;
        return judgeHttp2(head);
      },
      resolve,
    );
  });
  for (const letter of text)
    await new Promise<void>((resolve) => far.write(letter, () => setImmediate(resolve)));
  expect(await verdict).toBe("good");
  expect(looks).toBeLessThanOrEqual(text.length);
  let read = String(near.read() ?? "");
  near.on("data", (chunk: Buffer) => {
    read += String(chunk);
  });
  far.end();
  await new Promise((resolve) => near.once("end", resolve));
  expect(read).toBe(text);
});

test("what is neither is hung up on at its first wrong byte", async () => {
  const { near, far } = await pair();
  const verdict = new Promise<string>((resolve) => {
    awaitFirstBytes(near, judgeTls, resolve);
  });
  far.write("GET / HTTP/1.1\r\n");
  expect(await verdict).toBe("bad");
});

test("a first record that has no end is given up", async () => {
  const { near, far } = await pair();
  const verdict = new Promise<string>((resolve) => {
    awaitFirstBytes(near, judgeTls, resolve);
  });
  far.write(Buffer.concat([Buffer.from([22, 3, 1, 0xff, 0xff]), Buffer.alloc(20_000)]));
  expect(await verdict).toBe("bad");
});

test.each([
  ["no byte of TLS", Buffer.from([21]), "bad"],
  ["a version that is none", Buffer.from([22, 9]), "bad"],
  ["the head of a record", Buffer.from([22, 3, 1, 0]), "more"],
  ["a record that is not whole", Buffer.from([22, 3, 1, 0, 2, 7]), "more"],
  ["a record", Buffer.from([22, 3, 1, 0, 2, 7, 7]), "good"],
] as const)("%s is judged %s", (_, head, verdict) => {
  expect(judgeTls(head)).toBe(verdict);
});
