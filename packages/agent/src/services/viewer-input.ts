import { type Clock, ConfedError } from "@confed/kernel";
import type { AttachRequestReceived, AttachResponse, Duplex, InputReceived } from "@confed/wire";
import type { Console } from "../console/console.ts";
import type { Seat } from "../viewers/seat.ts";
import { VIEWER_LIMITS } from "../viewers/viewer-limits.ts";

interface Speaker extends Seat {
  notice(text: string): void;
}

/**
 * What one viewer types. Each byte goes to the link at most once and is acknowledged when the link
 * took it; what cannot be taken is discarded, and the viewer told.
 */
export class ViewerInput {
  readonly #viewer: Speaker;
  readonly #console: Console;
  readonly #stream: Duplex<AttachRequestReceived, AttachResponse>;
  readonly #clock: Clock;
  #offset = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    viewer: Speaker,
    console: Console,
    {
      stream,
      clock,
    }: { readonly stream: Duplex<AttachRequestReceived, AttachResponse>; readonly clock: Clock },
  ) {
    this.#viewer = viewer;
    this.#console = console;
    this.#stream = stream;
    this.#clock = clock;
  }

  take({ offset, data }: InputReceived): void {
    if (offset !== this.#offset) {
      this.#viewer.end(
        new ConfedError("invalid_argument", `input at ${offset}, expected at ${this.#offset}`),
      );
      return;
    }
    this.#offset += data.byteLength;
    this.#give(data);
    this.#viewer.tell({ inputAck: { offset: this.#offset } });
  }

  sendBreak(durationMs: number): void {
    if (this.#viewer.mode !== "WRITE") {
      this.#discarded("no break was sent");
      return;
    }
    const { subject } = this.#viewer;
    this.#console.sendBreak(durationMs === 0 ? BREAK_MS : Math.min(durationMs, BREAK_MS_MAX)).then(
      () => {
        this.#console.note({ what: "break", by: subject });
        this.#console.viewers.tellAll({
          event: { kind: "BREAK_SENT", subject, wallTimeMs: this.#clock.wallTimeMs() },
        });
      },
      (reason: unknown) => {
        this.#viewer.notice(`no break was sent: ${ConfedError.from(reason).rawMessage}`);
      },
    );
  }

  #give(data: Uint8Array): void {
    if (this.#viewer.mode !== "WRITE") {
      this.#discarded("what you type is discarded");
      return;
    }
    try {
      const waitingBytes = this.#console.write(data);
      if (waitingBytes > VIEWER_LIMITS.inputBytesHigh) {
        this.#stream.pause();
        void this.#console.drained().then(() => {
          this.#stream.resume();
        });
      }
    } catch (reason) {
      this.#notice(`${ConfedError.from(reason).rawMessage}; ${data.byteLength} bytes typed were discarded`);
    }
  }

  #discarded(what: string): void {
    const holder = this.#console.viewers.writer?.subject ?? "nobody";
    this.#notice(`read-only, ${what} (${holder} holds the keyboard)`);
  }

  // Once a second at most: a paste is many messages.
  #notice(text: string): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#toldAtMs < 1_000) return;
    this.#toldAtMs = nowMs;
    this.#viewer.notice(text);
  }
}

/** As tcsendbreak(3): between a quarter and half a second. */
const BREAK_MS = 300;
const BREAK_MS_MAX = 3_000;
