import { type BenchResult, type CaseResult, median, type RunResult, type TargetResult } from "./results.ts";

/** The result as Markdown: what was compared and on what, each case with its figures, and the targets. */
export function resultTable(result: BenchResult): string {
  const versions = Object.entries(result.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${result.machine}; ${versions.join(", ")}; ${result.date}${result.quick ? "; --quick: fewer consoles, for a shorter time" : ""}`,
    ...result.commands.map((command) => `    ${command}`),
    ...result.leftOut.map((text) => `Left out: ${text}`),
    targetTable(result.cases),
    ...result.cases.map(caseTable),
  ].join("\n\n");
}

function targetTable(cases: readonly CaseResult[]): string {
  const rows = cases.flatMap(({ about, targets }) =>
    targets.map((target) => [
      about,
      nameOf(target),
      shown(target.value),
      `<= ${target.bound}`,
      target.met ? "yes" : "**no**",
    ]),
  );
  return table(["case", "figure", "seen", "target", "met"], rows);
}

function nameOf({ figure, of, against }: TargetResult): string {
  if (against === undefined) return `${of} ${figure}`;
  return `${of} ${figure} / ${against.length > 1 ? `best of ${against.join(", ")}` : against.join("")}`;
}

function caseTable({ name, about, runs, voids, failures }: CaseResult): string {
  const systems = [...new Set(runs.map(({ system }) => system))];
  const figures = [...new Set(runs.flatMap((run) => Object.keys(run.figures)))];
  const counts = systems.map((system) => runs.filter((run) => run.system === system).length);
  const rows = figures.map((figure) => [figure, ...systems.map((system) => spread(runs, system, figure))]);
  const lost = runs
    .filter((run) => run.lost !== "")
    .map((run) => `run ${run.run} of ${run.system}: ${run.lost}`);
  return [
    `### ${name}: ${about}`,
    `Runs: ${systems.map((system, index) => `${system} ${counts[index]}`).join(", ")}. Median (least to most).`,
    table(["", ...systems], rows),
    ...lost.map((text) => `**Lost**: ${text}`),
    ...voids.map((text) => `Void: ${text}`),
    ...failures.map(({ system, run, why }) => `**Failed**: run ${run} of ${system}: ${why}`),
  ].join("\n\n");
}

function spread(runs: readonly RunResult[], system: string, figure: string): string {
  const values = runs
    .filter((run) => run.system === system)
    .map((run) => run.figures[figure])
    .filter((value): value is number => value !== undefined);
  if (values.length === 0) return "";
  const middle = shown(median(values));
  if (values.length === 1) return middle;
  return `${middle} (${shown(Math.min(...values))} to ${shown(Math.max(...values))})`;
}

function shown(value: number | undefined): string {
  if (value === undefined) return "never";
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return value.toPrecision(3);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
