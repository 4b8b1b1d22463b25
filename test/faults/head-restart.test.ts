import { systemClock } from "@confed/kernel";
import { ConfedRig, ConfedRun } from "@confed/testkit";
import { expect, test } from "vitest";

const AGENTS = 40;
const CONSOLES = 50;
const ROUNDS = 2;
const TRUE_WITHIN_MS = 15_000;
const BACK_WITHIN_MS = 5_000;

test("a head that is killed knows every console again in time, and relayed sessions are back soon after", async () => {
  const rig = new ConfedRig();
  const head = await rig.startHead();
  const size = ["--agents", String(AGENTS), "--consoles", String(CONSOLES)];
  const fleet = new ConfedRun(["sim", "fleet", "--head", head.address, ...size, "--changes", "100/s"]);
  await fleet.told(/all simulated agents are joined/);
  const direct = rig.rcons(head, "sim001-n0001");
  const relayed = [2, 3, 4].map((agent) => rig.rcons(head, `sim00${agent}-n0001`, "--route", "relay"));
  await direct.told("[sim001-n0001 on sim001");
  for (const each of relayed) await each.told(", relay");

  for (let round = 1; round <= ROUNDS; round += 1) {
    const said = relayed.map(({ stderr }) => stderr.length);
    await head.process.kill();
    await direct.type(`nobody heads ${round}\r`);
    await direct.printed(`nobody heads ${round}`);
    const startMs = systemClock.nowMs();
    await head.restart();
    const screen = rig.watch(head);
    await screen.until(() => screen.consoles.size === AGENTS * CONSOLES);
    await screen.until(
      () => [...screen.agents.values()].filter(({ state }) => state === "up").length === AGENTS,
    );
    const trueMs = systemClock.nowMs();
    expect(trueMs - startMs).toBeLessThan(TRUE_WITHIN_MS);
    expect([...screen.consoles.values()].filter(({ state }) => state === "UNREACHABLE")).toEqual([]);
    await Promise.all(relayed.map((each, index) => each.told("[back after", said[index])));
    expect(systemClock.nowMs() - trueMs).toBeLessThan(BACK_WITHIN_MS);
    for (const each of relayed) {
      await each.type(`round ${round}\r`);
      await each.printed(`round ${round}`);
    }
  }
  expect(direct.stderr).not.toMatch(/broke|back after/);
  fleet.signal("SIGTERM");
  expect(await fleet.exited).toBe(0);
});
