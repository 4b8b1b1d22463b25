import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Case } from "../case.ts";
import type { Figures } from "../figures.ts";
import { sleep, within } from "../fleet.ts";
import { lineNumbers, offsetFaults, pieceFaults, readMarkedLog } from "../measure/marked-log.ts";
import { treeOf } from "../measure/process-tree.ts";
import { randomOf } from "../measure/random.ts";
import { type Shown, Viewer } from "../measure/viewer.ts";
import { ROOT } from "../root.ts";
import type { RestartableAgent } from "../systems/restartable-agent.ts";
import { startRestartableAgent } from "../systems/restartable-agent.ts";

const run = promisify(execFile);
const CONFED = join(ROOT, "packages/confed/dist/confed.mjs");

const CONSOLES = 50;
/** Consoles whose every shown byte is held against the log. */
const WATCHED = 5;
const LINES_PER_SECOND = 200;
const SEED = 20_260;
const ALIVE_MS_MAX = 700;

/** The agent, or all of it with its log writer, ends by SIGKILL in the midst of a load, again and again. */
export const killed: Case = {
  name: "killed",
  about: "kill -9 under load, 50 seeded times",
  systems: ["confed"],
  fleet: () => ({ consoles: CONSOLES, own: "killed", unverified: true }),
  async run({ rack, system, dir }, quick): Promise<Figures> {
    const rounds = quick ? 5 : 50;
    const random = randomOf(SEED);
    // The fleet's own agent must not hold the links.
    await system.stop();
    const agent = await startRestartableAgent(rack.consoles, join(dir, "killed"));
    const shown = new Map<string, Shown[]>();
    const faults: string[] = [];
    const restartMs: number[] = [];
    try {
      await agent.start();
      await rack.rate(LINES_PER_SECOND);
      for (let round = 0; round < rounds; round += 1) {
        await within(20_000, agent.allConnected(rack), () => "all consoles connected");
        const viewers = rack.consoles
          .slice(0, WATCHED)
          .map(({ name }) => ({ name, viewer: new Viewer(agent, name, { keep: true }) }));
        await Promise.all(viewers.map(({ viewer }) => viewer.opened));
        await sleep(random() * ALIVE_MS_MAX);
        await kill(agent, random() < 0.5);
        for (const { name, viewer } of viewers) {
          viewer.cancel();
          shown.set(name, [...(shown.get(name) ?? []), ...viewer.shown]);
        }
        restartMs.push(await agent.start());
      }
      await within(20_000, agent.allConnected(rack), () => "all consoles connected");
      await sleep(1_000);
      await rack.quiet();
      await sleep(1_500);
    } finally {
      await rack.quiet();
      await agent.stop();
    }
    let gaps = 0;
    for (const { name } of rack.consoles) {
      const log = readMarkedLog(agent.stateDir, agent.logPath(name), name);
      gaps += log.gaps.length;
      faults.push(...offsetFaults(log), ...log.pieces.flatMap((piece) => pieceFaults(piece, name)));
      const lines = log.pieces.flatMap((piece) => lineNumbers(piece, name));
      if (lines.some((line, at) => at > 0 && line <= lines[at - 1]!)) faults.push(`${name}: a line twice`);
      if (log.gaps.some(({ why }) => why !== "agent-restart")) faults.push(`${name}: a gap of another cause`);
      faults.push(...shownFaults(log.pieces, shown.get(name) ?? []));
    }
    const unproven = await unprovenBy(agent.configPath);
    for (const fault of faults.slice(0, 5)) process.stderr.write(`bench: killed: ${fault}\n`);
    return {
      kills: rounds,
      faults: faults.length,
      unproven,
      gapsPerConsoleAndKill: gaps / rounds / CONSOLES,
      restartMaxMs: Math.max(...restartMs),
    };
  },
  targets: [
    { figure: "faults", of: "confed", atMost: 0, quickAtMost: 0 },
    { figure: "unproven", of: "confed", atMost: 0, quickAtMost: 0 },
  ],
  slow: true,
};

/** How many consoles Confed itself cannot prove the log of. */
async function unprovenBy(configPath: string): Promise<number> {
  const argv = [CONFED, "logs", "verify", "--config", configPath, "--json"];
  // It exits with 1 where it found a fault, and says which all the same.
  const said = await run(process.execPath, argv, { maxBuffer: 64 * 2 ** 20 }).catch((reason: unknown) => {
    return { stdout: (reason as { readonly stdout?: string }).stdout ?? "" };
  });
  const proven = said.stdout
    .split("\n")
    .filter((line) => line !== "" && (JSON.parse(line) as Verdict).faults.length === 0);
  return CONSOLES - proven.length;
}

interface Verdict {
  readonly faults: readonly string[];
}

/** SIGKILL to the agent, or at once to its children, too. */
async function kill(agent: RestartableAgent, whole: boolean): Promise<void> {
  const pids = treeOf([agent.pid]);
  for (const pid of whole ? pids : [agent.pid]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It went with its parent.
    }
  }
  await agent.ended();
}

/** What people saw at an offset is in the log there, or that offset is in no piece at all: lost and marked. */
function shownFaults(
  pieces: readonly { readonly from: number; readonly to: number; readonly bytes: Buffer }[],
  shown: readonly Shown[],
): string[] {
  return shown.flatMap(({ offset, bytes }) =>
    pieces.flatMap((piece) => {
      const from = Math.max(offset, piece.from);
      const to = Math.min(offset + bytes.length, piece.to);
      if (from >= to) return [];
      const logged = piece.bytes.subarray(from - piece.from, to - piece.from);
      return logged.equals(bytes.subarray(from - offset, to - offset))
        ? []
        : [`what was shown at ${from} is not what the log has there`];
    }),
  );
}
