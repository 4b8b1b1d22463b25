import { type ForwardTarget, formatForwardTarget } from "@confed/config";
import { type Cancel, type Clock, ConfedError, createBackoff } from "@confed/kernel";
import { syslogMessage } from "@confed/trust/audit";
import type { ForwardPosition } from "./forward-position.ts";
import type { ReceiverEvents, ReceiverLink } from "./receiver-link.ts";
import type { RecordFeed } from "./record-feed.ts";

export interface ForwarderDeps {
  readonly clock: Clock;
  readonly feed: (after: number) => RecordFeed;
  readonly position: ForwardPosition;
  readonly connect: (target: ForwardTarget, events: ReceiverEvents) => ReceiverLink;
  readonly host: string;
  readonly process: string;
  readonly note: (level: "info" | "warn", text: string) => void;
  /** Records that went with their files before they were sent. */
  readonly onGap: (from: number, to: number) => void;
}

/**
 * Sends every record to one receiver, at least once and in order. What the far end's kernel has
 * acknowledged is believed to have arrived; when the connection ends, everything behind that is sent
 * again. Holds a few hundred KiB at most: the files are the queue.
 */
export class Forwarder {
  readonly #target: ForwardTarget;
  readonly #deps: ForwarderDeps;
  readonly #backoff = createBackoff();
  #link: ReceiverLink | undefined;
  #feed: RecordFeed | undefined;
  #open = false;
  #sent: number;
  #confirmed: number;
  #saved: number;
  #stuckSinceMs: number | undefined;
  #attempts = 0;
  #saidDown = false;
  #cancelRetry: Cancel | undefined;
  #cancelConfirm: Cancel | undefined;

  constructor(target: ForwardTarget, deps: ForwarderDeps) {
    this.#target = target;
    this.#deps = deps;
    this.#sent = this.#confirmed = this.#saved = deps.position.seq;
  }

  /** There may be more. The first call connects. */
  wake(): void {
    if (this.#link === undefined && this.#cancelRetry === undefined) this.#connect();
    else this.#send();
  }

  /** What is acknowledged by now is remembered; the rest is sent by whoever comes next. */
  end(): void {
    this.#cancelRetry?.();
    this.#cancelConfirm?.();
    if (this.#open) this.#confirm();
    this.#feed?.close();
    this.#link?.close();
  }

  #connect(): void {
    const link = this.#deps.connect(this.#target, {
      onOpen: () => {
        this.#open = true;
        this.#attempts = 0;
        if (this.#saidDown) this.#deps.note("info", `${this.#name} gets copies of the audit again`);
        this.#saidDown = false;
        // Behind what it surely has.
        this.#sent = this.#confirmed;
        this.#feed = this.#deps.feed(this.#sent);
        this.#send();
      },
      onDrained: () => {
        this.#send();
      },
      onClosed: (reason) => {
        this.#closed(link, reason);
      },
    });
    this.#link = link;
  }

  #send(): void {
    const link = this.#link;
    if (link === undefined || !this.#open) return;
    while (!link.full) {
      const next = this.#feed?.next();
      if (next === undefined) break;
      if (next.seq > this.#sent + 1 && this.#sent > 0) this.#deps.onGap(this.#sent + 1, next.seq - 1);
      link.send(syslogMessage(next.line, this.#deps));
      this.#sent = next.seq;
    }
    if (this.#sent > this.#confirmed) this.#armConfirm();
  }

  #armConfirm(): void {
    this.#cancelConfirm ??= this.#deps.clock.after(CONFIRM_MS, () => {
      this.#cancelConfirm = undefined;
      this.#confirm();
      if (this.#sent > this.#confirmed) this.#armConfirm();
    });
  }

  #confirm(): void {
    const { clock, position, note } = this.#deps;
    const link = this.#link;
    if (link === undefined || !this.#open) return;
    if (link.unacknowledgedBytes() === 0) {
      this.#confirmed = this.#sent;
      this.#stuckSinceMs = undefined;
    } else {
      this.#stuckSinceMs ??= clock.nowMs();
      if (clock.nowMs() - this.#stuckSinceMs >= STUCK_MS_MAX) {
        this.#closed(
          link,
          new ConfedError("peer_silent", `nothing is acknowledged for ${STUCK_MS_MAX / 1_000} s`),
        );
        return;
      }
    }
    if (this.#confirmed === this.#saved) return;
    try {
      position.save(this.#confirmed);
      this.#saved = this.#confirmed;
    } catch (reason) {
      note("warn", `how far ${this.#name} is cannot be written: ${ConfedError.from(reason).message}`);
    }
  }

  #closed(link: ReceiverLink, reason: ConfedError): void {
    if (this.#link !== link) return;
    link.close();
    this.#feed?.close();
    this.#link = undefined;
    this.#open = false;
    this.#stuckSinceMs = undefined;
    this.#cancelConfirm?.();
    this.#cancelConfirm = undefined;
    if (!this.#saidDown)
      this.#deps.note(
        "warn",
        `${this.#name} gets no copies of the audit: ${reason.message}; it is tried again`,
      );
    this.#saidDown = true;
    const delayMs = this.#backoff(this.#attempts);
    this.#attempts += 1;
    this.#cancelRetry = this.#deps.clock.after(delayMs, () => {
      this.#cancelRetry = undefined;
      this.#connect();
    });
  }

  get #name(): string {
    return formatForwardTarget(this.#target);
  }
}

/** Between looks at what has arrived: more often costs, and saves a few records from being sent twice. */
const CONFIRM_MS = 2_000;

/** A receiver that acknowledges nothing for so long is not there any more. */
const STUCK_MS_MAX = 30_000;
