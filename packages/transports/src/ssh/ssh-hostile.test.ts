import { FakeClock, LinkRecorder } from "@confed/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SshTestBench } from "./ssh-test-bench.ts";

let bench: SshTestBench<FakeClock, LinkRecorder>;
beforeEach(() => {
  bench = new SshTestBench(new FakeClock(), () => new LinkRecorder());
});
afterEach(async () => {
  await bench.end();
  expect(bench.clock.pending, "timers left").toBe(0);
});

const failure = (opening: Promise<unknown>): Promise<unknown> =>
  opening.then(
    () => expect.fail("open resolved"),
    (reason: unknown) => reason,
  );

describe("servers that are none", () => {
  test("another service is named by its first words", async () => {
    const { open, where } = await bench.startRaw((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect(await failure(open())).toMatchObject({
      code: "protocol_error",
      rawMessage: `${where} is not an SSH server: it said "HTTP/1.1 400 Bad Request"`,
    });
  });

  test("a connection that closes without a word is said", async () => {
    const { open, where } = await bench.startRaw((socket) => socket.end());
    expect(await failure(open())).toMatchObject({
      code: "hung_up",
      rawMessage: `${where} closed the connection without a word`,
    });
  });

  test("an endless banner is cut", async () => {
    const { open } = await bench.startRaw((socket) => {
      const more = () => {
        while (!socket.destroyed && socket.write("all work and no play\r\n"));
      };
      socket.on("drain", more);
      more();
    });
    const error = await failure(open());
    expect(error).toMatchObject({ code: "protocol_error" });
    expect(String(error)).toContain("all work and no play");
  });

  test("version 1 is named", async () => {
    const { open } = await bench.startRaw((socket) => socket.write("SSH-1.5-Cisco\n"));
    expect(String(await failure(open()))).toContain("SSH-1.5-Cisco");
  });

  test("garbage after the identification is a protocol error", async () => {
    const { open } = await bench.startRaw((socket) => socket.write(`SSH-2.0-x\r\n${"\xff".repeat(5_000)}`));
    expect(await failure(open())).toMatchObject({ code: "protocol_error" });
  });

  test("packets of no bytes are refused: sending would never end", async () => {
    const { open } = await bench.start({ packetBytes: 0 });
    const error = await failure(open());
    expect(error).toMatchObject({ code: "protocol_error" });
    expect(String(error)).toContain("packets of 0 bytes");
  });

  test("a key exchange that does not end is cut at 30 s, however long the console may wait", async () => {
    let greeted = (): void => undefined;
    const seen = new Promise<void>((resolve) => (greeted = resolve));
    const { open, where } = await bench.startRaw((socket) => {
      socket.write("SSH-2.0-x\r\n");
      socket.once("data", greeted);
    });
    const failing = failure(open({ connectTimeoutMs: 600_000 }));
    await seen;
    await turn();
    bench.clock.advance(30_000);
    expect(await failing).toMatchObject({ code: "deadline_exceeded", where });
    const error = await failing;
    expect(String(error)).toContain("the key exchange");
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
