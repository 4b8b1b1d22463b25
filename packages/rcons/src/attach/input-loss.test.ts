import { fakeFederation } from "@confed/testkit";
import type { ErrorDetail } from "@confed/wire";
import { beforeEach, expect, test } from "vitest";
import { runRcons } from "../run-rcons.ts";

const fakes = fakeFederation(["n1"], runRcons);

beforeEach(() => {
  fakes.agent.console("n1").acknowledging = false;
});

/** Run a command line between pipes. */
function rcons(...args: readonly string[]): Promise<number> {
  return fakes.run(args);
}

/** The session of the test, once so much was typed in it. */
async function typed(sizeBytes: number) {
  const fake = fakes.agent.console("n1");
  await fake.until(() => fake.sessions[0]?.input.length === sizeBytes);
  return fake.sessions[0]!;
}

const CAUSES: readonly (readonly [ErrorDetail, number])[] = [
  [{ code: "console_down", message: "the console is down" }, 6],
  [{ code: "console_busy", message: "bob@there holds the keyboard" }, 5],
  [{ code: "resource_exhausted", message: "the link takes no input" }, 11],
];

test.each(CAUSES)("send fails with %j when its input was discarded", async (cause, exitCode) => {
  const done = rcons("send", "n1", "--text", "reboot");
  const { stream } = await typed(7);
  stream.send({ inputAck: { offset: 7, discarded: 5, cause } });
  expect(await done).toBe(exitCode);
  expect(fakes.world.complained).toContain(
    `rcons: n1: 5 bytes of the input did not reach the console: ${cause.message}\n`,
  );
});

test.each(CAUSES)("piped input fails with %j when some of it was discarded", async (cause, exitCode) => {
  const done = rcons("n1");
  fakes.world.stdin.end("reboot\r");
  const { stream } = await typed(7);
  stream.send({ inputAck: { offset: 7, discarded: 1, cause } });
  expect(await done).toBe(exitCode);
  expect(fakes.world.complained).toContain(
    `rcons: n1: 1 byte of the input did not reach the console: ${cause.message}\n`,
  );
});

test("piped input is not sent on after a part of it was discarded", async () => {
  const done = rcons("n1");
  fakes.world.stdin.write("one\r");
  const session = await typed(4);
  session.stream.send({ inputAck: { offset: 4, discarded: 4 } });
  expect(await done).toBe(6);
  fakes.world.stdin.write("two\r");
  expect(session.input.toString()).toBe("one\r");
});

test("piped input that nobody acknowledged before an outage is a failure, and the rest stays unsent", async () => {
  const fake = fakes.agent.console("n1");
  const done = rcons("n1");
  fakes.world.stdin.write("one\r");
  await typed(4);
  await fakes.world.until(() => fakes.world.complained.includes("[n1 on"));
  await fakes.agent.stop();
  expect(await done).toBe(7);
  expect(fakes.world.complained).toContain(
    "rcons: n1: 4 bytes of the input were not acknowledged when the connection was lost",
  );
  fakes.world.stdin.end("two\r");
  await fakes.agent.start();
  expect(fake.sessions).toEqual([]);
});

test("piped input gives a console that flaps ten seconds, not ten after each change", async () => {
  const fake = fakes.agent.console("n1");
  fake.status = { ...fake.status, state: "WAITING" };
  const done = rcons("n1");
  fakes.world.stdin.end("one\r");
  await fakes.world.until(() => fakes.world.complained.includes("waiting"));
  for (const state of ["CONNECTING", "WAITING"] as const) {
    fakes.clock.advance(4_000);
    fake.sessions[0]?.stream.send({ event: { kind: "STATE", state } });
    fake.sessions[0]?.stream.send({ event: { kind: "NOTICE", text: `now ${state}` } });
    await fakes.world.until(() => fakes.world.complained.includes(`now ${state}`));
  }
  fakes.clock.advance(2_000);
  expect(await done).toBe(6);
  expect(fakes.world.complained).toContain("n1: the console had no link for 10 s, nothing was sent\n");
});
