import { parseHostPort } from "@confed/kernel";
import type { Federation } from "./start-federation.ts";
import type { UpPlan } from "./up-plan.ts";

/** What `confed up` says when all runs: what there is, and how to attach. */
export function welcomeLines(
  { head, sn01, sn02, status }: Federation,
  { plan, tookMs }: { readonly plan: UpPlan; readonly tookMs: number },
): readonly string[] {
  const rcons = parseHostPort(head).port === DEFAULT_PORT ? "rcons" : `rcons --head ${head}`;
  const shell = plan.shell === "none" ? "" : ", shell01 (a real shell on this host)";
  const included = plan.include === undefined ? "" : `, and those of ${plan.include}`;
  const counts = Object.entries(status.consoles).map(([state, count]) => `${count} ${state.toLowerCase()}`);
  return [
    `confed up: ready after ${(tookMs / 1000).toFixed(1)} s; consoles: ${counts.join(", ")}`,
    "",
    `  head  ${head}`,
    `  sn01  ${sn01}  n0001-n0004 (tcp)${shell}${included}`,
    `  sn02  ${sn02}  n0005-n0006 (telnet), n0007-n0008 (ssh)`,
    `  dir   ${plan.dir}  (console logs in log/, what the processes say in process/)`,
    "",
    "From another terminal:",
    "",
    `  ${rcons} ls           all consoles`,
    `  ${rcons} n0001        attach: log in as root, password confed; ^Ec. ends it`,
    ...(plan.shell === "none" ? [] : [`  ${rcons} shell01      a real shell`]),
    `  ${rcons} log n0001    what it printed so far`,
    "",
    "Ctrl-C ends all of it.",
  ];
}

const DEFAULT_PORT = 7100;
