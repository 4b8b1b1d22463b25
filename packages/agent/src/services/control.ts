import { ConfedError, neutralise } from "@confed/kernel";
import { type ControlRequestReceived, type ControlResponse, toDetail } from "@confed/wire";
import type { ConsoleTable } from "../console/console-table.ts";
import type { ReloadReport } from "../reload/reload-report.ts";
import { reloadAnswer } from "./reload-answer.ts";

export interface ControlDeps {
  readonly table: ConsoleTable;
  /** Rejects only where there is nothing to read again. */
  readonly reload: (asked: { readonly by: string; readonly planOnly: boolean }) => Promise<ReloadReport>;
}

/**
 * Act on many consoles at once, or read the configuration again. What cannot be done is said per
 * console; the rest is done.
 */
export async function control(
  request: ControlRequestReceived,
  { table, reload }: ControlDeps,
): Promise<ControlResponse> {
  if (request.action !== "reload") return reconnect(request, table);
  if (request.selection !== "") {
    throw new ConfedError("invalid_argument", "an agent reads its whole configuration again", {
      subject: "selection",
      hint: "give none",
    });
  }
  const by = neutralise(request.subject, 128) || "somebody";
  return reloadAnswer(await reload({ by, planOnly: request.reload?.planOnly === true }));
}

function reconnect(
  { selection, action, subject }: ControlRequestReceived,
  table: ConsoleTable,
): ControlResponse {
  if (selection === "")
    throw new ConfedError("invalid_argument", "which consoles?", {
      subject: "selection",
      hint: "'*' means all",
    });
  if (action !== "reconnect")
    throw new ConfedError("invalid_argument", "no known action was asked for", { subject: "action" });
  const { found, unknown } = table.select(selection);
  const by = neutralise(subject, 128);
  for (const { console } of found) {
    console.note({ what: "reconnect", by });
    console.reconnect();
  }
  return { consoles: found.map(({ name }) => name), errors: unknown.map((error) => toDetail(error)) };
}
