import { type Clock, ConfedError } from "@confed/kernel";
import {
  type AttachRequestReceived,
  type AttachResponse,
  type Duplex,
  type InputReceived,
  toDetail,
} from "@confed/wire";
import type { SessionRights } from "../access/session-rights.ts";
import type { Console } from "../console/console.ts";
import type { Seat } from "../viewers/seat.ts";
import { VIEWER_LIMITS } from "../viewers/viewer-limits.ts";

interface Speaker extends Seat {
  audit(event: "console.break", more: { readonly details: { readonly ms: number } }): void;
  notice(text: string): void;
}

/**
 * What one viewer types. Each byte goes to the link at most once and is acknowledged when it was
 * dealt with; what cannot be taken is discarded, and the acknowledgement says how much that was.
 */
export class ViewerInput {
  readonly #viewer: Speaker;
  readonly #console: Console;
  readonly #stream: Duplex<AttachRequestReceived, AttachResponse>;
  readonly #clock: Clock;
  readonly #rights: Pick<SessionRights, "need">;
  #offset = 0;
  #discardedBytes = 0;
  /** Why the last bytes were discarded. */
  #cause: ConfedError | undefined;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    viewer: Speaker,
    console: Console,
    {
      stream,
      clock,
      rights,
    }: {
      readonly stream: Duplex<AttachRequestReceived, AttachResponse>;
      readonly clock: Clock;
      readonly rights: Pick<SessionRights, "need">;
    },
  ) {
    this.#viewer = viewer;
    this.#console = console;
    this.#stream = stream;
    this.#clock = clock;
    this.#rights = rights;
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
    const discarded = this.#discardedBytes;
    const ack = { offset: this.#offset, discarded };
    this.#viewer.tell({
      inputAck: this.#cause === undefined ? ack : { ...ack, cause: toDetail(this.#cause) },
    });
  }

  sendBreak(durationMs: number): void {
    if (this.#viewer.mode !== "WRITE") {
      this.#notice(`read-only, no break was sent: ${this.#readOnly().rawMessage}`);
      return;
    }
    try {
      this.#rights.need(["break"]);
    } catch (reason) {
      this.#notice(`no break was sent: ${ConfedError.from(reason).rawMessage}`);
      return;
    }
    const { subject } = this.#viewer;
    const ms = durationMs === 0 ? BREAK_MS : Math.min(durationMs, BREAK_MS_MAX);
    this.#console.sendBreak(ms).then(
      () => {
        this.#viewer.audit("console.break", { details: { ms } });
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
    try {
      if (this.#viewer.mode !== "WRITE") throw this.#readOnly();
      const waitingBytes = this.#console.write(data);
      if (waitingBytes > VIEWER_LIMITS.inputBytesHigh) {
        this.#stream.pause();
        void this.#console.drained().then(() => {
          this.#stream.resume();
        });
      }
    } catch (reason) {
      this.#cause = ConfedError.from(reason);
      this.#discardedBytes += data.byteLength;
      this.#notice(`${this.#cause.rawMessage}; ${data.byteLength} bytes typed were discarded`);
    }
  }

  #readOnly(): ConfedError {
    const holder = this.#console.viewers.writer?.subject ?? "nobody";
    return new ConfedError("console_busy", `${holder} holds the keyboard`, { subject: this.#console.name });
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
/** Longer is no break but a line held down. */
const BREAK_MS_MAX = 3_000;
