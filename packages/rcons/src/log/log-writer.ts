import { LineSplitter } from "../render/line-splitter.ts";
import { harmlessLine } from "../render/line-text.ts";
import type { TextOut } from "../render/text-out.ts";

export interface LogWriterParts {
  readonly out: TextOut;
  /** Begin each line with the time of its first byte. */
  readonly timestamps: boolean;
  /** Lines made harmless for a terminal; else bytes as they are. */
  readonly harmless: boolean;
  readonly dim: (text: string) => string;
}

const LINE_FEED = 0x0a;

/** Writes a console's output the way a reader of its log wants it. */
export class LogWriter {
  readonly #parts: LogWriterParts;
  readonly #splitter = new LineSplitter();
  /** When the line that is being put together began. */
  #lineMs = 0;
  /** Bytes that were written as they are ended within a line. */
  #midLine = false;

  constructor(parts: LogWriterParts) {
    this.#parts = parts;
  }

  write(data: Uint8Array, wallTimeMs: number): void {
    const { out, timestamps, harmless } = this.#parts;
    if (!timestamps && !harmless) {
      out.bytes(data);
      this.#midLine = data.length > 0 ? data[data.length - 1] !== LINE_FEED : this.#midLine;
      return;
    }
    if (this.#splitter.heldBytes === 0) this.#lineMs = wallTimeMs;
    this.#splitter.push(data, (line) => {
      this.#line(line);
      this.#lineMs = wallTimeMs;
    });
  }

  /** A line has begun and is held back until it ends. */
  get unfinished(): boolean {
    return this.#splitter.heldBytes > 0;
  }

  /** Whatever comes next stands on a line of its own. */
  endLine(): void {
    this.finish();
    if (this.#midLine) this.#parts.out.line("");
    this.#midLine = false;
  }

  /** Write what is held back. */
  finish(): void {
    if (this.unfinished) this.#line(this.#splitter.flush());
  }

  #line(line: Uint8Array): void {
    const { out, timestamps, harmless, dim } = this.#parts;
    const stamp = timestamps ? `${stampText(this.#lineMs)} ` : "";
    if (harmless) out.line(dim(stamp) + harmlessLine(line));
    else out.bytes(Buffer.concat([Buffer.from(stamp), line, Uint8Array.of(LINE_FEED)]));
  }
}

/** "2026-11-21 10:31:07" in this host's zone; as wide when the time is not known. */
function stampText(wallTimeMs: number): string {
  const at = new Date(wallTimeMs);
  if (wallTimeMs === 0 || Number.isNaN(at.getTime())) return "????-??-?? ??:??:??";
  const two = (part: number) => String(part).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
