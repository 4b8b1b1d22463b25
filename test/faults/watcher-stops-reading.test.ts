import { ConfedRig, ConfedRun, type StatusWatch } from "@confed/testkit";
import type { ConsoleStatusReceived, WatchResponseReceived } from "@confed/wire";
import { expect, test, vi } from "vitest";

const AGENTS = 10;
const CONSOLES = AGENTS * 200;
/** 250 bytes each: several times what a client's window (1 MiB) and the head's bound for a watcher (1 MiB) hold. */
const CHANGES = 30_000;
const ROUNDS = 2;
/** Before the head takes agents that stand still for dead. */
const SAME_WITHIN_MS = 4_000;

/** A screen whose process is stopped, as a suspended laptop stops it: its connection stays. */
test("a watcher that stops reading delays no other, and is shown everything anew when it reads again", async () => {
  const rig = new ConfedRig();
  const head = await rig.startHead();
  const size = ["--agents", String(AGENTS), "--consoles", String(CONSOLES / AGENTS)];
  const fleet = new ConfedRun(["sim", "fleet", "--head", head.address, ...size, "--changes", "6000/s"]);
  const quick = rig.watch(head);
  await quick.until(() => quick.consoles.size === CONSOLES);

  const shown = new Map<string, ConsoleStatusReceived>();
  let resets = 0;
  let statuses = 0;
  const stopped = rig.channel(head).client.watch({}, { signal: new AbortController().signal });
  const synced = new Promise<void>((resolve) => {
    stopped.receive(
      ({ statuses: page, reset, synced: isSynced }: WatchResponseReceived) => {
        if (reset) {
          resets += 1;
          shown.clear();
        }
        for (const status of page?.consoles ?? []) {
          statuses += 1;
          shown.set(status.name, status);
        }
        if (isSynced) resolve();
      },
      () => undefined,
    );
  });
  await synced;
  expect(shown.size).toBe(CONSOLES);

  for (let round = 1; round <= ROUNDS; round += 1) {
    stopped.pause();
    const seen = quick.history.length;
    await quick.until(() => quick.history.length > seen + CHANGES);
    statuses = 0;
    stopped.resume();
    await vi.waitFor(() => expect(resets).toBe(round), { timeout: 10_000 });
    // What was kept for it is less than what it has missed.
    expect(statuses).toBeLessThan(CHANGES / 2);
    // Nothing changes now: both show the same.
    fleet.signal("SIGSTOP");
    await vi.waitFor(() => expect(differing(quick, shown)).toEqual([]), { timeout: SAME_WITHIN_MS });
    fleet.signal("SIGCONT");
    await quick.until(() => [...quick.agents.values()].every(({ state }) => state === "up"));
  }
});

function differing(quick: StatusWatch, shown: ReadonlyMap<string, ConsoleStatusReceived>): string[] {
  return [...quick.consoles.values()].flatMap(({ name, state, sinceMs }) => {
    const other = shown.get(name);
    return other?.state === state && other.sinceMs === sinceMs
      ? []
      : [`${name} ${state} ${other?.state ?? "?"}`];
  });
}
