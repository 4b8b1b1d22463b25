import type { AgentConfig, ConsoleSpec, LoadResult } from "@confed/config";
import { silentLogger } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import { beforeEach, expect, test } from "vitest";
import type { ReloadPlan } from "../console/plan-reload.ts";
import type { Watched } from "./config-watch.ts";
import { Reloader } from "./reloader.ts";

const listen = { host: "127.0.0.1", port: 7110 };
const RUNNING: AgentConfig = {
  agent: { id: "sn01", listen, advertise: [listen], heads: [], stateDir: "/state" },
  logs: { pathTemplate: "/logs/&.log", mode: 0o640 },
  consoles: [],
  files: ["/a.yaml"],
};
const fault = (message: string) => ({
  faults: [{ file: "/a.yaml", line: 3, col: 5, message }],
  files: ["/a.yaml", "/missing.jsonl"],
});

let disk: LoadResult<AgentConfig>;
let applied: ReloadPlan[];
let read: Watched[];
let clock: FakeClock;
let reloader: Reloader;
let whileLoading: () => Promise<void>;
beforeEach(() => {
  disk = { ok: RUNNING };
  applied = [];
  read = [];
  clock = new FakeClock();
  whileLoading = () => Promise.resolve();
  const specs = new Map<string, ConsoleSpec>();
  reloader = new Reloader({
    load: async () => {
      await whileLoading();
      return disk;
    },
    running: RUNNING,
    fleet: {
      specs,
      apply: (plan) => {
        applied.push(plan);
        for (const spec of plan.start) specs.set(spec.name, spec);
        return Promise.resolve();
      },
    },
    clock,
    logger: silentLogger,
    onRead: (watched) => read.push(watched),
  });
});

const n1 = { name: "n1", transport: "tcp", host: "h", port: 1 } as ConsoleSpec;

test("a configuration with faults changes nothing; the status says since when, until it is mended, twice", async () => {
  for (let round = 0; round < 2; round += 1) {
    disk = fault("unknown key prot");
    const outcome = await reloader.reload({ by: "tester" });
    expect(outcome.faults).toHaveLength(1);
    const since = new Date(clock.wallTimeMs()).toISOString().slice(0, 19);
    expect(reloader.trouble?.message).toContain(
      `config stale since ${since}Z: /a.yaml:3:5: unknown key prot`,
    );
    clock.advance(60_000);
    disk = fault("something else");
    await reloader.reload({ by: "tester" });
    // Another fault, the same staleness.
    expect(reloader.trouble?.message).toContain(`config stale since ${since}Z: /a.yaml:3:5: something else`);
    expect(applied).toHaveLength(round);
    disk = { ok: RUNNING };
    expect(await reloader.reload({ by: "tester" })).toMatchObject({ done: true });
    expect(reloader.trouble).toBeUndefined();
  }
});

test("a plan only is told and not acted on", async () => {
  disk = { ok: { ...RUNNING, consoles: [n1] } };
  expect(await reloader.reload({ by: "tester", planOnly: true })).toMatchObject({
    done: false,
    plan: { start: [n1] },
  });
  expect(applied).toEqual([]);
});

test("settings that hold from the next start on are named, and consoles change all the same", async () => {
  const agent = { ...RUNNING.agent, listen: { ...listen, port: 1 }, stateDir: "/other" };
  disk = { ok: { ...RUNNING, agent, logs: { ...RUNNING.logs, pathTemplate: "/x/&" }, consoles: [n1] } };
  expect(await reloader.reload({ by: "tester" })).toMatchObject({
    needsRestart: ["agent.listen", "agent.state", "logs.path"],
    done: true,
  });
  expect(applied).toHaveLength(1);
});

test("reloads asked for at once run one after the other", async () => {
  disk = { ok: { ...RUNNING, consoles: [n1] } };
  const outcomes = await Promise.all([1, 2].map(() => reloader.reload({ by: "tester" })));
  expect(outcomes).toMatchObject([{ plan: { start: [n1] } }, { plan: { start: [], untouchedCount: 1 } }]);
});

test("files of a faulty configuration are watched beside those of the running one", async () => {
  disk = fault("x");
  await reloader.reload({ by: "tester" });
  disk = { ok: { ...RUNNING, files: ["/b.yaml"], directories: ["/d"] } };
  await reloader.reload({ by: "tester" });
  expect(read).toEqual([
    { files: ["/a.yaml", "/missing.jsonl"], directories: [] },
    { files: ["/b.yaml"], directories: ["/d"] },
  ]);
});

test("a reload that is under way when the agent stops changes nothing any more", async () => {
  let stopped: Promise<void> | undefined;
  whileLoading = () => {
    stopped = reloader.stop();
    return Promise.resolve();
  };
  disk = { ok: { ...RUNNING, consoles: [n1] } };
  await expect(reloader.reload({ by: "tester" })).rejects.toMatchObject({ code: "canceled" });
  await stopped;
  expect(applied).toEqual([]);
});
