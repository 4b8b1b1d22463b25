import { randomBytes, randomUUID } from "node:crypto";
import type { GapRecord } from "@confed/codecs";
import { type Cancel, type Clock, ConfedError, neutralise } from "@confed/kernel";
import {
  type AttachRequestReceived,
  type AttachResponse,
  type Duplex,
  type Encoded,
  type OpenReceived,
  toDetail,
} from "@confed/wire";
import { removedError } from "../console/console.ts";
import type { ConsoleTable, Listed } from "../console/console-table.ts";
import { type CatchUpDeps, catchUp } from "../log/catch-up.ts";
import type { Mode, Seat } from "../viewers/seat.ts";
import { VIEWER_LIMITS } from "../viewers/viewer-limits.ts";
import { gapMessage } from "./gap-message.ts";
import { startOf } from "./start-of.ts";
import { ViewerInput } from "./viewer-input.ts";

export interface AttachDeps extends CatchUpDeps {
  readonly agent: string;
  readonly version: string;
  readonly table: ConsoleTable;
  readonly clock: Clock;
  /** Coarse: heartbeats sit on the agent's wheel. */
  readonly timers: Pick<Clock, "after">;
}

type Stream = Duplex<AttachRequestReceived, AttachResponse>;

/**
 * One viewer's stream: opening, catching up, then live output one way and input the other. A viewer
 * that does not read holds nobody up: at its bound it skips to now and is told so.
 */
export class AttachSession implements Seat {
  readonly sessionId = randomUUID();
  readonly sinceMs: number;
  subject = "";
  mode: Mode = "VIEW";
  readonly #stream: Stream;
  readonly #deps: AttachDeps;
  #listed: Listed | undefined;
  #input: ViewerInput | undefined;
  /** `skipping`: behind by more than its bound, from this offset on. */
  #place:
    | { readonly is: "opening" | "catching_up" | "live" | "over" }
    | { readonly is: "skipping"; readonly from: number } = { is: "opening" };
  #cancelTimer: Cancel = () => undefined;
  #sentSinceBeat = false;

  constructor(stream: Stream, deps: AttachDeps) {
    this.#stream = stream;
    this.#deps = deps;
    this.sinceMs = deps.clock.wallTimeMs();
  }

