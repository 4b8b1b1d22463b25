import { neutralise } from "@confed/kernel";
import type { LinksOfKindReceived, UpgradeResponseReceived } from "@confed/wire";

/** What a takeover did or would do, for people. */
export function upgradeLines(answer: UpgradeResponseReceived): readonly string[] {
  const { kept, reconnecting, unconnected, done, version, pid, pauseMs } = answer;
  const kinds = [
    ...kept.map((links) => `keeps       ${countText(links)}`),
    ...reconnecting.map((links) => `reconnects  ${countText(links)}: ${namesText(links)}`),
    ...(unconnected === 0 ? [] : [`connects    ${unconnected} that have no link now`]),
  ];
  if (!done) return kinds.length === 0 ? ["no console"] : kinds;
  const seconds = (pauseMs / 1_000).toFixed(2);
  return [
    ...kinds,
    `process ${pid} (${neutralise(version, 64)}) has taken over; nothing was read for ${seconds} s`,
  ];
}

function countText({ transport, consoles }: LinksOfKindReceived): string {
  return `${neutralise(transport, 32)} ${consoles?.count ?? 0}`;
}

function namesText({ consoles }: LinksOfKindReceived): string {
  const names = consoles?.names ?? [];
  const moreCount = (consoles?.count ?? 0) - names.length;
  return (
    names.map((name) => neutralise(name, 128)).join(" ") + (moreCount > 0 ? ` and ${moreCount} more` : "")
  );
}
