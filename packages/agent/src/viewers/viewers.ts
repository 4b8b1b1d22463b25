import { type Clock, ConfedError, invariant } from "@confed/kernel";
import { type AttachResponse, Encoded, messageCodec, type Viewer as ViewerStatus } from "@confed/wire";
import type { Mode, Seat } from "./seat.ts";
import { VIEWER_LIMITS } from "./viewer-limits.ts";

const responses = messageCodec("AttachResponse");

/**
 * The viewers of one console and its keyboard. One writes, any number watch, and each is seen by
 * all: nobody watches in secret.
 */
export class Viewers {
  readonly #clock: Pick<Clock, "wallTimeMs">;
  /** Most consoles have none: they share the empty set, which nobody adds to. */
  #seats: Set<Seat> = NOBODY;
  #writer: Seat | undefined;

  constructor(clock: Pick<Clock, "wallTimeMs">) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#seats.size;
  }

  /** Who holds the keyboard. */
  get writer(): Seat | undefined {
    return this.#writer;
  }

  /** All of them, who came first first. */
  get seats(): ReadonlySet<Seat> {
    return this.#seats;
  }

  find(sessionId: string): Seat | undefined {
    return [...this.#seats].find((seat) => seat.sessionId === sessionId);
  }

  /** As status messages show them: the writer, then who came first, not all of a crowd. */
  status(): ViewerStatus[] {
    const listed = this.#writer === undefined ? [] : [this.#writer];
    for (const seat of this.#seats) {
      if (listed.length >= VIEWER_LIMITS.listedMax) break;
      if (seat !== this.#writer) listed.push(seat);
    }
    return listed.map(({ sessionId, subject, mode, sinceMs }) => ({ sessionId, subject, mode, sinceMs }));
  }

  /**
   * Let a viewer in; its `mode` is what it gets. Who wants to write and finds the keyboard taken
   * becomes a viewer, unless it forces. Throws "resource_exhausted" when there are too many.
   */
  add(seat: Seat, wanted: Mode, force: boolean): void {
    if (this.#seats.size >= VIEWER_LIMITS.perConsoleMax) {
      throw new ConfedError(
        "resource_exhausted",
        `${VIEWER_LIMITS.perConsoleMax} viewers are attached already`,
        {
          hint: "detach one; `rcons who` shows them",
        },
      );
    }
    this.#tellOfOther("VIEWER_CAME", seat);
    if (this.#seats === NOBODY) this.#seats = new Set();
    this.#seats.add(seat);
    seat.mode = "VIEW";
    if (wanted === "WRITE" && (this.#writer === undefined || force)) this.#giveKeyboard(seat, seat.subject);
  }

  /** A viewer is gone. Its keyboard is free then, and nobody gets it without asking. */
  remove(seat: Seat): void {
    if (!this.#seats.delete(seat)) return;
    if (this.#seats.size === 0) this.#seats = NOBODY;
    if (this.#writer === seat) this.#writer = undefined;
    this.#tellOfOther("VIEWER_LEFT", seat);
  }

  /**
   * A viewer asks for the keyboard or gives it up. Without force it is refused while somebody else
   * holds it: throws "console_busy" naming whom.
   */
  setMode(seat: Seat, wanted: Mode, force: boolean): void {
    invariant(this.#seats.has(seat), "only who is attached asks for the keyboard");
    if (wanted === "VIEW") {
      const held = this.#writer === seat;
      if (held) this.#writer = undefined;
      this.#setMode(seat, "VIEW", seat.subject);
      if (held) this.#tellKeyboardIsFree(seat);
      return;
    }
    if (this.#writer !== undefined && this.#writer !== seat && !force) {
      throw new ConfedError("console_busy", `${this.#writer.subject} holds the keyboard`, {
        hint: "force takes it",
      });
    }
    this.#giveKeyboard(seat, seat.subject);
    this.#setMode(seat, "WRITE", seat.subject);
  }

  /** Its keyboard is taken from a viewer that may write no more. */
  disarm(seat: Seat, reason: string): void {
    if (this.#writer !== seat) return;
    this.#writer = undefined;
    seat.mode = "VIEW";
    seat.tell({ modeChanged: { mode: "VIEW", reason } });
    this.#tellKeyboardIsFree(seat);
  }

  /** Hand live output to everybody. Encodes once, whoever many they are; costs nothing without viewers. */
  output(offset: number, bytes: Uint8Array): void {
    if (this.#seats.size === 0) return;
    const endOffset = offset + bytes.byteLength;
    const message = encoded({ output: { offset, endOffset, data: bytes } });
    for (const seat of this.#seats) seat.output(message, offset, endOffset);
  }

  /** Words for people, between the output. */
  notice(text: string, wallTimeMs = this.#clock.wallTimeMs()): void {
    this.#tellAll({ event: { kind: "NOTICE", text, wallTimeMs } });
  }

  /** Something all of them should know. */
  tellAll(message: AttachResponse): void {
    this.#tellAll(message);
  }

  /** End every session; with `reattach` the clients come back by themselves. */
  endAll(error: ConfedError, { reattach }: { readonly reattach: boolean }): void {
    for (const seat of [...this.#seats]) seat.end(error, { reattach });
  }

  #giveKeyboard(seat: Seat, by: string): void {
    const before = this.#writer;
    if (before === seat) return;
    this.#writer = seat;
    seat.mode = "WRITE";
    if (before !== undefined) this.#setMode(before, "VIEW", by);
    const changed = encoded({ event: this.#event("WRITER_CHANGED", by) });
    for (const other of this.#seats) if (other !== seat && other !== before) other.tell(changed);
  }

  #setMode(seat: Seat, mode: Mode, by: string): void {
    seat.mode = mode;
    seat.tell({ modeChanged: { mode, by } });
  }

  // Somebody may wait for it.
  #tellKeyboardIsFree(before: Seat): void {
    const changed = encoded({ event: this.#event("WRITER_CHANGED", "") });
    for (const other of this.#seats) if (other !== before) other.tell(changed);
  }

  #tellAll(message: AttachResponse): void {
    if (this.#seats.size === 0) return;
    const shared = encoded(message);
    for (const seat of this.#seats) seat.tell(shared);
  }

  // Of a crowd only who writes is told: a thousand who come would be a million messages.
  #tellOfOther(kind: "VIEWER_CAME" | "VIEWER_LEFT", { subject }: Seat): void {
    const message = { event: this.#event(kind, subject) };
    if (this.#seats.size <= VIEWER_LIMITS.listedMax) this.#tellAll(message);
    else this.#writer?.tell(message);
  }

  #event(kind: "VIEWER_CAME" | "VIEWER_LEFT" | "WRITER_CHANGED", subject: string) {
    return { kind, subject, wallTimeMs: this.#clock.wallTimeMs() };
  }
}

/** Once for all who are told. */
function encoded(message: AttachResponse): Encoded {
  return new Encoded(responses.encode(message));
}

const NOBODY = new Set<Seat>();
