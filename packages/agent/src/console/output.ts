import type { GapRecord } from "@confed/codecs";
import { type Clock, type ConfedError, type Once, once } from "@confed/kernel";
import type { LogFeed } from "../log/log-feed.ts";
import { LOG_LIMITS } from "../log/log-limits.ts";
import type { OpenedLog } from "../log/writer-messages.ts";
import type { InheritedOutput } from "./inherited-console.ts";
import type { Reading } from "./reading.ts";

/** One object for all consoles of an agent. */
export interface OutputDeps {
  readonly feed: Pick<LogFeed, "append" | "late" | "reserve" | "shareBytes">;
  readonly clock: Clock;
}

/** Whose output it is. */
export interface OutputOwner {
  /** `hold` stops reading the link; false if it cannot be stopped. */
  readonly reading: Pick<Reading, "hold" | "letGo">;
  readonly console: { tellGap(gap: GapRecord): void };
  readonly deps: OutputDeps;
}

/**
 * Numbers a console's output and gives it to the log, and decides what happens when the log cannot
 * take it: while the log keeps up, the console's own link waits for it; while it is late, reading
 * goes on and what exceeds the console's backlog becomes a gap.
 */
export class Output {
  readonly #number: number;
  readonly #deps: OutputDeps;
  readonly #reading: OutputOwner["reading"];
  readonly #console: OutputOwner["console"];
  #logId = "";
  #offset = 0;
  #loggedEnd = 0;
  #reservedEnd = 0;
  #reserving = false;
  #unloggedBytes = 0;
  #held = false;
  #lastWallMs = 0;
  #logPath = "";
  #gapBytes = 0;
  /** The backlog was full: until the log has caught up, what comes belongs to one gap. */
  #overflown = false;
  /** Somebody waits for the numbers. */
  #numbering: Once | undefined;
  #isNever = false;
  trouble: ConfedError | undefined;

  constructor(number: number, { reading, console, deps }: OutputOwner) {
    this.#number = number;
    this.#reading = reading;
    this.#console = console;
    this.#deps = deps;
  }

