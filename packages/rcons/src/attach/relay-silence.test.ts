import { fakeFederation } from "@confed/testkit";
import { expect, test } from "vitest";
import { runRcons } from "../run-rcons.ts";

const fakes = fakeFederation(["n1"], runRcons);

test("silence on a relay blames neither the head nor the agent alone", async () => {
  const done = fakes.run(["n1", "--spy", "--route", "relay"]);
  await fakes.world.until(() => fakes.world.complained.includes("[n1 on sn01, relay"));
  for (let second = 0; second < 6; second++) fakes.clock.advance(1_000);
  await fakes.world.until(() => fakes.world.complained.includes("retry"));
  expect(fakes.world.complained).toContain(
    `nothing heard from agent sn01 through head ${fakes.head.address} for 6 s, retry`,
  );
  expect(fakes.world.complained).not.toContain("said nothing");
  fakes.world.signal("SIGTERM");
  expect(await done).toBe(143);
});
