import { ConfedError, neutralise } from "@confed/kernel";
import { type ControlRequestReceived, type ControlResponse, toDetail } from "@confed/wire";
import type { ConsoleTable } from "../console/console-table.ts";

/** Act on many consoles at once. What cannot be done is said per console; the rest is done. */
export function control(
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
