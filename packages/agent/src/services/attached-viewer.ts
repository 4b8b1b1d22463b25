import { randomUUID } from "node:crypto";
import { type Cancel, type Clock, ConfedError, formatDuration, neutralise } from "@confed/kernel";
import type { AuditEvent, AuditEventName } from "@confed/trust/audit";
import {
  type AttachRequestReceived,
  type AttachResponse,
  type Duplex,
  type Encoded,
  toDetail,
  type WindowReceived,
} from "@confed/wire";
import type { Access, SessionGrant } from "../access/access.ts";
import { SessionRights } from "../access/session-rights.ts";
import type { StrictAudit } from "../audit/strict-audit.ts";
import type { ConsoleTable, Listed } from "../console/console-table.ts";
import { type CatchUpDeps, catchUp } from "../log/catch-up.ts";
import type { MemoryRelief, Relievable } from "../viewers/memory-relief.ts";
import type { Mode, Seat } from "../viewers/seat.ts";
import { VIEWER_LIMITS } from "../viewers/viewer-limits.ts";
import { fullness } from "./fullness.ts";
import { gapMessage } from "./gap-message.ts";
import { ReadingProgress } from "./reading-progress.ts";
import { type Start, startOf } from "./start-of.ts";
import { ViewerInput } from "./viewer-input.ts";

export interface ViewerDeps extends CatchUpDeps {
  readonly table: ConsoleTable;
  readonly clock: Clock;
  /** Coarse: heartbeats sit on the agent's wheel. */
  readonly timers: Pick<Clock, "after">;
  readonly audit: StrictAudit;
  /** Told of everybody for whom output may wait. */
  readonly relief: MemoryRelief;
  readonly access: Pick<Access, "watch">;
}

type Stream = Duplex<AttachRequestReceived, AttachResponse>;

/** Where a viewer stands in the output: behind, at its end, or behind by more than its bound since `from`. */
type Place =
  | { readonly is: "catching_up" | "live" | "over" }
  | { readonly is: "skipping"; readonly from: number };

/**
 * A viewer that was admitted: catching up, then live output one way and input the other. One that
 * does not read holds nobody up: at its bound it skips to now and is told so.
 */
export class AttachedViewer implements Seat, Relievable {
  readonly sessionId = randomUUID();
  readonly subject: string;
  readonly sinceMs: number;
  mode: Mode = "VIEW";
  readonly #stream: Stream;
  readonly #listed: Listed;
  readonly #deps: ViewerDeps;
  readonly #input: ViewerInput;
  readonly #grant: SessionGrant;
  readonly #rights: SessionRights;
  #place: Place = { is: "catching_up" };
  #cancelBeat: Cancel = () => undefined;
  #sentSinceBeat = false;
  readonly #progress: ReadingProgress;
  #reconnectAtMs = Number.NEGATIVE_INFINITY;

  constructor(stream: Stream, listed: Listed, deps: ViewerDeps, grant: SessionGrant) {
    this.#stream = stream;
    this.#listed = listed;
    this.#deps = deps;
    this.subject = grant.subject;
    this.#grant = grant;
    this.#rights = new SessionRights(grant, listed.name, this, deps);
    this.sinceMs = deps.clock.wallTimeMs();
    this.#progress = new ReadingProgress(stream, deps.clock);
    this.#input = new ViewerInput(this, listed.console, { stream, clock: deps.clock, rights: this.#rights });
  }

