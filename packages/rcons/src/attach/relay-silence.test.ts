import {
  type FakeAgent,
  FakeClock,
  type FakeHead,
  FakeWorld,
  startFakeAgent,
  startFakeHead,
} from "@confed/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runRcons } from "../run-rcons.ts";

let agent: FakeAgent;
let head: FakeHead;
let clock: FakeClock;

beforeEach(async () => {
  agent = await startFakeAgent(["n1"]);
  head = await startFakeHead(agent);
  clock = new FakeClock();
});

afterEach(async () => {
  await agent.stop();
  await head.stop();
  await expect.poll(() => clock.pending).toBe(0);
});

test("silence on a relay blames neither the head nor the agent alone", async () => {
  const args = ["n1", "--spy", "--route", "relay"];
  const world = new FakeWorld({ clock, args, terminal: false, env: { CONFED_HEAD: head.address } });
  const done = runRcons(world);
  await world.until(() => world.complained.includes("[n1 on sn01, relay"));
  for (let second = 0; second < 6; second++) clock.advance(1_000);
  await world.until(() => world.complained.includes("retry"));
  expect(world.complained).toContain(
    `nothing heard from agent sn01 through head ${head.address} for 6 s, retry`,
  );
  expect(world.complained).not.toContain("said nothing");
  world.signal("SIGTERM");
  expect(await done).toBe(143);
});
