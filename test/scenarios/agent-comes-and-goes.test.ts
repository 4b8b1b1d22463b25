import { systemClock } from "@confed/kernel";
import { ConfedRig } from "@confed/testkit";
import { expect, test } from "vitest";

/** Three heartbeats, and what a busy machine and the sweep of half a second add. */
const SHOWN_WITHIN_MS = 3 * 2_000 + 1_500;

test("a head shows how agents and consoles are within three heartbeats", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const gone = await rig.device("n2", { retry: { first: "1h", max: "1h" } });
  await gone.close();
  const head = await rig.startHead();
  const screen = rig.watch(head);
  await screen.until(() => true);
  expect(screen.consoles.size).toBe(0);
  const within = async (shown: Promise<unknown>) => {
    const startMs = systemClock.nowMs();
    await shown;
    expect(systemClock.nowMs() - startMs).toBeLessThan(SHOWN_WITHIN_MS);
  };

  const agent = await rig.startAgent({ heads: [head.address], consoles: [device.entry, gone.entry] });
  await within(screen.shows("n1", "CONNECTED"));
  await within(screen.shows("n2", "WAITING"));
  expect(screen.consoles.get("n2")?.cause?.code).toBe("connection_refused");
  expect(screen.consoles.get("n1")).toMatchObject({ owner: "sn01", transport: "tcp" });
  await screen.until(() => screen.agents.get("sn01")?.state === "up");

  // Killed: its connection breaks.
  await agent.process.kill();
  await within(screen.shows("n1", "UNREACHABLE"));
  expect(screen.consoles.get("n1")?.cause).toMatchObject({ code: "agent_unreachable", subject: "sn01" });
  await within(screen.until(() => screen.agents.get("sn01")?.state === "down"));

  await agent.restart();
  await within(screen.shows("n1", "CONNECTED"));

  // Frozen: nothing breaks, and nothing is heard.
  agent.process.freeze(true);
  await within(screen.shows("n1", "UNREACHABLE"));
  agent.process.freeze(false);
  await within(screen.shows("n1", "CONNECTED"));

  // Its console goes and comes.
  const sinceMs = screen.consoles.get("n1")?.sinceMs ?? 0;
  await device.hangUp();
  await within(
    screen.until(() => {
      const shown = screen.consoles.get("n1");
      return shown?.state === "CONNECTED" && shown.sinceMs > sinceMs;
    }),
  );

  // Stopped in order.
  await agent.process.stop();
  await within(screen.shows("n1", "UNREACHABLE"));
  await agent.restart();
  await within(screen.shows("n1", "CONNECTED"));
});