  get end(): { readonly logId: string; readonly offset: number } {
    return { logId: this.#logId, offset: this.#offset };
  }

  /** Resolves when there are numbers, or there will never be. */
  get numbered(): Promise<void> {
    if (this.#logId !== "" || this.#isNever) return NUMBERED;
    this.#numbering ??= once();
    return this.#numbering.promise;
  }

  /** Nobody waits for numbers any more. */
  neverOpened(): void {
    this.#isNever = true;
    this.#numbering?.resolve();
  }

  get loggedEnd(): number {
    return this.#loggedEnd;
  }

  /** Wall clock of the last output; 0: none yet. */
  get lastWallMs(): number {
    return this.#lastWallMs;
  }

  /** Empty: its log is not open. */
  get logPath(): string {
    return this.#logPath;
  }

  /** For a successor. */
  get will(): InheritedOutput {
    return { lastWallMs: this.#lastWallMs, gapBytes: this.#gapBytes };
  }

  inherit({ lastWallMs, gapBytes }: InheritedOutput): void {
    this.#lastWallMs = lastWallMs;
    this.#gapBytes = gapBytes;
  }

  /** Bytes that are in no log, since the agent started, as far as their number is known. */
  get gapBytes(): number {
    return this.#gapBytes;
  }

  opened({ logId, offset, reservedEnd, path }: OpenedLog): void {
    this.#logId = logId;
    this.#offset = offset;
    this.#loggedEnd = offset;
    this.#reservedEnd = reservedEnd;
    this.#logPath = path;
    this.#numbering?.resolve();
    this.#numbering = undefined;
  }

  /**
   * Offsets below this are ours; the log writer never takes back what it gave. With a path, the log goes on there.
   * True: that is another one than before.
   */
  reserved(reservedEnd: number, path = this.#logPath): boolean {
    this.#reserving = false;
    this.#reservedEnd = reservedEnd;
    this.#reserveIfLow();
    this.#letGoIfRoom();
    const moved = path !== this.#logPath;
    this.#logPath = path;
    return moved;
  }

  /** The log does not follow any more: reading goes on all the same. */
  logLate(): void {
    this.#letGoIfRoom();
  }

  /** The log took these bytes. */
  logged(offset: number, bytes: number): void {
    this.#unloggedBytes -= bytes;
    this.#loggedEnd = Math.max(this.#loggedEnd, offset + bytes);
    this.#letGoIfRoom();
  }

  /** These bytes were kept for the log and are not any more. */
  dropped(bytes: number): void {
    this.#unloggedBytes -= bytes;
    this.#overflown = true;
    this.#letGoIfRoom();
  }

  /** The log writer found bytes missing. */
  gapInLog(gap: GapRecord): void {
    if (gap.known) this.#gapBytes += gap.to - gap.off;
    this.#console.tellGap(gap);
  }

  /**
   * Number what the link delivered and pass it on. Returns the offset of the first byte, or
   * undefined when the bytes cannot be numbered: then they are lost to viewers as well, and a gap.
   */
  take(bytes: Uint8Array): number | undefined {
    const offset = this.#offset;
    const end = offset + bytes.byteLength;
    this.#lastWallMs = this.#deps.clock.wallTimeMs();
    if (end > this.#reservedEnd) {
      // Only a link that cannot be held gets here, 15 MiB into a disk that hangs. Offsets that the
      // disk does not know are not given out: they could be given out again.
      this.#lose(offset, bytes.byteLength);
      return undefined;
    }
    this.#offset = end;
    this.#reserveIfLow();
    if (this.#mayKeep(bytes.byteLength) && this.#deps.feed.append(this.#number, offset, bytes)) {
      this.#unloggedBytes += bytes.byteLength;
    }
    // What was not kept shows as a gap when the log writer sees the next bytes, or the end.
    if (this.#mustHold()) this.#held = this.#reading.hold();
    return offset;
  }

  // The second bound is for links that cannot be held: a flooder must not use up the arenas.
  #mayKeep(sizeBytes: number): boolean {
    const { backlogBytesMax, floodBytesMax } = LOG_LIMITS;
    const late = this.#deps.feed.late(this.#number);
    const fits = this.#unloggedBytes + sizeBytes <= (late ? backlogBytesMax : floodBytesMax);
    this.#overflown = !fits || (this.#overflown && late);
    return !this.#overflown;
  }

  #mustHold(): boolean {
    const nearEnd = this.#offset > this.#reservedEnd - HOLD_MARGIN_BYTES;
    return (
      nearEnd || (this.#unloggedBytes > this.#deps.feed.shareBytes && !this.#deps.feed.late(this.#number))
    );
  }

  #reserveIfLow(): void {
    if (this.#reserving || this.#offset <= this.#reservedEnd - LOG_LIMITS.reservationBytesLow) return;
    this.#reserving = true;
    this.#deps.feed.reserve(this.#number);
  }

  #letGoIfRoom(): void {
    if (!this.#held) return;
    const { feed } = this.#deps;
    const room = feed.late(this.#number) || this.#unloggedBytes <= feed.shareBytes / 2;
    if (!room || this.#offset > this.#reservedEnd - HOLD_MARGIN_BYTES) return;
    this.#held = false;
    this.#reading.letGo();
  }

  #lose(offset: number, lostBytes: number): void {
    this.#gapBytes += lostBytes;
    this.#console.tellGap({
      t: "gap",
      log: this.#logId,
      off: offset,
      to: offset,
      known: false,
      why: "log-stalled",
      ms: this.#deps.clock.wallTimeMs(),
    });
  }
}

/** Reading stops this far before the reservation's end: more than one read can still come. */
const HOLD_MARGIN_BYTES = 1024 * 1024;

/** One for all that have numbers. */
const NUMBERED = Promise.resolve();
