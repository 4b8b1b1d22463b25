import { crc32 } from "node:zlib";
import type { Clock } from "@confed/kernel";
import type { ConsoleLink, LinkEvents } from "./console-link.ts";
import { DemoMachine } from "./demo-machine.ts";
import type { DueQueue } from "./due-queue.ts";
import type { LatenessHistogram } from "./lateness.ts";
import { type LineMaker, lineMarker } from "./numbered-line.ts";
import { fillPattern } from "./pattern.ts";
import type { RackOptions } from "./rack-options.ts";
import { addRecord, type OpenRecord, type SentReport } from "./sent-record.ts";

/** What all consoles of a rack share. */
export interface RackShared {
  readonly options: RackOptions;
  readonly clock: Clock;
  readonly queue: DueQueue;
  readonly lines: LineMaker;
  readonly lateness: LatenessHistogram;
  readonly totals: RackTotals;
  /** The number of connected consoles changed. */
  readonly onConnectedChange: () => void;
}

/** Counted over the whole rack. */
export interface RackTotals {
  connected: number;
  connections: number;
  takenOver: number;
  lines: number;
  bytes: number;
  inputBytes: number;
  withheld: number;
}

export const CONSOLE_LIMITS = {
  /** Unsent output at which a console prints nothing more and reads no more input until it has drained. */
  outputBacklogBytesMax: 256 * 1024,
  /** One write of a flood. */
  floodBlockBytes: 64 * 1024,
  /** What a flood may write before its neighbours get a turn. */
  floodTurnBytes: 1024 * 1024,
  /** How long a hung-up peer may take to read the rest and close. */
  hangUpMsMax: 10_000,
} as const;

/** One connection as its console sees it. */
interface Session {
  readonly link: ConsoleLink;
  readonly record: OpenRecord;
  /** How it will be said to have ended, if nothing goes wrong. */
  end: "flushed" | "peer" | "reset";
  inputPaused: boolean;
}

/**
 * One simulated console. It prints only to whoever is connected, as a serial line does, and numbers
 * only what it hands to a connection: lines 1..N leave it without a hole, whatever came between.
 *
 * It has one connection at a time. A newer one takes the place of the older, which is reset: a peer
 * that vanished without a word never locks its console.
 */
export class SimConsole {
  readonly index: number;
  readonly name: string;
  readonly #shared: RackShared;
  readonly #marker: Uint8Array;
  readonly #records: OpenRecord[] = [];
  readonly #demo: DemoMachine | undefined;
  #session: Session | undefined;
  #connections = 0;
  #lines = 0;
  #patternOffset = 0;
  #withheld = 0;
  #inputBytes = 0;
  #inputCrc32 = 0;
  #breaks = 0;
  #silent = false;
  #floodLines = 0;
  #floodTurnPending = false;
  #onFloodEnd: (() => void) | undefined;

  constructor(index: number, name: string, shared: RackShared) {
    this.index = index;
    this.name = name;
    this.#shared = shared;
    this.#marker = lineMarker(name);
    if (shared.options.mode === "demo") this.#demo = new DemoMachine(this, shared);
  }

