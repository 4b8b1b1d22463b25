import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { consoleTable, spawnRack, verifyLogFiles } from "@confed/simulator";
import { type Attached, ConfedRig, readToTheEnd } from "@confed/testkit";
import { afterAll, expect, test } from "vitest";

const CONSOLES = 200;
const LINES = { linesPerSecond: 80, lineBytes: 2_000 };
/** Above what it needs idle: its work fits, but not what waits for its viewers as well, 1 MiB each. */
const HEADROOM_BYTES = 256 * 1024 * 1024;

// A group of its own, below the one that this test runs in.
const group = join(
  "/sys/fs/cgroup/memory",
  /^\d+:memory:(.*)$/m.exec(readFileSync("/proc/self/cgroup", "latin1"))?.[1] ?? "none",
  `confed-memory-${process.pid}`,
);
const why = makeGroup();
afterAll(() => {
  if (why === "") rmdirSync(group);
});

test("an agent at its memory limit lets go of viewers that do not read, and of nothing else, twice", async (context) => {
  if (why !== "") return context.skip(why);
  const rig = new ConfedRig();
  await using rack = await spawnRack({ consoles: CONSOLES, ...LINES });
  await rack.printing(false);
  const agent = await rig.startAgent({
    wrapper: ["sh", "-c", `echo $$ > "$0/cgroup.procs" && exec "$@"`, group],
    consoles: consoleTable(rack),
  });
  const names = Array.from({ length: CONSOLES }, (_, index) => rack.consoleName(index));
  await Promise.all(names.map((console) => agent.process.logged("console up", { console })));
  const reader = rig.attach(agent, { console: names[0] ?? "", mode: "VIEW" });
  await reader.whenOpened();
  writeFileSync(join(group, "memory.limit_in_bytes"), String(usedBytes() + HEADROOM_BYTES));
  const { pid } = agent.process;
  for (const _round of [1, 2]) {
    const from = agent.process.lines.length;
    const sleepers: Attached[] = [];
    for (const console of names) {
      const sleeper = rig.attach(agent, { console, mode: "VIEW" });
      await sleeper.whenOpened();
      sleeper.stream.pause();
      sleepers.push(sleeper);
    }
    await rack.printing(true);
    const said = await agent.process.logged("memory is short: viewers that do not read are let go", {}, from);
    expect(said["viewers"]).toBeGreaterThan(0);
    const seen = reader.endOffset;
    await reader.until(() => reader.endOffset > seen + 100_000);
    await rack.printing(false);
    // They read again: each is told, and may come back.
    for (const { stream } of sleepers) stream.resume();
    for (const sleeper of sleepers.slice(1)) {
      const error = await Promise.race([
        sleeper.whenEnded(),
        sleeper.until(() => sleeper.endOffset > 0).then(() => undefined),
      ]);
      if (error !== undefined) expect(error.code).toBe("slow_consumer");
    }
    for (const { stream } of sleepers) stream.end();
    await Promise.all(sleepers.map((sleeper) => sleeper.whenEnded()));
    const let0 = sleepers.filter(({ ended }) => ended?.error?.code === "slow_consumer");
    expect(let0.length).toBeGreaterThanOrEqual(1);
    expect(let0[0]?.ended?.reattach).toBe(true);
  }
  expect(agent.process.pid).toBe(pid);
  expect(reader.ended).toBeUndefined();
  await readToTheEnd(rack, agent.process);
  await agent.process.stop();
  for (const sent of await rack.sentAll()) {
    expect(agent.gaps(sent.console)).toEqual([]);
    expect(await verifyLogFiles([agent.logPath(sent.console)], sent)).toMatchObject({
      exact: true,
      cutShort: 0,
    });
  }
});

/** What the processes in the group hold, and the kernel for them, that it cannot take back. */
function usedBytes(): number {
  const stat = readFileSync(join(group, "memory.stat"), "latin1");
  const files = /^total_active_file (\d+)$/m.exec(stat)?.[1];
  const more = /^total_inactive_file (\d+)$/m.exec(stat)?.[1];
  return Number(readFileSync(join(group, "memory.usage_in_bytes"), "latin1")) - Number(files) - Number(more);
}

function makeGroup(): string {
  try {
    mkdirSync(group);
    return "";
  } catch (reason) {
    return `no memory group can be made here: ${String(reason)}`;
  }
}
