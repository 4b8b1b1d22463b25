import { ConfedError, neutralise } from "@confed/kernel";
import { CONTROL_VERBS, holds, verbSet, verbsIn } from "@confed/trust";
import type { Audit } from "@confed/trust/audit";
import { type ControlRequestReceived, type ControlResponse, toDetail } from "@confed/wire";
import type { Grant } from "../access/access.ts";
import type { ConsoleTable, Listed } from "../console/console-table.ts";
import type { ReloadReport } from "../reload/reload-report.ts";
import { reloadAnswer } from "./reload-answer.ts";
import { controlViewers } from "./viewers-control.ts";

export interface ControlDeps {
  readonly table: ConsoleTable;
  readonly audit: Pick<Audit, "event">;
  /** Rejects only where there is nothing to read again. */
  readonly reload: (asked: { readonly by: string; readonly planOnly: boolean }) => Promise<ReloadReport>;
}

/**
 * Act on many consoles at once, or read the configuration again. What cannot be done is said per
 * console; the rest is done.
 */
export async function control(
  request: ControlRequestReceived,
  grant: Grant,
  { table, reload, audit }: ControlDeps,
): Promise<ControlResponse> {
  if (request.action !== "reload") return controlConsoles(request, grant, { table, audit });
  if (request.selection !== "") {
    throw new ConfedError("invalid_argument", "an agent reads its whole configuration again", {
      subject: "selection",
      hint: "give none",
    });
  }
  const by = nameOf(request, grant);
  return reloadAnswer(await reload({ by, planOnly: request.reload?.planOnly === true }));
}

function controlConsoles(
  request: ControlRequestReceived,
  grant: Grant,
  { table, audit }: Pick<ControlDeps, "table" | "audit">,
): ControlResponse {
  const { selection, action } = request;
  if (selection === "")
    throw new ConfedError("invalid_argument", "which consoles?", {
      subject: "selection",
      hint: "'*' means all",
    });
  switch (action) {
    case "reconnect":
      return reconnect(request, grant, { table, audit });
    case "tell":
    case "disconnect":
      return controlViewers(request, grant, { table, audit, by: nameOf(request, grant) });
    default:
      throw new ConfedError("invalid_argument", "no known action was asked for", { subject: "action" });
  }
}

function reconnect(
  request: ControlRequestReceived,
  grant: Grant,
  { table, audit }: Pick<ControlDeps, "table" | "audit">,
): ControlResponse {
  const { selection } = request;
  const force = request.reconnect?.force === true;
  const may = (listed: Listed) => holds(grant.verbsOn(listed), LIST);
  const { found: visible, unknown } = table.select(selection, may);
  const needed = force ? WRITE_BY_FORCE : WRITE;
  const found = visible.filter((listed) => holds(grant.verbsOn(listed), needed));
  const by = nameOf(request, grant);
  for (const { console } of found) {
    console.note({ what: "reconnect", by, ...(force ? { text: "by force" } : {}) });
    audit.event({ event: "console.reconnect", subject: by, console: console.name, details: { force } });
    console.reconnect(force ? "force" : "reconnect");
    // One that was taken down has nothing to reconnect.
    if (!console.onDemand) console.want();
  }
  const denied = visible.length - found.length;
  const errors = denied === 0 ? unknown : [...unknown, deniedError(denied, verbsIn(needed).join(" and "))];
  return { consoles: found.map(({ name }) => name), errors: errors.map((error) => toDetail(error)) };
}

const LIST = verbSet(["list"]);
const WRITE = verbSet([CONTROL_VERBS.reconnect]);
const WRITE_BY_FORCE = verbSet([CONTROL_VERBS.reconnect, "force"]);

function deniedError(count: number, verbs: string): ConfedError {
  const which = count === 1 ? "one of these consoles" : `${count} of these consoles`;
  return new ConfedError("permission_denied", `your roles do not allow ${verbs} on ${which}`);
}

/** Who it was: proven, or where access is open what the caller says. */
export function nameOf({ subject }: { readonly subject: string }, grant: Grant): string {
  return grant.subject === "local:anonymous" ? neutralise(subject, 128) || "somebody" : grant.subject;
}