  /** Takes the link as the console's connection. */
  attach(link: ConsoleLink): LinkEvents {
    const { totals, onConnectedChange } = this.#shared;
    const old = this.#session;
    if (old !== undefined) {
      totals.takenOver += 1;
      this.#reset(old);
    }
    this.#connections += 1;
    totals.connections += 1;
    totals.connected += 1;
    const session: Session = { link, record: this.#newRecord(link), end: "peer", inputPaused: false };
    this.#session = session;
    onConnectedChange();
    this.#demo?.connected();
    return {
      input: (bytes) => {
        this.#input(session, bytes);
      },
      drained: () => {
        this.#drained(session);
      },
      breakReceived: () => {
        this.#breaks += 1;
        if (session === this.#session && !this.#silent) this.#demo?.breakReceived();
      },
      inputEnded: () => {
        this.#leave(session);
      },
      closed: (failed) => {
        // A socket that was destroyed has forgotten what it held: the last count stands.
        if (!failed && session.end !== "reset") this.#settle(session);
        session.record.ended = failed ? "reset" : session.end;
        this.#leave(session);
      },
    };
  }

  /** A line, or a piece of the pattern, or a word of the kernel, came due at `dueMs`. */
  due(dueMs: number): void {
    const session = this.#session;
    if (session === undefined) return;
    if (this.#silent || session.link.pendingBytes() > CONSOLE_LIMITS.outputBacklogBytesMax) {
      this.#withheld += 1;
      this.#shared.totals.withheld += 1;
      return;
    }
    const { mode, lineBytes, seed } = this.#shared.options;
    if (mode === "echo") return;
    this.#shared.lateness.record(this.#shared.clock.nowMs() - dueMs);
    if (mode === "lines") this.#writeLines(session, 1);
    else if (mode === "demo") this.#demo?.kernelLine();
    else {
      const bytes = Buffer.allocUnsafe(lineBytes);
      fillPattern(bytes, seed, this.index, this.#patternOffset);
      this.#patternOffset += bytes.length;
      this.#write(session, bytes);
    }
  }

  /** Text of the demo; lost if nobody listens. */
  print(text: string): void {
    if (this.#session !== undefined) this.#write(this.#session, Buffer.from(text, "latin1"));
  }

  /** End the connection in an orderly way, after everything written so far. Nothing to do without one. */
  hangUp(): void {
    const session = this.#session;
    if (session === undefined) return;
    session.end = "flushed";
    this.#leave(session);
    this.#shared.queue.after(CONSOLE_LIMITS.hangUpMsMax, () => {
      if (session.record.ended === "open") this.#reset(session);
    });
    session.link.hangUp();
  }

  /**
   * Print `bytes`, rounded up to whole numbered lines, as fast as they are taken. Ends early with the
   * connection. `onEnd` is called when the last line was written.
   */
  flood(bytes: number, onEnd?: () => void): void {
    if (this.#session === undefined || this.#silent) return;
    this.#floodLines += Math.ceil(bytes / this.#shared.options.lineBytes);
    this.#onFloodEnd = onEnd;
    this.#floodTurn();
  }

  /** While silent the console accepts connections and reads, but prints and answers nothing. */
  silence(on: boolean): void {
    this.#silent = on;
    if (!on || this.#floodLines === 0) return;
    this.#floodLines = 0;
    this.#floodEnded();
  }

  report(): SentReport {
    if (this.#session !== undefined) this.#settle(this.#session);
    return {
      console: this.name,
      lineBytes: this.#shared.options.lineBytes,
      lines: this.#lines,
      connections: this.#records.map((record) => ({ ...record })),
      withheld: this.#withheld,
      inputBytes: this.#inputBytes,
      inputCrc32: this.#inputCrc32,
      breaks: this.#breaks,
    };
  }

  #newRecord(link: ConsoleLink): OpenRecord {
    const record: OpenRecord = {
      transport: link.kind,
      connection: this.#connections,
      firstSeq: this.#lines + 1,
      lastSeq: this.#lines,
      acceptedSeq: this.#lines,
      bytes: 0,
      ended: "open",
    };
    addRecord(this.#records, record);
    return record;
  }

  #reset(session: Session): void {
    session.end = "reset";
    this.#leave(session);
    session.link.reset();
  }

  /** The session is no longer the console's, though its link may still be flushing. */
  #leave(session: Session): void {
    if (session !== this.#session) return;
    this.#session = undefined;
    if (session.record.ended === "open") this.#settle(session);
    this.#floodLines = 0;
    this.#onFloodEnd = undefined;
    this.#shared.totals.connected -= 1;
    this.#demo?.disconnected();
    this.#shared.onConnectedChange();
  }

  /** Note how much the kernel has taken. Whatever waits is counted as lines: never says too much. */
  #settle({ link, record }: Session): void {
    const waiting = Math.ceil(link.pendingBytes() / this.#shared.options.lineBytes);
    record.acceptedSeq = Math.max(record.acceptedSeq, record.lastSeq - waiting);
  }

  #input(session: Session, bytes: Uint8Array): void {
    this.#inputBytes += bytes.length;
    this.#inputCrc32 = crc32(bytes, this.#inputCrc32);
    this.#shared.totals.inputBytes += bytes.length;
    if (session !== this.#session || this.#silent) return;
    if (this.#demo !== undefined) this.#demo.input(bytes);
    else if (this.#shared.options.mode !== "binary") this.#write(session, Buffer.from(bytes));
    // Not read faster than its echo is taken: the far end is held back, nothing is dropped.
    if (session.link.pendingBytes() > CONSOLE_LIMITS.outputBacklogBytesMax) {
      session.inputPaused = true;
      session.link.pauseInput();
    }
  }

  #drained(session: Session): void {
    if (session.inputPaused) {
      session.inputPaused = false;
      session.link.resumeInput();
    }
    if (session === this.#session && this.#floodLines > 0 && !this.#floodTurnPending) this.#floodTurn();
  }

  #floodTurn(): void {
    const session = this.#session;
    if (session === undefined || this.#floodTurnPending) return;
    const { lineBytes } = this.#shared.options;
    const blockLines = Math.max(1, Math.floor(CONSOLE_LIMITS.floodBlockBytes / lineBytes));
    const { link } = session;
    let turnBytes = 0;
    while (this.#floodLines > 0 && link.pendingBytes() < CONSOLE_LIMITS.outputBacklogBytesMax) {
      if (turnBytes >= CONSOLE_LIMITS.floodTurnBytes) {
        this.#floodTurnPending = true;
        this.#shared.queue.after(0, () => {
          this.#floodTurnPending = false;
          if (this.#floodLines > 0) this.#floodTurn();
        });
        return;
      }
      const lines = Math.min(blockLines, this.#floodLines);
      this.#floodLines -= lines;
      turnBytes += lines * lineBytes;
      this.#writeLines(session, lines);
    }
    if (this.#floodLines === 0) this.#floodEnded(); // Else `drained` goes on.
  }

  #floodEnded(): void {
    const onEnd = this.#onFloodEnd;
    this.#onFloodEnd = undefined;
    onEnd?.();
  }

  #writeLines(session: Session, count: number): void {
    const { lines, totals } = this.#shared;
    const first = this.#lines + 1;
    this.#lines += count;
    session.record.lastSeq = this.#lines;
    totals.lines += count;
    if (count === 1) {
      this.#write(session, lines.make(this.#marker, first));
      return;
    }
    const block: Uint8Array[] = [];
    for (let seq = first; seq <= this.#lines; seq += 1) block.push(lines.make(this.#marker, seq));
    this.#write(session, Buffer.concat(block));
  }

  #write({ link, record }: Session, bytes: Uint8Array): void {
    if (this.#silent) return;
    record.bytes += bytes.length;
    this.#shared.totals.bytes += bytes.length;
    link.write(bytes);
  }
}
