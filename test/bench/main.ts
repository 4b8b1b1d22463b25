import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "@confed/kernel";
import type { Case } from "./case.ts";
import { CASES } from "./cases/index.ts";
import { compilePrograms } from "./programs.ts";
import { type BenchResult, type CaseResult, describeMachine, writeResult } from "./results.ts";
import { ROOT } from "./root.ts";
import { runCases } from "./run-cases.ts";
import { credentialsIn } from "./systems/person.ts";
import { killPrograms } from "./systems/program.ts";
import { resultTable } from "./table.ts";

// The program behind scripts/bench, which says how it is used.

const RUNS = { full: 3, quick: 1 };
const PEERS = { conserver: "conserver-server", console: "conserver-client", conmand: "conman" };

/** Not in --quick, which is to see that nothing is broken and must be over in two minutes. */
const NOT_QUICK: ReadonlySet<string> = new Set(["conserver-best", "floor"]);

const values = givenOptions();

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    process.exit(130);
  });
}
process.exitCode = await main();

function givenOptions() {
  try {
    return parseArgs({
      options: {
        only: { type: "string" },
        systems: { type: "string" },
        runs: { type: "string" },
        quick: { type: "boolean", default: false },
        json: { type: "string" },
        profile: { type: "string" },
        soak: { type: "boolean", default: false },
        "soak-minutes": { type: "string", default: "15" },
        dir: { type: "string" },
      },
    }).values;
  } catch (reason) {
    return misused((reason as Error).message);
  }
}

function misused(text: string): never {
  process.stderr.write(`bench: ${text}\nbench: scripts/bench --help says how it is used\n`);
  process.exit(2);
}

async function main(): Promise<number> {
  const { quick } = values;
  const cases = chosenCases();
  const wanted = values.systems?.split(",");
  const missing = Object.entries(PEERS).filter(([program]) => !installed(program));
  const base = resolve(values.dir ?? tmpdir());
  mkdirSync(base, { recursive: true });
  const dir = mkdtempSync(join(base, "confed-bench-"));
  Object.assign(process.env, credentialsIn(dir));
  // However it ends: nothing keeps running, and gigabytes of logs do not stay.
  process.once("exit", () => {
    killPrograms();
    rmSync(dir, { recursive: true, force: true });
  });
  const result = (done: readonly CaseResult[]): BenchResult => ({
    machine: describeMachine(),
    versions: versions(),
    quick,
    date: new Date(systemClock.wallTimeMs()).toISOString().slice(0, 16),
    commands: [["scripts/bench", ...process.argv.slice(2)].join(" ")],
    leftOut: missing.map(([, name]) => `${name} is not installed`),
    cases: done,
  });
  const keep = (done: readonly CaseResult[]) =>
    values.json === undefined ? result(done) : writeResult(resolve(values.json), result(done));
  const done = await runCases({
    cases,
    runs: Number(values.runs ?? (quick ? RUNS.quick : RUNS.full)),
    quick,
    dir,
    programs: compilePrograms(),
    profileDir: values.profile === undefined ? undefined : resolve(values.profile),
    soakMinutes: soakMinutes(),
    has: (system) =>
      !(quick && NOT_QUICK.has(system)) &&
      (wanted === undefined || wanted.includes(system)) &&
      !missing.some(([program]) =>
        system.startsWith(program === "console" ? "conserver" : program.slice(0, 6)),
      ),
    say: (text) => {
      process.stderr.write(`bench: ${text}\n`);
    },
    onProgress: keep,
  });
  process.stdout.write(`${resultTable(keep(done))}\n`);
  const bad = faultsOf(done, quick);
  for (const text of bad) process.stderr.write(`bench: ${text}\n`);
  return bad.length > 0 ? 1 : 0;
}

/**
 * Why the benchmark fails: a target missed, something lost, or a case whose every run was void. The last is
 * the machine's fault, and no reason for the tests of a busy one to fail.
 */
function faultsOf(done: readonly CaseResult[], quick: boolean): string[] {
  return done.flatMap(({ name, targets, runs, voids, failures }) => [
    ...targets
      .filter(({ met }) => !met)
      .map(
        ({ of, figure, value, bound }) =>
          `${name}: ${of} ${figure} is ${value ?? "unknown"}, not <= ${bound}`,
      ),
    ...runs
      .filter(({ lost, system }) => lost !== "" && system.startsWith("confed"))
      .map(({ system, lost }) => `${name}: ${system}: ${lost}`),
    ...failures
      .filter(({ system }) => system.startsWith("confed"))
      .map(({ system, why }) => `${name}: ${system}: ${why}`),
    ...(runs.length === 0 && !quick ? [`${name}: void: ${voids.at(-1) ?? "never run"}`] : []),
  ]);
}

function chosenCases(): readonly Case[] {
  if (values.only === undefined)
    return CASES.filter(
      ({ slow, onDemand }) => !(values.quick && slow === true) && (values.soak || onDemand !== true),
    );
  return values.only.split(",").map((name) => {
    const found = CASES.find((each) => each.name === name);
    if (found !== undefined) return found;
    return misused(`no case ${name}; there are ${CASES.map((each) => each.name).join(", ")}`);
  });
}

function soakMinutes(): number {
  const minutes = Number(values["soak-minutes"]);
  if (minutes > 0) return minutes;
  return misused(`--soak-minutes is a number of minutes, not ${values["soak-minutes"]}`);
}

function installed(program: string): boolean {
  return spawnSync("sh", ["-c", 'command -v "$1"', "sh", program]).status === 0;
}

function versions(): Record<string, string> {
  const package_ = (name: string): Record<string, string> => {
    const { status, stdout } = spawnSync("dpkg-query", ["-W", "-f", "${Version}", name], {
      encoding: "utf8",
    });
    return status === 0 ? { [name]: stdout } : {};
  };
  // A copy without its history, as scripts/test --node makes one, has no commit to name.
  const git = spawnSync("git", ["describe", "--always", "--dirty"], { cwd: ROOT, encoding: "utf8" });
  return {
    confed: git.status === 0 ? git.stdout.trim() : "unknown",
    node: process.version,
    ...package_("conserver-server"),
    ...package_("conman"),
  };
}
