import { ConfedError } from "@confed/kernel";
import { fakeFederation } from "@confed/testkit";
import { expect, test } from "vitest";
import { runRcons } from "../run-rcons.ts";

const fakes = fakeFederation(["n1"], runRcons);

/** Wait until somebody follows, then print. */
async function print(text: string): Promise<void> {
  const fake = fakes.agent.console("n1");
  await fake.until(() => fake.listeners > 0);
  fake.print(text);
}

test.each(["not_found", "unavailable", "deadline_exceeded"] as const)(
  "what has begun is followed on when a head that came back answers %s",
  async (code) => {
    const fake = fakes.agent.console("n1");
    const done = fakes.run(["tail", "n1"]);
    await print("before\n");
    await fakes.world.shows("n1: before\n");
    await fakes.head.stop();
    await fakes.world.until(() => fakes.world.complained.includes("retry"));
    await fake.until(() => fake.listeners === 0);
    const answers = fake.onPrint;
    const refused = new Promise<void>((resolve) => {
      fake.onPrint = () => {
        fake.onPrint = answers;
        resolve();
        throw new ConfedError(code, "the agents have not come back yet");
      };
    });
    await fakes.head.start();
    fakes.clock.advance(500);
    await refused;
    // The next try is due some time after the refusal has arrived.
    await expect
      .poll(() => {
        fakes.clock.advance(500);
        return fake.listeners;
      })
      .toBe(1);
    await print("after\n");
    await fakes.world.shows("n1: after\n");
    fakes.world.signal("SIGINT");
    expect(await done).toBe(130);
  },
);

test("a console that is not there when tail or log begins is an error", async () => {
  expect(await fakes.run(["log", "n9", "-F"])).toBe(3);
});

test.each([
  ["on a terminal", true, []],
  ["with times", false, ["-t"]],
] as const)("log --follow shows an unfinished line %s after a moment", async (_where, terminal, options) => {
  const done = fakes.run(["log", "n1", "-F", ...options], { terminal });
  await print("login: ");
  await expect.poll(() => fakes.clock.pending).toBeGreaterThan(1);
  expect(fakes.world.shown).not.toContain("login");
  fakes.clock.advance(1_000);
  await fakes.world.shows("login: \n");
  await print("last");
  await expect.poll(() => fakes.clock.pending).toBeGreaterThan(1);
  fakes.world.signal("SIGINT");
  expect(await done).toBe(130);
  expect(fakes.world.shown).toContain("last");
});

test("tail shows what is unfinished when it ends", async () => {
  const done = fakes.run(["tail", "n1"]);
  await print("one\nlast");
  await fakes.world.shows("n1: one\n");
  fakes.world.signal("SIGINT");
  expect(await done).toBe(130);
  expect(fakes.world.shown).toBe("n1: one\nn1: last\n");
});

test("log without lines is refused, and with --follow begins at the end", async () => {
  fakes.agent.console("n1").print("old\n");
  expect(await fakes.run(["log", "n1", "-n", "0"])).toBe(2);
  expect(fakes.world.complained).toContain("--lines: 0 lines are nothing to show");
  expect(fakes.world.complained).toContain("--follow");
  const done = fakes.run(["log", "n1", "-n", "0", "-F"]);
  await print("new\n");
  await fakes.world.shows("new\n");
  expect(fakes.world.shown).toBe("new\n");
  fakes.world.signal("SIGINT");
  expect(await done).toBe(130);
});

test.each([
  ["SIGTERM", 143],
  ["SIGHUP", 129],
  ["SIGINT", 130],
] as const)("%s ends tail and log with exit code %d", async (name, exitCode) => {
  for (const args of [
    ["tail", "n1"],
    ["log", "n1", "-F"],
  ]) {
    const done = fakes.run(args);
    await print("x\n");
    await fakes.world.shows("x\n");
    fakes.world.signal(name);
    expect(await done).toBe(exitCode);
    expect(fakes.world.complained).toBe("");
  }
});

test("send ends by SIGTERM with exit code 143", async () => {
  fakes.agent.console("n1").acknowledging = false;
  const done = fakes.run(["send", "n1", "--text", "x"]);
  await fakes.agent.console("n1").until(() => (fakes.agent.console("n1").sessions[0]?.input.length ?? 0) > 0);
  fakes.world.signal("SIGTERM");
  expect(await done).toBe(143);
});

test("send writes a notice of the agent harmlessly", async () => {
  fakes.agent.console("n1").acknowledging = false;
  const done = fakes.run(["send", "n1", "--text", "x"]);
  const fake = fakes.agent.console("n1");
  await fake.until(() => (fake.sessions[0]?.input.length ?? 0) > 0);
  const { stream } = fake.sessions[0]!;
  stream.send({ event: { kind: "NOTICE", text: "bell\x07 \x1b[31mred" } });
  stream.send({ inputAck: { offset: 2 } });
  expect(await done).toBe(0);
  expect(fakes.world.complained).toMatch(/^rcons: n1: bell/);
  expect(fakes.world.complained).not.toMatch(/[\x07\x1b]/);
});
