import { type LogVerdict, readHostPositions, verifyLog } from "@confed/agent";
import { loadAgentConfig } from "@confed/config";
import { ConfedError, EXIT, literalNames, matches, neutralise, parseSelection } from "@confed/kernel";
import { conserverFile } from "../conserver/conserver-file.ts";
import { loadOrSay } from "../process/load-or-say.ts";
import { configPathOf } from "../process/run-daemon.ts";
import type { World } from "../world.ts";

/** What commander makes of the command line of `confed logs verify`. */
export interface LogsVerifyFlags {
  readonly config?: string;
  readonly json?: true;
}

/** A line a console, what is wrong below it; the exit status is 1 if any log is not proven. */
export async function runLogsVerify(
  { stdout, stderr, env, clock }: World,
  text: string,
  { config, json }: LogsVerifyFlags,
): Promise<number> {
  const conserver = conserverFile(clock).read;
  const loaded = await loadOrSay(loadAgentConfig(configPathOf(config, env), { conserver }), stderr);
  if (loaded === undefined) return EXIT.usage;
  const { agent, consoles } = loaded;
  const selection = parseSelection(text === "" ? "*" : text);
  const chosen = consoles.filter((console) => matches(selection, console));
  const unknown = (literalNames(selection) ?? []).find((name) => chosen.every((each) => each.name !== name));
  if (unknown !== undefined) {
    throw new ConfedError("not_found", `${agent.id} has no console ${neutralise(unknown, 140)}`, {
      subject: unknown,
    });
  }
  // Read once: a file a host or a shard, whatever the number of consoles.
  const positions = readHostPositions(agent.stateDir);
  let faulty = 0;
  for (const { name } of chosen) {
    const verdict = verifyLog(name, agent.stateDir, positions);
    if (verdict.faults.length > 0) faulty += 1;
    stdout.write(json === true ? `${JSON.stringify(verdict)}\n` : verdictLines(verdict));
  }
  if (json !== true) stdout.write(`${chosen.length - faulty} of ${chosen.length} logs are proven\n`);
  return faulty === 0 ? EXIT.ok : EXIT.generic;
}

/** For people: `n1: proven, 12345 bytes in 3 files`, "stamped" for one whose files hold more than its bytes, and a line for every gap and every fault. */
export function verdictLines({ console, bytes, fileCount, stamped, gaps, faults }: LogVerdict): string {
  const files = `${fileCount} file${fileCount === 1 ? "" : "s"}`;
  const isEmpty = fileCount === 0 && gaps.length === 0 && faults.length === 0;
  const what = isEmpty ? "nothing logged yet" : `${bytes} bytes in ${files}`;
  const lines = [`${console}: ${faults.length > 0 ? "NOT PROVEN" : stamped ? "stamped" : "proven"}, ${what}`];
  for (const { from, to, lengthKnown, why } of gaps) {
    const length = lengthKnown ? `${to - from} bytes` : "unknown length";
    lines.push(`  gap ${from}-${to}: ${length}, ${why}`);
  }
  for (const fault of faults) lines.push(`  fault: ${neutralise(fault, 4_000)}`);
  return lines.map((line) => `${line}\n`).join("");
}
