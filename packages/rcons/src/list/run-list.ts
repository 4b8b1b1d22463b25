import { EXIT, formatDuration } from "@confed/kernel";
import type { ConsoleStateReceived, ConsoleStatusReceived } from "@confed/wire";
import { jsonLine } from "../render/json-line.ts";
import { jsonStatus, jsonViewer } from "../render/json-status.ts";
import { causeText, FILE_OVER_HEAD, logTroubleText, MODE_WORDS, STATE_WORDS } from "../render/state-words.ts";
import { statusLines } from "../render/status-lines.ts";
import { Table } from "../render/table.ts";
import { TextOut } from "../render/text-out.ts";
import { readStream } from "../route/read-stream.ts";
import type { Targets } from "../route/targets.ts";
import { withPeer } from "../route/with-peer.ts";
import type { World } from "../world.ts";

export interface ListOptions {
  readonly targets: Targets;
  /** "": all. */
  readonly selection: string;
  readonly states: readonly ConsoleStateReceived[];
  readonly json: boolean;
}

/** `rcons ls`: as it comes, page by page, so that any number of consoles takes no memory. */
export async function runList(
  world: World,
  { targets, selection, states, json }: ListOptions,
): Promise<number> {
  const table = new Table([
    { title: "NAME", widthMax: 40 },
    { title: "STATE", widthMin: 11, widthMax: 11 },
    { title: "OWNER", widthMax: 24 },
    { title: "SINCE", widthMax: 8 },
    { title: "VIEWERS", widthMax: 8 },
    { title: "CAUSE", widthMax: 200 },
  ]);
  const nowMs = world.clock.wallTimeMs();
  return everyPage(world, { targets, selection, states }, (consoles) =>
    json
      ? consoles.map((status) => jsonLine(jsonStatus(status)))
      : table.page(consoles.map((status) => rowOf(status, nowMs))),
  );
}

/** `rcons who`: one line a viewer. */
export async function runWho(
  world: World,
  { targets, selection, json }: Omit<ListOptions, "states">,
): Promise<number> {
  const table = new Table([
    { title: "CONSOLE", widthMax: 40 },
    { title: "VIEWER", widthMax: 40 },
    { title: "MODE", widthMax: 5 },
    { title: "FOR", widthMax: 8 },
  ]);
  const nowMs = world.clock.wallTimeMs();
  return everyPage(world, { targets, selection, states: [] }, (consoles) => {
    const watched = consoles.filter(({ viewers }) => viewers.length > 0);
    if (json) {
      return watched.flatMap(({ name, viewers }) =>
        viewers.map((viewer) => jsonLine({ console: name, ...jsonViewer(viewer) })),
      );
    }
    const rows = watched.flatMap(({ name, viewers, viewersUnlisted }) => [
      ...viewers.map(({ subject, mode, sinceMs }) => [
        name,
        subject,
        MODE_WORDS[mode],
        formatDuration(nowMs - sinceMs),
      ]),
      ...(viewersUnlisted === 0 ? [] : [[name, `and ${viewersUnlisted} more`, "", ""]]),
    ]);
    return rows.length === 0 ? [] : table.page(rows);
  });
}

/** `rcons info`: all that is known of one console. */
export async function runInfo(
  world: World,
  { targets, console, json }: { readonly targets: Targets; readonly console: string; readonly json: boolean },
): Promise<number> {
  const status = await withPeer(world, targets, (peer, signal) =>
    peer.client.inspect({ console }, { signal }),
  );
  const out = new TextOut(world.stdout);
  if (json) out.line(jsonLine(jsonStatus(status)));
  else out.lines(statusLines(status, world.clock.wallTimeMs()));
  return EXIT.ok;
}

async function everyPage(
  world: World,
  { targets, selection, states }: Omit<ListOptions, "json">,
  linesOf: (consoles: readonly ConsoleStatusReceived[]) => readonly string[],
): Promise<number> {
  const out = new TextOut(world.stdout);
  await withPeer(world, targets, (peer, signal) =>
    readStream(peer.client.list({ selection, states: [...states] }, { signal }), out, ({ consoles }) => {
      out.lines(linesOf(consoles));
    }),
  );
  return EXIT.ok;
}

function rowOf(status: ConsoleStatusReceived, nowMs: number): readonly string[] {
  const { name, state, owner, sinceMs, cause, logTrouble, source } = status;
  const causes = [
    cause === null || cause.code === "" ? [] : [causeText(cause)],
    logTrouble === null ? [] : [logTroubleText(logTrouble)],
    source === "FILE_OVER_HEAD" ? [FILE_OVER_HEAD] : [],
  ];
  return [
    name,
    STATE_WORDS[state],
    owner,
    sinceMs === 0 ? "-" : formatDuration(nowMs - sinceMs),
    viewersText(status),
    causes.flat().join("; "),
  ];
}

/** "w" a writer, "w+2" a writer and two who watch, "2" two who watch. */
function viewersText({ viewers, viewersUnlisted }: ConsoleStatusReceived): string {
  const count = viewers.length + viewersUnlisted;
  const watching = count - viewers.filter(({ mode }) => mode === "WRITE").length;
  if (watching === count) return watching === 0 ? "-" : String(watching);
  return watching === 0 ? "w" : `w+${watching}`;
}
