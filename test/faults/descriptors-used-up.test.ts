import { readdirSync } from "node:fs";
import { consoleTable, spawnRack, verifyLogFiles } from "@confed/simulator";
import { type Attached, ConfedRig, readToTheEnd } from "@confed/testkit";
import { expect, test, vi } from "vitest";

const CONSOLES = 20;
/** What the agent needs (Node opens its modules all at once), the 32 that it keeps, and some clients. */
const DESCRIPTORS_MAX = 192;

test("an agent without descriptors refuses clients in words, goes on with all it has, and heals, twice", async () => {
  const rig = new ConfedRig();
  await using rack = await spawnRack({ consoles: CONSOLES, linesPerSecond: 50 });
  const agent = await rig.startAgent({
    wrapper: ["prlimit", `--nofile=${DESCRIPTORS_MAX}:${DESCRIPTORS_MAX}`],
    consoles: consoleTable(rack),
  });
  const name = rack.consoleName(3);
  for (let index = 0; index < CONSOLES; index += 1)
    await agent.process.logged("console up", { console: rack.consoleName(index) });
  const first = rig.attach(agent, { console: name });
  await first.whenOpened();
  for (const _round of [1, 2]) {
    const from = agent.process.lines.length;
    // Each comes over a connection of its own, as rcons does.
    const inside: Attached[] = [];
    for (let refused: unknown; refused === undefined; ) {
      const next = rig.attach(agent, { console: name, mode: "VIEW" });
      refused = await next.whenOpened().then(
        () => void inside.push(next),
        (reason: unknown) => reason,
      );
      expect(inside.length).toBeLessThan(DESCRIPTORS_MAX);
      if (refused !== undefined) expect(refused).toMatchObject({ code: "resource_exhausted" });
    }
    expect(inside.length).toBeGreaterThan(5);
    await agent.process.logged("no file descriptor is left for more clients", {}, from);
    // A storm, far beyond the descriptors that are kept to answer with.
    const storm = Array.from({ length: 2 * DESCRIPTORS_MAX }, () => rig.attach(agent, { console: name }));
    const answers = await Promise.allSettled(storm.map((viewer) => viewer.whenOpened()));
    expect(answers.filter(({ status }) => status === "fulfilled")).toEqual([]);
    for (const viewer of storm) rig.close(viewer);
    // As soon as the storm has let go of what was kept to answer with.
    await vi.waitFor(async () => {
      const run = rig.rcons(agent, name);
      expect(await run.exited, run.said).toBe(11);
      expect(run.stderr).toContain("no file descriptor is left for more clients");
      expect(run.stderr).toContain("LimitNOFILE");
    }, 10_000);

    // Who is inside sees and types as before; a link that breaks comes back.
    const seen = first.output.length;
    first.type("x");
    await Promise.all([first.inputTaken(), first.until(() => first.output.length > seen + 1_000)]);
    const logged = agent.process.lines.length;
    await rack.hangUp(7);
    await agent.process.logged("console up", { console: rack.consoleName(7) }, logged);

    for (const viewer of inside) viewer.stream.end();
    await Promise.all(inside.map((viewer) => viewer.whenEnded()));
    for (const viewer of inside) rig.close(viewer);
    // Heals by itself: somebody can come again.
    for (let back = false; !back; ) {
      const viewer = rig.attach(agent, { console: name, mode: "VIEW" });
      back = await viewer.whenOpened().then(
        () => true,
        () => false,
      );
      rig.close(viewer);
    }
    await agent.process.logged("clients are admitted again", {}, from);
  }
  expect(readdirSync(`/proc/${agent.process.pid}/fd`).length).toBeLessThan(DESCRIPTORS_MAX - 32);
  await readToTheEnd(rack, agent.process);
  await agent.process.stop();
  for (const sent of await rack.sentAll()) {
    expect(agent.gaps(sent.console)).toEqual([]);
    expect(await verifyLogFiles([agent.logPath(sent.console)], sent, { foreign: "allowed" })).toMatchObject({
      exact: true,
      excused: [],
      cutShort: 0,
    });
  }
});