  /** Say what was opened, then show what there is, and go live. */
  begin(start: Start, window: WindowReceived | null, readOnly: string): void {
    const { console } = this.#listed;
    console.note({ what: "attach", by: this.subject, text: this.mode });
    if (window !== null) this.#resize(window);
    const writer = console.viewers.writer;
    this.#send({
      opened: {
        sessionId: this.sessionId,
        resumeToken: this.#grant.resumeToken(this.sessionId),
        subject: this.subject,
        readOnly,
        mode: this.mode,
        status: this.#deps.table.status(this.#listed),
        start: { logId: console.end.logId, offset: start.offset },
        writer: writer === undefined || writer === this ? "" : writer.subject,
      },
    });
    for (const gap of start.gaps) this.#send({ gap });
    // Behind Opened, which says how the console was found; what comes of this are events.
    console.want();
    this.#deps.table.changed(console.name);
    this.#beat();
    this.#deps.relief.add(this);
    this.#rights.begin();
    this.#catchUp(start.offset).catch((reason: unknown) => {
      this.end(ConfedError.from(reason));
    });
  }

  /** A message of the client, behind its Open. */
  take(message: AttachRequestReceived): void {
    if (this.#over) return;
    if (message.input) this.#input.take(message.input);
    else if (message.sendBreak) this.#input.sendBreak(message.sendBreak.durationMs);
    else if (message.window) this.#resize(message.window);
    else if (message.setMode) this.#setMode(message.setMode);
    else if (message.reconnect) this.#reconnect();
    else if (message.takeDown) this.#takeDown();
    else if (message.note) this.#noteDown(message.note.text);
    else if (message.replay) {
      this.#replay(message.replay.lines).catch((reason: unknown) => {
        this.notice(ConfedError.from(reason).rawMessage);
      });
    } else if (message.open) this.end(new ConfedError("invalid_argument", "this stream is open already"));
  }

  /** It may write no more, and is told why. */
  disarm(reason: string): void {
    if (this.mode !== "WRITE") return;
    const { console } = this.#listed;
    console.viewers.disarm(this, reason);
    console.note({ what: "mode", by: this.subject, text: "VIEW" });
    this.audit("attach.mode", { text: "VIEW", details: { reason } });
    this.#deps.table.changed(console.name);
  }

  tell(message: AttachResponse | Encoded): void {
    // Who does not read hears no events either, so that they cannot pile up.
    if (this.#stream.backlogBytes <= 2 * VIEWER_LIMITS.backlogBytesMax) this.#send(message);
  }

  /** Say something to this viewer alone. */
  notice(text: string): void {
    this.tell({ event: { kind: "NOTICE", text, wallTimeMs: this.#deps.clock.wallTimeMs() } });
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

  end(error: ConfedError, { reattach = false } = {}): void {
    if (this.#over) return;
    this.leave(error.message);
    this.#stream.send({ end: { error: toDetail(error), reattach } });
    this.#stream.end();
  }

  /** The client is gone, or told to go and why. Idempotent. */
  leave(why?: string): void {
    if (this.#over) return;
    const { console } = this.#listed;
    this.#place = { is: "over" };
    this.#cancelBeat();
    this.#rights.end();
    this.#deps.relief.remove(this);
    console.viewers.remove(this);
    console.note({ what: "detach", by: this.subject });
    this.audit("attach.end", why === undefined ? {} : { text: why });
    console.viewerLeft();
    this.#deps.table.changed(console.name);
  }

  /** Note that this viewer did something to its console. */
  audit(event: AuditEventName, more: Pick<AuditEvent, "text" | "details"> = {}): void {
    this.#deps.audit.event(this.audited(event, more));
  }

  /** The same as a record to be. */
  audited(event: AuditEventName, more: Pick<AuditEvent, "text" | "details"> = {}): AuditEvent {
    const { subject, sessionId } = this;
    return {
      event,
      subject,
      peer: this.#stream.peer,
      console: this.#listed.name,
      session: sessionId,
      ...more,
    };
  }

  /** Its mode was set; `before` held the keyboard until then. */
  auditMode(before: Seat | undefined, force: boolean): void {
    const { mode } = this;
    if (force && mode === "WRITE" && before !== undefined && before !== this)
      this.audit("attach.steal", {
        text: mode,
        details: { from: before.subject, session: before.sessionId },
      });
    else this.audit(force ? "attach.force" : "attach.mode", { text: mode });
  }

  get #over(): boolean {
    return this.#place.is === "over";
  }

  /** For what must not be missed; whoever calls it keeps to a bound of its own. */
  #send(message: AttachResponse | Encoded): void {
    if (this.#over) return;
    this.#sentSinceBeat = true;
    this.#stream.send(message);
  }

  #sendOutput(offset: number, data: Uint8Array, replayed = false): void {
    this.#send({ output: { offset, endOffset: offset + data.byteLength, data, replayed } });
  }

  #catchUp(from: number): Promise<void> {
    const { console } = this.#listed;
    return catchUp(
      console,
      from,
      {
        signal: this.#stream.signal,
        bytes: (offset, bytes) => {
          this.#sendOutput(offset, bytes);
        },
        gap: (gap) => {
          this.#send({ gap: gapMessage(gap, gap.log) });
        },
        full: () => fullness(this.#stream),
      },
      {
        deps: this.#deps,
        live: () => {
          if (!this.#over) this.#place = { is: "live" };
        },
      },
    );
  }

  #skippedToNow(from: number): void {
    if (this.#place.is !== "skipping") return;
    const { logId, offset: to } = this.#listed.console.end;
    this.#place = { is: "live" };
    const wallTimeMs = this.#deps.clock.wallTimeMs();
    this.#send({ gap: { from, to, lengthKnown: true, reason: "READER_TOO_SLOW", logId, wallTimeMs } });
  }

  // The screen is the writer's: whoever looks over its shoulder does not reshape it.
  #resize({ columns, rows }: WindowReceived): void {
    if (this.mode !== "WRITE") return;
    this.#listed.console.resize(Math.min(columns, WINDOW_CELLS_MAX), Math.min(rows, WINDOW_CELLS_MAX));
  }

  #setMode({ mode, force }: { readonly mode: string; readonly force: boolean }): void {
    const { console } = this.#listed;
    const { writer } = console.viewers;
    try {
      if (mode === "WRITE") {
        this.#rights.need(force ? ["write", "force"] : ["write"]);
        const mayBreakGlass = this.#rights.may("admin");
        this.#deps.audit.mayWrite(this, this.#listed, { wanted: mode, force, mayBreakGlass });
      }
      console.viewers.setMode(this, mode === "WRITE" ? "WRITE" : "VIEW", force);
      console.note({ what: force ? "force" : "mode", by: this.subject, text: mode });
      this.auditMode(writer, force);
      this.#deps.table.changed(console.name);
    } catch (reason) {
      this.notice(ConfedError.from(reason).rawMessage);
    }
  }

  // A person presses a key; a program that does it all the time must not wear the device out.
  #reconnect(): void {
    const { console } = this.#listed;
    const nowMs = this.#deps.clock.nowMs();
    if (this.mode !== "WRITE") this.notice("read-only: only who holds the keyboard can reconnect");
    else if (nowMs - this.#reconnectAtMs >= RECONNECT_EVERY_MS) {
      this.#reconnectAtMs = nowMs;
      console.note({ what: "reconnect", by: this.subject });
      this.audit("console.reconnect");
      console.reconnect();
      // One that was taken down has nothing to reconnect.
      console.want();
    }
  }

  #takeDown(): void {
    const { console } = this.#listed;
    if (this.mode !== "WRITE") {
      this.notice("read-only: only who holds the keyboard can take the console down");
      return;
    }
    console.note({ what: "taken_down", by: this.subject });
    this.audit("console.down");
    // Whoever attaches wants it again, and who asks for it to be opened; or configuration says when.
    console.reconnect("taken_down");
  }

  #noteDown(text: string): void {
    if (this.mode !== "WRITE") return;
    this.#listed.console.note({
      what: "note",
      by: this.subject,
      text: neutralise(text, NOTE_CHARACTERS_MAX),
    });
  }

  /** Before `begin`: whoever forces his way to the keyboard also wants the console that another program holds. */
  takeFromOthers(): void {
    const { console } = this.#listed;
    const { state } = console;
    if (state.phase !== "waiting" || state.cause.code !== "console_busy") return;
    console.note({ what: "reconnect", by: this.subject, text: "by force" });
    this.audit("console.reconnect", { details: { force: true } });
    console.reconnect("force");
  }

  async #replay(lines: number): Promise<void> {
    this.#rights.need(["log.read"]);
    const { console } = this.#listed;
    const signal = this.#stream.signal;
    const { offset } = await startOf({ start: "replayLines", replayLines: lines, from: null }, console, {
      ...this.#deps,
      signal,
    });
    const end = console.end.offset;
    await catchUp(
      console,
      offset,
      {
        signal,
        bytes: (at, bytes) => {
          if (at < end) this.#sendOutput(at, bytes, true);
        },
        gap: ({ off, to, why }) => {
          if (off < end) this.notice(`${to - off} bytes are not in the log (${why})`);
        },
        full: () => fullness(this.#stream),
      },
      { deps: this.#deps, live: () => undefined },
    );
  }

  get backlogBytes(): number {
    return this.#stream.backlogBytes;
  }

  relieve(): void {
    this.#letGo("the agent is short of memory, and this was not read");
  }

  // What waits for it is forgotten, so that the last word is all there is to read when it reads
  // again: it then comes back, and sees what it missed from the log.
  #letGo(text: string): void {
    this.#stream.discard();
    this.end(new ConfedError("slow_consumer", text, { subject: this.#listed.name }), { reattach: true });
  }

  #beat(): void {
    this.#cancelBeat = this.#deps.timers.after(VIEWER_LIMITS.heartbeatMs, () => {
      if (!this.#sentSinceBeat) this.tell({ heartbeat: { wallTimeMs: this.#deps.clock.wallTimeMs() } });
      this.#sentSinceBeat = false;
      if (this.#progress.stuckMs() < VIEWER_LIMITS.stuckMsMax) this.#beat();
      else this.#letGo(`nothing was read here for ${formatDuration(VIEWER_LIMITS.stuckMsMax)}`);
    });
  }
}

/** A remark, not a text: the index is read as a whole. */
const NOTE_CHARACTERS_MAX = 1_000;

/** NAWS and winsize(2) carry 16 bits. */
const WINDOW_CELLS_MAX = 0xffff;

const RECONNECT_EVERY_MS = 1_000;
