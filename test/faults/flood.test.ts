import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@confed/kernel";
import { consoleTable, spawnRack, verifyLogFiles } from "@confed/simulator";
import { ConfedRig, echoTimes, percentile, readToTheEnd } from "@confed/testkit";
import { expect, test } from "vitest";

const RCONS = fileURLToPath(new URL("../../packages/rcons/dist/rcons.mjs", import.meta.url));
/** A console that is a program or a socket: no serial line brings a thousandth of it. */
const FLOOD_BYTES = 150 * 1024 * 1024;
const ROUNDS = 2;
const ECHOES_MIN = 100;
const ECHO_P99_MS_MAX = 50;

test("a console that floods as fast as it is read delays no neighbour's echo, twice; its log is exact", async () => {
  const rig = new ConfedRig();
  await using flooding = await spawnRack({
    ...{ consoles: 1, linesPerSecond: 0, lineBytes: 4096 },
    ...{ namePrefix: "f", baseAddress: "127.2.0.0" },
  });
  await using quiet = await spawnRack({ consoles: 50, linesPerSecond: 0 });
  const agent = await rig.startAgent({ consoles: [...consoleTable(flooding), ...consoleTable(quiet)] });
  const flooder = flooding.consoleName(0);
  await agent.process.logged("console up", { console: flooder });
  await agent.process.logged("console up", { console: quiet.consoleName(49) });
  // Somebody watches it, too, in a process of its own.
  const shownPath = join(rig.directory, "shown");
  const watching = execFile("sh", ["-c", `exec "$@" > "$0"`, shownPath, process.execPath, RCONS,
    ...["--agent", agent.address, "--raw-terminal", "--spy", flooder]]); // biome-ignore format: one command
  let told = "";
  watching.stderr?.on("data", (text: string) => (told += text));
  const ended = new Promise((resolve) => watching.once("exit", resolve));

  const neighbours = [3, 17, 40].map((index) => rig.attach(agent, { console: quiet.consoleName(index) }));
  await Promise.all(neighbours.map((viewer) => viewer.whenOpened()));
  for (let round = 1; round <= ROUNDS; round += 1) {
    const echoMs: number[] = [];
    const enough = (await flooding.stats()).bytes + FLOOD_BYTES;
    const startMs = systemClock.nowMs();
    await flooding.flood(0, FLOOD_BYTES);
    do {
      for (const viewer of neighbours) echoMs.push(...(await echoTimes(viewer, 10)));
    } while ((await flooding.stats()).bytes < enough);
    const seconds = (systemClock.nowMs() - startMs) / 1_000;
    const p99Ms = percentile(
      [...echoMs].sort((a, b) => a - b),
      0.99,
    );
    const lateness = await quiet.lateness();
    process.stdout.write(
      `flood ${round}: ${(FLOOD_BYTES / 2 ** 20 / seconds).toFixed(0)} MiB/s, neighbours' echo p99 ${p99Ms.toFixed(1)} ms of ${echoMs.length}\n`,
    );
    expect(echoMs.length).toBeGreaterThan(ECHOES_MIN);
    expect(p99Ms).toBeLessThan(ECHO_P99_MS_MAX + (lateness.void ? lateness.p99Ms : 0));
  }
  watching.kill("SIGTERM");
  await ended;
  await readToTheEnd(flooding, agent.process);
  await agent.process.stop();
  const sent = await flooding.sent(0);
  expect(sent.lines * sent.lineBytes).toBe(ROUNDS * FLOOD_BYTES);
  expect(agent.gaps(flooder)).toEqual([]);
  const report = await verifyLogFiles([agent.logPath(flooder)], sent);
  expect(report).toMatchObject({ exact: true, excused: [], cutShort: 0 });
  // It was shown what it could take, and told what not.
  const shownBytes = readFileSync(shownPath).length;
  expect(shownBytes).toBeGreaterThan(0);
  expect(shownBytes === ROUNDS * FLOOD_BYTES || told.includes("[skipped ")).toBe(true);
});
