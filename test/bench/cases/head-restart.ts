import { systemClock } from "@confed/kernel";
import type { Case } from "../case.ts";
import { sleep, within } from "../fleet.ts";
import { Viewer } from "../measure/viewer.ts";
import { startFederation } from "../systems/federation.ts";
import { startProgram } from "../systems/program.ts";

const SITE = { agents: 200, consoles: 500, changesPerSecond: 200, apart: true };
const ROUNDS = 2;
/** Sessions through the head. */
const RELAYED = 10;
const BACK_TIMEOUT_MS = 60_000;
const BETWEEN_ECHOES_MS = 100;

/** A head that is killed and started again, with everybody who wants something of it at once. */
export const headRestart: Case = {
  name: "head-restart",
  about: "kill -9 of a head with 200 agents x 500 consoles, started again; twice",
  systems: ["confed"],
  fleet: () => ({ consoles: 2, own: "head-restart", unverified: true }),
  async run({ system, dir, settings }) {
    await system.stop();
    const federation = await startFederation(SITE, `${dir}/head`, settings.profileDir);
    const relayed = await Promise.all(
      Array.from({ length: RELAYED }, (_, index) =>
        startProgram(federation.rconsArgv(federation.consoleName(index, 3), "--route", "relay")),
      ),
    );
    const direct = new Viewer(federation, federation.consoleApart);
    const wholeMs: number[] = [];
    const relayedMs: number[] = [];
    const echoMs: number[] = [];
    let over = false;
    try {
      await direct.opened;
      await Promise.all(
        relayed.map((each) =>
          within(BACK_TIMEOUT_MS, each.line(saying(/ on sim/)), () => "a relayed attach"),
        ),
      );
      const typing = (async () => {
        for (let turn = 0; !over; turn += 1) {
          echoMs.push(await direct.echo(`<${turn}>`));
          await sleep(BETWEEN_ECHOES_MS);
        }
      })();
      for (let round = 0; round < ROUNDS; round += 1) {
        await sleep(2_000);
        const back = relayed.map((each) => backAgain(each, round + 1));
        await federation.killHead();
        const startMs = systemClock.nowMs();
        await federation.startHead();
        await federation.whole(BACK_TIMEOUT_MS);
        wholeMs.push(systemClock.nowMs() - startMs);
        await Promise.all(back);
        relayedMs.push(Math.max(0, systemClock.nowMs() - startMs - wholeMs.at(-1)!));
      }
      over = true;
      await typing;
      return {
        directoryTrueMs: Math.max(...wholeMs),
        relayedBackAfterMs: Math.max(...relayedMs),
        directEchoes: echoMs.length,
        directEchoMaxMs: Math.max(...echoMs),
      };
    } finally {
      over = true;
      direct.cancel();
      for (const each of relayed) await each.stop();
      await federation.stop();
    }
  },
  targets: [
    { figure: "directoryTrueMs", of: "confed", atMost: 15_000, quickAtMost: 30_000 },
    { figure: "relayedBackAfterMs", of: "confed", atMost: 5_000, quickAtMost: 10_000 },
    { figure: "directEchoMaxMs", of: "confed", atMost: 500, quickAtMost: 2_000 },
  ],
  slow: true,
};

const saying = (text: RegExp) => (line: string) => (text.test(line) ? line : undefined);

/** Resolves when it says so for the `times`-th time. */
function backAgain({ line, said }: Awaited<ReturnType<typeof startProgram>>, times: number): Promise<void> {
  const count = () => said().split("[back after").length - 1;
  return within(
    BACK_TIMEOUT_MS,
    line(() => (count() >= times ? true : undefined)).then(() => undefined),
    () => `a relayed session back: ${said().slice(-300)}`,
  );
}
