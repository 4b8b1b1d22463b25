import type { CheckedConfig } from "@confed/config";
import { neutralise } from "@confed/kernel";

/** What a good configuration is, in one line: `agent sn01, 1,000 consoles (990 tcp, 10 ssh), 3 files`. */
export function describeConfig({ agent, head, consoles, files }: CheckedConfig): string {
  const kinds = new Map<string, number>();
  for (const { transport } of consoles) kinds.set(transport, (kinds.get(transport) ?? 0) + 1);
  const byKind = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(", ");
  const parts = [
    head === undefined ? [] : ["head"],
    agent === undefined ? [] : [`agent ${neutralise(agent.id)}`],
    // A head has no consoles, and nobody expects to read that.
    agent === undefined && consoles.length === 0
      ? []
      : [`${counted(consoles.length, "console")}${byKind === "" ? "" : ` (${byKind})`}`],
    [counted(files.length, "file")],
  ];
  return parts.flat().join(", ");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
