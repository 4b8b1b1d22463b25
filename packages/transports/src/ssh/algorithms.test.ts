import { FakeClock, LinkRecorder } from "@confed/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SshTestBench } from "./ssh-test-bench.ts";
import { makeHostKey, type SshTestServerOptions } from "./ssh-test-server.ts";

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

describe("algorithms", () => {
  const legacy = {
    kex: ["diffie-hellman-group14-sha1"],
    serverHostKey: ["ssh-rsa"],
    cipher: ["aes128-cbc", "3des-cbc"],
    hmac: ["hmac-sha1"],
  } satisfies SshTestServerOptions["algorithms"];

  test("a server with legacy ones only is refused by name, and reached by the console's option", async () => {
    const { open, where } = await bench.start({ hostKeys: [makeHostKey("rsa")], algorithms: legacy });
    const error = await failure(open());
    expect(error).toMatchObject({
      code: "protocol_error",
      rawMessage: expect.stringContaining(`${where} offers only diffie-hellman-group14-sha1`),
      hint: expect.stringContaining("legacyAlgorithms: true"),
    });
    const { link } = await open({ legacyAlgorithms: true });
    await link.close();
  });

  test.each([
    ["cipher", { cipher: ["aes128-cbc"] }, "aes128-cbc as cipher"],
    ["MAC", { cipher: ["aes128-ctr"], hmac: ["hmac-md5"] }, "hmac-md5 as MAC"],
  ] as const)("an unfit %s is named", async (_what, algorithms, words) => {
    const { open } = await bench.start({
      algorithms: algorithms as unknown as NonNullable<SshTestServerOptions["algorithms"]>,
    });
    expect(await failure(open())).toMatchObject({
      code: "protocol_error",
      rawMessage: expect.stringContaining(words),
    });
  });
});
