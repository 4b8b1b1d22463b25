import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "@confed/kernel";
import type { Case } from "../case.ts";
import type { Figures } from "../figures.ts";
import { sleep, within } from "../fleet.ts";
import { type MarkedLog, offsetFaults, pieceFaults, readMarkedLog } from "../measure/marked-log.ts";
import { quantile } from "../measure/quantile.ts";
import { untilMs } from "../measure/until.ts";
import { Viewer } from "../measure/viewer.ts";
import type { Rack } from "../rack.ts";
import { type RestartableAgent, startRestartableAgent } from "../systems/restartable-agent.ts";

const run = promisify(execFile);

const CONSOLES = 20;
/** This one prints more than a console may keep while the disk does not write; nobody else pays for it. */
const FLOODED = 0;
const LINES_PER_SECOND = 20;
const FLOOD_LINES_PER_SECOND = 2_000;
const ROUNDS = 2;
const SICK_MS = 10_000;
const HEAL_TIMEOUT_MS = 20_000;

/** The disk of the logs hangs, then it is full; each time it heals, and then all of it again. */
export const disk: Case = {
  name: "disk",
  about: "disk hung 10 s, then full, then healed, twice",
  systems: ["confed"],
  fleet: () => ({ consoles: CONSOLES, own: "disk", unverified: true }),
  async run({ rack, system, dir }, quick): Promise<Figures> {
    await system.stop();
    const home = join(dir, "disk");
    const logs = join(home, "logs");
    await mountLoop(join(dir, "disk.img"), logs);
    const sickMs = quick ? SICK_MS / 4 : SICK_MS;
    try {
      const agent = await startRestartableAgent(rack.consoles, home);
      await agent.start();
      try {
        return await sickAndHealed(rack, agent, { logs, sickMs });
      } finally {
        await run("fsfreeze", ["-u", logs]).catch(() => undefined);
        await rack.quiet();
        await agent.stop();
      }
    } finally {
      await run("umount", ["-l", logs]);
    }
  },
  targets: [
    { figure: "unmarkedFaults", of: "confed", atMost: 0, quickAtMost: 0 },
    { figure: "quietGaps", of: "confed", atMost: 0, quickAtMost: 0 },
    { figure: "healMaxMs", of: "confed", atMost: 2_000, quickAtMost: 2_000 },
  ],
  slow: true,
};

async function sickAndHealed(
  rack: Rack,
  agent: RestartableAgent,
  { logs, sickMs }: { readonly logs: string; readonly sickMs: number },
): Promise<Figures> {
  const healMs: number[] = [];
  const echoMs: number[] = [];
  await within(20_000, agent.allConnected(rack), () => "all consoles connected");
  await rack.rate(LINES_PER_SECOND);
  await rack.rate(FLOOD_LINES_PER_SECOND, { from: FLOODED, to: FLOODED });
  await sleep(1_000);
  const quiet = rack.consoles.filter((_, index) => index !== FLOODED).map(({ name }) => name);
  const sickened = async (heal: () => Promise<unknown>) => {
    // People go on working: keys in, output out.
    const viewer = new Viewer(agent, quiet.at(-1)!);
    await viewer.opened;
    for (const fromMs = systemClock.nowMs(); systemClock.nowMs() - fromMs < sickMs; ) {
      echoMs.push(await viewer.echo(`<${echoMs.length}>`));
      await sleep(100);
    }
    await viewer.close();
    const owed = await sentBytesOf(rack);
    await heal();
    healMs.push(await writtenMs(agent, quiet, owed));
    await sleep(500);
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    await run("fsfreeze", ["-f", logs]);
    await sickened(() => run("fsfreeze", ["-u", logs]));
    const filler = fill(logs);
    await sickened(() => {
      rmSync(filler);
      return Promise.resolve();
    });
  }
  await rack.quiet();
  await sleep(2_000);
  await agent.stop();
  const sent = await sentBytesOf(rack);
  const read = rack.consoles.map(({ name }) => ({
    name,
    log: readMarkedLog(agent.stateDir, agent.logPath(name), name),
  }));
  const faults = read.flatMap(({ name, log }) => faultsOf(name, log, sent.get(name) ?? 0));
  for (const fault of faults.slice(0, 5)) process.stderr.write(`bench: disk: ${fault}\n`);
  const gapsOf = (wanted: (name: string) => boolean) =>
    read.filter(({ name }) => wanted(name)).flatMap(({ log }) => log.gaps);
  const flooded = gapsOf((name) => !quiet.includes(name));
  return {
    unmarkedFaults: faults.length,
    quietGaps: gapsOf((name) => quiet.includes(name)).length,
    floodedGaps: flooded.length,
    floodedLostMb: flooded.reduce((sum, { off, to }) => sum + to - off, 0) / 1e6,
    healMaxMs: Math.max(...healMs),
    echoP99Ms: quantile(echoMs, 0.99),
    echoMaxMs: Math.max(...echoMs),
  };
}

/** Every offset up to what was sent is a byte that was sent there, or a gap. */
function faultsOf(name: string, log: MarkedLog, sentBytes: number): string[] {
  const end = Math.max(0, ...log.pieces.map(({ to }) => to), ...log.gaps.map(({ to }) => to));
  return [
    ...offsetFaults(log).map((fault) => `${name}: ${fault}`),
    ...log.pieces.flatMap((piece) => pieceFaults(piece, name)),
    ...(end === sentBytes ? [] : [`${name}: ${sentBytes} bytes were sent, ${end} are accounted for`]),
  ];
}

/** Until all that was sent before the disk healed is in the logs of those that did not print too much. */
function writtenMs(agent: RestartableAgent, names: readonly string[], owed: SentBytes): Promise<number> {
  return untilMs(
    () => names.every((name) => statSync(agent.logPath(name)).size >= (owed.get(name) ?? 0)),
    HEAL_TIMEOUT_MS,
    "every log has what it was owed",
  );
}

type SentBytes = ReadonlyMap<string, number>;

async function sentBytesOf(rack: Rack): Promise<SentBytes> {
  const path = join(mkdtempSync(join(tmpdir(), "confed-sent-")), "sent");
  await rack.writeSent(path);
  const rows = readFileSync(path, "utf8").trim().split("\n");
  rmSync(dirname(path), { recursive: true });
  return new Map(
    rows.map((row) => {
      const [number = "", , bytes] = row.split(" ");
      return [`n${number.padStart(6, "0")}`, Number(bytes)];
    }),
  );
}

async function mountLoop(image: string, directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  writeFileSync(image, "");
  await run("truncate", ["-s", "64M", image]);
  await run("mkfs.ext4", ["-q", "-F", "-m", "0", image]);
  await run("mount", ["-o", "loop", image, directory]);
}

/** Not a byte is left. Returns what to remove to heal it. */
function fill(directory: string): string {
  const path = join(directory, "filler");
  const { bavail, bsize } = statfsSync(directory);
  try {
    writeFileSync(path, Buffer.alloc(bavail * bsize));
  } catch (reason) {
    // Logs were written meanwhile: full is what it was to be.
    if ((reason as NodeJS.ErrnoException).code !== "ENOSPC") throw reason;
  }
  return path;
}
