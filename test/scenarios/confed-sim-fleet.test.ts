import { ConfedRig, ConfedRun, runConfed } from "@confed/testkit";
import { expect, test } from "vitest";

const ROUNDS = 2;

test("a simulated fleet joins a head, and again when it was killed, each time with all its consoles", async () => {
  const rig = new ConfedRig();
  const head = await rig.startHead();
  const run = new ConfedRun(
    ["sim", "fleet", "--head", head.address, "--agents", "5", "--consoles", "30", "--changes", "100/s"],
    { env: { CONFED_HEAD: "127.0.0.1:1" } },
  );
  await run.told(/ ready role=fleet .* agents=5 consoles=150 first=sim001-n0001 last=sim005-n0030 /);
  const session = rig.rcons(head, "sim003-n0004");
  for (let round = 0; round <= ROUNDS; round += 1) {
    if (round > 0) {
      await head.process.kill();
      // A direct session does not notice.
      await session.type(`without head ${round}\r`);
      await session.printed(`without head ${round}`);
      await head.restart();
    }
    const screen = rig.watch(head);
    await screen.until(() => screen.consoles.size === 150);
    const changed = screen.history.length;
    await screen.until(() => screen.history.length > changed + 20);
    if (round === 0) await session.told("[sim003-n0004 on sim003");
    const relayed = rig.rcons(head, "sim005-n0001", "--route", "relay");
    await relayed.told("[sim005-n0001 on sim005, relay");
    await relayed.type(`round ${round}\r`);
    await relayed.printed(`round ${round}`);
  }
  expect(session.stderr).not.toMatch(/broke|back after/);
  run.signal("SIGTERM");
  expect(await run.exited).toBe(0);
  expect(run.stderr).toMatch(/fleet ends joined=5 joins=15 /);
});

test.each([
  [["--agents", "0"], "agents"],
  [["--consoles", "x"], "consoles"],
  [["--changes", "fast"], "changes"],
  [["--head", "nowhere"], "nowhere"],
  [["--head", ""], "--head host:port"],
])("a fleet with %j is refused, naming it", async (args, word) => {
  const { status, stderr } = await runConfed(["sim", "fleet", "--head", "127.0.0.1:1", ...args]);
  expect(status).toBe(2);
  expect(stderr).toContain(word);
});
