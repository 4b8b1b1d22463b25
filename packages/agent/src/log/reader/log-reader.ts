import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { type Cancel, type Clock, ConfedError, type Logger } from "@confed/kernel";
import { FrameReader, jsonFrame } from "../frames.ts";
import type { LogPiece, LogRange, ReaderReply, ReaderRequest } from "./reader-messages.ts";

/** Part of a log. */
export interface LogPart {
  readonly pieces: readonly LogPiece[];
  /** The bytes of all pieces that are bytes, in order. */
  readonly bytes: Uint8Array;
  readonly next: number;
}

/** Which log: offsets of another id are another log's. */
export interface LogName {
  readonly name: string;
  readonly logId: string;
}

export interface LogReaderDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

// `id` is given by the reader itself.
type Question = ReaderRequest extends infer T ? (T extends unknown ? Omit<T, "id"> : never) : never;
interface Answer {
  readonly reply: ReaderReply;
  readonly bytes: Uint8Array;
}

interface Asked {
  readonly question: Question;
  readonly settle: (outcome: Answer | ConfedError) => void;
}

/**
 * Reads logs through a child process, started at the first question. Questions wait in line, one is
 * with the child at a time: the disk has one head, and a page takes a millisecond. One that is not
 * answered in time fails alone; the child, which hangs in the disk, is replaced for the next.
 */
export class LogReader {
  readonly #stateDir: string;
  readonly #deps: LogReaderDeps;
  readonly #line = new Set<Asked>();
  #current: (Asked & { readonly id: number; readonly cancel: Cancel }) | undefined;
  #child: ChildProcess | undefined;
  #id = 0;
  #closed = false;

  constructor(stateDir: string, deps: LogReaderDeps) {
    this.#stateDir = stateDir;
    this.#deps = deps;
  }

  /** At most `bytesMax` of [from, to); every offset before `next` is bytes or a gap. */
  async read({ name, logId }: LogName, range: LogRange, signal: AbortSignal): Promise<LogPart> {
    const { reply, bytes } = await this.#ask({ ask: "read", name, logId, ...range }, signal);
    if (reply.tell !== "read") throw new ConfedError("internal", `log reader answered ${reply.tell} to read`);
    return { pieces: reply.pieces, next: reply.next, bytes };
  }

  /** Where to begin for what came at or after `sinceMs`; undefined: nothing did. */
  since({ name, logId }: LogName, sinceMs: number, signal: AbortSignal): Promise<number | undefined> {
    return this.#find({ ask: "since", name, logId, sinceMs }, signal);
  }

  /** Where the last `lines` lines before `before` begin. */
  lastLines(
    { name, logId }: LogName,
    { lines, before }: { readonly lines: number; readonly before: number },
    signal: AbortSignal,
  ): Promise<number | undefined> {
    return this.#find({ ask: "lines", name, logId, lines: Math.min(lines, LINES_MAX), before }, signal);
  }

  /** Fails what waits and ends the child. Idempotent. */
  close(): void {
    this.#closed = true;
    const stopped = new ConfedError("canceled", "the agent stops");
    for (const { settle } of this.#line) settle(stopped);
    this.#line.clear();
    this.#finish(stopped);
    this.#dropChild();
  }

  async #find(question: Question, signal: AbortSignal): Promise<number | undefined> {
    const { reply } = await this.#ask(question, signal);
    return reply.tell === "found" ? reply.offset : undefined;
  }

  #ask(question: Question, signal: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        asked.settle(new ConfedError("canceled", "nobody waits for this part of the log any more"));
      };
      const asked: Asked = {
        question,
        settle: (outcome) => {
          signal.removeEventListener("abort", giveUp);
          // The one with the child is left to its end: the child is not told twice.
          this.#line.delete(asked);
          if (outcome instanceof ConfedError) reject(outcome);
          else if (outcome.reply.tell === "failed") reject(failure(outcome.reply, question));
          else resolve(outcome);
        },
      };
      if (signal.aborted || this.#closed) {
        giveUp();
        return;
      }
      signal.addEventListener("abort", giveUp, { once: true });
      this.#line.add(asked);
      this.#next();
    });
  }

  #next(): void {
    const [asked] = this.#line;
    if (this.#current !== undefined || asked === undefined) return;
    this.#line.delete(asked);
    this.#id += 1;
    this.#child ??= this.#spawn();
    const cancel = this.#deps.clock.after(ANSWER_TIMEOUT_MS, () => {
      this.#deps.logger.error("log reader does not answer; replaced", { console: asked.question.name });
      this.#dropChild();
      this.#finish(new ConfedError("deadline_exceeded", "the disk with the logs does not answer"));
    });
    this.#current = { ...asked, id: this.#id, cancel };
    this.#child.stdin?.write(jsonFrame({ ...asked.question, id: this.#id }));
  }

  #finish(outcome: Answer | ConfedError): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    current.cancel();
    current.settle(outcome);
    this.#next();
  }

  #spawn(): ChildProcess {
    const entry = createRequire(import.meta.url).resolve("@confed/agent/log-reader");
    const child = spawn(process.execPath, [entry, this.#stateDir], { stdio: ["pipe", "pipe", "inherit"] });
    const frames = new FrameReader((_kind, payload) => {
      const jsonBytes = new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
      const reply = JSON.parse(Buffer.from(payload.subarray(4, 4 + jsonBytes)).toString()) as ReaderReply;
      // The payload is the frame reader's; whoever asked keeps a copy.
      if (reply.id === this.#current?.id) this.#finish({ reply, bytes: payload.slice(4 + jsonBytes) });
    });
    child.stdout.on("data", (bytes: Buffer) => {
      if (this.#child === child) frames.feed(bytes);
    });
    child.stdin.on("error", () => undefined); // "close" tells it.
    child.on("error", () => undefined); // "close" follows.
    child.once("close", () => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#finish(new ConfedError("unavailable", "the log reader died"));
    });
    return child;
  }

  #dropChild(): void {
    const child = this.#child;
    this.#child = undefined;
    child?.kill("SIGKILL");
  }
}

const ANSWER_TIMEOUT_MS = 5_000;
/** Lines asked for at once; more is a question for a position. */
const LINES_MAX = 1_000_000;

function failure(reply: Extract<ReaderReply, { tell: "failed" }>, { name }: Question): ConfedError {
  return new ConfedError(reply.code, reply.message, { subject: name });
}
