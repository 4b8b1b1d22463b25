import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { ConfedError, EXIT, neutralise } from "@confed/kernel";
import { describeLogReport, type SentReport, verifyLogFiles } from "@confed/simulator";
import type { World } from "../world.ts";

/** What commander makes of the command line of `confed sim verify`. */
export interface VerifyFlags {
  readonly against: string;
  readonly foreign?: true;
}

/** One report a log; the exit status is 1 if any log is not exactly what was sent. */
export async function runVerify(
  { stdout }: World,
  logs: readonly string[],
  { against, foreign }: VerifyFlags,
): Promise<number> {
  const reports = await readSent(against);
  let allExact = true;
  for (const log of logs) {
    const console = basename(log).replace(/[.]log$/, "");
    const expected = reports.get(console);
    if (expected === undefined) {
      throw new ConfedError("not_found", `${against} knows no console ${console}`, {
        subject: log,
        hint: "a log is named after its console: n0001.log or n0001",
      });
    }
    const report = await verifyLogFiles([log], expected, { foreign: foreign ? "allowed" : "fault" }).catch(
      (reason: unknown) => {
        const error = ConfedError.from(reason);
        throw new ConfedError(error.code, error.rawMessage, { where: log, cause: reason });
      },
    );
    allExact &&= report.exact;
    const lines = describeLogReport(report).split("\n");
    stdout.write(lines.map((line) => `${neutralise(line, 4_000)}\n`).join(""));
  }
  return allExact ? EXIT.ok : EXIT.generic;
}

async function readSent(path: string): Promise<ReadonlyMap<string, SentReport>> {
  try {
    const parsed = JSON.parse(await readFile(path, "utf8")) as unknown;
    if (!Array.isArray(parsed) || !parsed.every(isSentReport)) throw new Error("it is no record of a rack");
    return new Map(parsed.map((report) => [report.console, report]));
  } catch (reason) {
    const error = ConfedError.from(reason, "invalid_argument");
    throw new ConfedError(error.code, `cannot read what was sent: ${error.rawMessage}`, {
      where: path,
      hint: "give what `confed sim --sent FILE` wrote",
      cause: reason,
    });
  }
}

function isSentReport(value: unknown): value is SentReport {
  const { console, lineBytes, connections } = (value ?? {}) as Partial<SentReport>;
  return typeof console === "string" && Number.isInteger(lineBytes) && Array.isArray(connections);
}
