import { createServer, type Server } from "node:net";
import { fakeFederation } from "@confed/testkit";
import { expect, test } from "vitest";
import { runRcons } from "../run-rcons.ts";
import { dial } from "./peer.ts";

const fakes = fakeFederation(["n1"], runRcons);

async function rcons(...args: readonly string[]) {
  const exitCode = await fakes.run(args);
  return { exitCode, complained: fakes.world.complained };
}

test.each([["ls"], ["info", "n1"], ["log", "n1"], ["tail", "n1"], ["send", "n1", "--text", "x"], ["n1"]])(
  "what is no head is exit code 8, what is no agent 7: %s %s",
  async (...command) => {
    expect(await rcons("--head", fakes.agent.address, ...command)).toEqual({
      exitCode: 8,
      complained: expect.stringMatching(
        /answers, but is no Confed head.*\n {2}hint: is this the address of a head\?\n$/,
      ),
    });
    expect(await rcons("--agent", fakes.head.address, ...command)).toEqual({
      exitCode: 7,
      complained: expect.stringMatching(
        /answers, but is no Confed agent.*\n {2}hint: is this the address of an agent\?\n$/,
      ),
    });
  },
);

test("the second head is asked when the first is none", async () => {
  const { exitCode } = await rcons(
    "--head",
    `${fakes.agent.address},${fakes.head.address}`,
    "send",
    "n1",
    "--text",
    "x",
  );
  expect(exitCode).toBe(0);
});

test("how long a mute peer was waited for is said in whole milliseconds", async () => {
  const mute: Server = createServer();
  await new Promise<void>((resolve) => {
    mute.listen(0, "127.0.0.1", resolve);
  });
  const { port } = mute.address() as { port: number };
  const dialled = dial(
    "head",
    { host: "127.0.0.1", port },
    { clock: fakes.clock, timeoutMs: 20.4, signal: new AbortController().signal },
  );
  await expect(dialled).rejects.toMatchObject({
    code: "head_unreachable",
    rawMessage: expect.stringMatching(/no answer within 20 ms$/),
  });
  mute.close();
});