  /** Listen to the client, which speaks first. */
  start(): void {
    this.#cancelTimer = this.#deps.timers.after(VIEWER_LIMITS.openTimeoutMs, () => {
      this.end(new ConfedError("deadline_exceeded", "nothing was opened in time"));
    });
    this.#stream.receive(
      (message) => {
        this.#receive(message);
      },
      () => {
        this.#leave();
        this.#stream.end();
      },
    );
  }

  tell(message: AttachResponse): void {
    // Who does not read hears no events either, so that they cannot pile up.
    if (this.#place.is === "over" || this.#stream.backlogBytes > 2 * VIEWER_LIMITS.backlogBytesMax) return;
    this.#sentSinceBeat = true;
    this.#stream.send(message);
  }

  output(message: Encoded, offset: number): void {
    if (this.#place.is !== "live") return;
    this.#sentSinceBeat = true;
    if (this.#stream.backlogBytes <= VIEWER_LIMITS.backlogBytesMax) {
      this.#stream.send(message);
      return;
    }
    this.#place = { is: "skipping", from: offset };
    void this.#stream.drained().then(() => {
      this.#skippedToNow(offset);
    });
  }

  end(reason: unknown, { reattach = false } = {}): void {
    if (this.#place.is === "over") return;
    this.#leave();
    this.#stream.send({ end: { error: toDetail(reason), reattach } });
    this.#stream.end();
  }

  #receive(message: AttachRequestReceived): void {
    if (this.#place.is === "over") return;
    if (this.#listed === undefined) {
      if (message.open === undefined || message.open === null) {
        this.end(
          new ConfedError("invalid_argument", "an attach begins with Open", { where: this.#stream.peer }),
        );
        return;
      }
      this.#open(message.open).catch((reason: unknown) => {
        this.end(reason);
      });
      return;
    }
    const { console } = this.#listed;
    if (message.input) this.#input?.take(message.input);
    else if (message.sendBreak) this.#input?.sendBreak(message.sendBreak.durationMs);
    else if (message.window) this.#resize(message.window);
    else if (message.setMode) this.#setMode(message.setMode);
    else if (message.reconnect) {
      console.note({ what: "reconnect", by: this.subject });
      console.reconnect();
    } else if (message.replay) void this.#replay(message.replay.lines);
    else if (message.open) this.end(new ConfedError("invalid_argument", "this stream is open already"));
  }

  // Everything that can be wrong with an Open, in the order in which it is looked at.
  async #open(open: OpenReceived): Promise<void> {
    const { agent, version, table, clock } = this.#deps;
    this.#stream.send({ hello: { agent, version, nonce: randomBytes(16) } });
    const listed = table.get(open.console);
    this.#listed = listed;
    const { console } = listed;
    this.subject = neutralise(open.subject, 128) || "somebody";
    await console.numbered;
    const start = await startOf(open, console, this.#deps);
    if (this.#over) return;
    if (console.removed) throw removedError(console.name);
    this.#supersede(listed, open.supersedesSessionId);
    console.viewers.add(this, open.mode === "WRITE" ? "WRITE" : "VIEW", open.force);
    this.#input = new ViewerInput(this, console, { stream: this.#stream, clock });
    console.note({ what: "attach", by: this.subject, text: this.mode });
    if (open.window) this.#resize(open.window);
    this.#place = { is: "catching_up" };
    const writer = console.viewers.writer;
    this.tell({
      opened: {
        sessionId: this.sessionId,
        mode: this.mode,
        status: table.status(listed),
        start: { logId: console.end.logId, offset: start.offset },
        writer: writer === undefined || writer === this ? "" : writer.subject,
      },
    });
    for (const gap of start.gaps) this.tell({ gap });
    // Behind Opened, which says how the console was found; what comes of this are events.
    console.want();
    table.changed(console.name);
    this.#beat();
    await this.#catchUp(listed, start.offset);
  }

  // The screen is the writer's: whoever looks over its shoulder does not reshape it.
  #resize({ columns, rows }: { readonly columns: number; readonly rows: number }): void {
    if (this.mode !== "WRITE") return;
    this.#listed?.console.resize(Math.min(columns, WINDOW_CELLS_MAX), Math.min(rows, WINDOW_CELLS_MAX));
  }

  get #over(): boolean {
    return this.#place.is === "over";
  }

  #catchUp({ console }: Listed, from: number): Promise<void> {
    const { logId } = console.end;
    return catchUp(
      console,
      from,
      {
        signal: this.#stream.signal,
        bytes: (offset, bytes) => {
          this.#sendOutput(offset, bytes);
        },
        gap: (gap) => {
          this.tell({ gap: gapMessage(gap, logId) });
        },
        room: () =>
          this.#stream.backlogBytes > VIEWER_LIMITS.backlogBytesMax / 2
            ? this.#stream.drained()
            : Promise.resolve(),
      },
      {
        deps: this.#deps,
        live: () => {
          if (!this.#over) this.#place = { is: "live" };
        },
      },
    );
  }

  // One message carries at most a page, whatever the arena had in one piece.
  #sendOutput(offset: number, bytes: Uint8Array, replayed = false): void {
    this.tell({ output: { offset, endOffset: offset + bytes.byteLength, data: bytes, replayed } });
  }

  #skippedToNow(from: number): void {
    if (this.#place.is !== "skipping" || this.#listed === undefined) return;
    const { console } = this.#listed;
    const { logId, offset: to } = console.end;
    this.#place = { is: "live" };
    const wallTimeMs = this.#deps.clock.wallTimeMs();
    this.tell({ gap: { from, to, lengthKnown: true, reason: "READER_TOO_SLOW", logId, wallTimeMs } });
  }

  #supersede({ console }: Listed, sessionId: string): void {
    if (sessionId === "") return;
    const ghost = console.viewers.find(sessionId);
    // Until identities exist, the session's random id is what only its own client knows.
    ghost?.end(new ConfedError("conflict", "this session goes on elsewhere"));
  }

  #setMode({ mode, force }: { readonly mode: string; readonly force: boolean }): void {
    const { console } = this.#listed ?? {};
    if (console === undefined) return;
    try {
      console.viewers.setMode(this, mode === "WRITE" ? "WRITE" : "VIEW", force);
      console.note({ what: force ? "force" : "mode", by: this.subject, text: mode });
      this.#deps.table.changed(console.name);
    } catch (reason) {
      this.notice(ConfedError.from(reason).rawMessage);
    }
  }

  /** Say something to this viewer alone. */
  notice(text: string): void {
    this.tell({ event: { kind: "NOTICE", text, wallTimeMs: this.#deps.clock.wallTimeMs() } });
  }

  async #replay(lines: number): Promise<void> {
    const { console } = this.#listed ?? {};
    if (console === undefined) return;
    const wanted = { ...EMPTY_OPEN, replayLines: Math.min(lines, VIEWER_LIMITS.replayLinesMax) };
    const { offset } = await startOf(wanted, console, this.#deps);
    const end = console.end.offset;
    await catchUp(
      console,
      offset,
      {
        signal: this.#stream.signal,
        bytes: (at, bytes) => {
          if (at < end) this.#sendOutput(at, bytes, true);
        },
        gap: (gap: GapRecord) => {
          if (gap.off < end) this.notice(`${gap.to - gap.off} bytes are not in the log (${gap.why})`);
        },
        room: () => Promise.resolve(),
      },
      { deps: this.#deps, live: () => undefined },
    );
  }

  #beat(): void {
    this.#cancelTimer();
    if (this.#over) return;
    this.#cancelTimer = this.#deps.timers.after(VIEWER_LIMITS.heartbeatMs, () => {
      if (!this.#sentSinceBeat) this.tell({ heartbeat: { wallTimeMs: this.#deps.clock.wallTimeMs() } });
      this.#sentSinceBeat = false;
      this.#beat();
    });
  }

  #leave(): void {
    if (this.#over) return;
    this.#place = { is: "over" };
    this.#cancelTimer();
    const { console } = this.#listed ?? {};
    if (console === undefined || this.#input === undefined) return;
    console.viewers.remove(this);
    console.note({ what: "detach", by: this.subject });
    console.viewerLeft();
    this.#deps.table.changed(console.name);
  }
}

/** NAWS and winsize(2) carry 16 bits. */
const WINDOW_CELLS_MAX = 0xffff;

const EMPTY_OPEN = { start: "replayLines", replayLines: 0, from: null } as const;
