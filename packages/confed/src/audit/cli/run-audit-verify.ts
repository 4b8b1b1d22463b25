import { EXIT, neutralise } from "@confed/kernel";
import { type AuditVerdict, verifyAudit } from "@confed/trust/audit";
import { configPathOf } from "../../process/run-daemon.ts";
import type { World } from "../../world.ts";
import { linesOf } from "../audit-files.ts";
import { type AuditSource, auditPlaces, auditSources, publicKeyIn } from "./audit-sources.ts";

/** What commander makes of the command line of `confed audit verify`. */
export interface AuditVerifyFlags {
  readonly config?: string;
  readonly key?: string;
  readonly json?: true;
}

/** A line a chain, what is wrong below it; the exit status is 1 if any chain is not proven. */
export async function runAuditVerify(
  { stdout, stderr, env }: World,
  place: string | undefined,
  { config, key, json }: AuditVerifyFlags,
): Promise<number> {
  const places = place === undefined ? await auditPlaces(configPathOf(config, env), { stderr }) : [place];
  if (places === undefined) return EXIT.usage;
  const trusted = key === undefined ? undefined : [publicKeyIn(key)];
  let faulty = 0;
  for (const source of places.flatMap(auditSources)) {
    const { verdict, tornBytes } = verify(source, trusted);
    if (verdict.faultCount > 0) faulty += 1;
    const { name } = source;
    stdout.write(
      json === true
        ? `${JSON.stringify({ name, proven: verdict.faultCount === 0, tornBytes, ...verdict })}\n`
        : verdictLines(name, verdict, tornBytes),
    );
  }
  return faulty === 0 ? EXIT.ok : EXIT.generic;
}

function verify(
  { files, keys }: AuditSource,
  trusted: AuditSource["keys"] | undefined,
): { readonly verdict: AuditVerdict; readonly tornBytes: number } {
  let tornBytes = 0;
  const read = files.map(({ name, path }, index) => ({
    name,
    // Only the newest file may end in the middle of a line: a crash was there, or a write is.
    lines: linesOf(path, {
      onTorn: (bytes) => {
        if (index === files.length - 1) tornBytes = bytes;
      },
    }),
  }));
  return { verdict: verifyAudit(read, trusted ?? keys), tornBytes };
}

/** For people: what was proven, by which keys, and a line for every fault. */
export function verdictLines(name: string, verdict: AuditVerdict, tornBytes: number): string {
  const { records, first, end, checkpoints, unsigned, keys, faults, faultCount } = verdict;
  const proven = faultCount === 0 ? "proven" : "NOT PROVEN";
  const range = records === 0 ? "" : ` (${first} to ${end.seq})`;
  const lines = [
    `${neutralise(name, 300)}: ${proven}, ${records} records${range}, ${checkpoints} checkpoints`,
    ...keys.map((key) => `  signed by ${key}`),
  ];
  if (verdict.olderFilesGone) lines.push(`  records 1 to ${first - 1} were taken away with their files`);
  if (unsigned > 0) lines.push(`  the last ${unsigned} records are chained, but not signed yet`);
  if (tornBytes > 0)
    lines.push(
      `  the last line is torn, ${tornBytes} bytes: a crash; the next start cuts it off and says so`,
    );
  for (const { file, line, what } of faults) lines.push(`  ${file}:${line}: ${neutralise(what, 400)}`);
  if (faultCount > faults.length) lines.push(`  and ${faultCount - faults.length} more faults`);
  return lines.map((each) => `${each}\n`).join("");
}
