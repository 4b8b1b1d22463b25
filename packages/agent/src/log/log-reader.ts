import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { type Clock, ConfedError, type Logger } from "@confed/kernel";
import { FrameReader, jsonFrame } from "./frames.ts";
import type { LogPiece, ReaderReply, ReaderRequest } from "./reader-messages.ts";

/** Part of a log. */
export type LogPart = {
  readonly pieces: readonly LogPiece[];
  readonly bytes: Uint8Array;
  readonly next: number;
};

export interface LogReaderDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

// `id` is given by the reader itself.
type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

interface Asked {
  readonly resolve: (answer: { readonly reply: ReaderReply; readonly bytes: Uint8Array }) => void;
  readonly reject: (error: ConfedError) => void;
}

/**
 * Reads logs through a child process, started at the first question. A question that is not
 * answered in time fails, and the child, which hangs in the disk, is replaced.
 */
export class LogReader {
  readonly #stateDir: string;
  readonly #deps: LogReaderDeps;
  readonly #asked = new Map<number, Asked>();
  #child: ChildProcess | undefined;
  #id = 0;

  constructor(stateDir: string, deps: LogReaderDeps) {
    this.#stateDir = stateDir;
    this.#deps = deps;
  }

  /** At most `bytesMax` of [from, to); every offset before `next` is bytes or a gap. */
  async read(
    name: string,
    range: { readonly from: number; readonly to: number; readonly bytesMax: number },
  ): Promise<LogPart> {
    const { reply, bytes } = await this.#ask({ ask: "read", name, ...range });
    if (reply.tell !== "read") throw new ConfedError("internal", `log reader answered ${reply.tell} to read`);
    return { pieces: reply.pieces, next: reply.next, bytes };
  }

  /** Where to begin for what came at or after `sinceMs`; undefined: nothing did. */
  since(name: string, sinceMs: number): Promise<number | undefined> {
    return this.#find({ ask: "since", name, sinceMs });
  }

  /** Where the last `lines` lines before `before` begin. */
  lastLines(name: string, lines: number, before: number): Promise<number | undefined> {
    return this.#find({ ask: "lines", name, lines, before });
  }

  /** Fails what is under way and ends the child. */
  close(): void {
    this.#replace(new ConfedError("canceled", "the agent stops"));
  }

  async #find(question: WithoutId<ReaderRequest>): Promise<number | undefined> {
    const { reply } = await this.#ask(question);
    return reply.tell === "found" ? reply.offset : undefined;
  }

  #ask(
    question: WithoutId<ReaderRequest>,
  ): Promise<{ readonly reply: ReaderReply; readonly bytes: Uint8Array }> {
    if (this.#asked.size >= QUESTIONS_MAX) {
      return Promise.reject(
        new ConfedError("resource_exhausted", `${QUESTIONS_MAX} reads of logs are under way`, {
          hint: "try again",
        }),
      );
    }
    this.#id += 1;
    const id = this.#id;
    this.#child ??= this.#spawn();
    this.#child.stdin?.write(jsonFrame({ ...question, id }));
    return new Promise((resolve, reject) => {
      const cancel = this.#deps.clock.after(ANSWER_TIMEOUT_MS, () => {
        this.#deps.logger.error("log reader does not answer; replaced", { console: question.name });
        this.#replace(new ConfedError("deadline_exceeded", "the disk with the logs does not answer"));
      });
      this.#asked.set(id, {
        resolve: (answer) => {
          cancel();
          const { reply } = answer;
          if (reply.tell === "failed")
            reject(new ConfedError(reply.code, reply.message, { subject: question.name }));
          else resolve(answer);
        },
        reject: (error) => {
          cancel();
          reject(error);
        },
      });
    });
  }

  #spawn(): ChildProcess {
    const entry = createRequire(import.meta.url).resolve("@confed/agent/log-reader");
    const child = spawn(process.execPath, [entry, this.#stateDir], { stdio: ["pipe", "pipe", "inherit"] });
    const frames = new FrameReader((_kind, payload) => {
      const jsonBytes = new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
      const reply = JSON.parse(Buffer.from(payload.subarray(4, 4 + jsonBytes)).toString()) as ReaderReply;
      const asked = this.#asked.get(reply.id);
      this.#asked.delete(reply.id);
      // The payload is the frame reader's; whoever asked keeps a copy.
      asked?.resolve({ reply, bytes: payload.slice(4 + jsonBytes) });
    });
    child.stdout.on("data", (bytes: Buffer) => {
      if (this.#child === child) frames.feed(bytes);
    });
    child.stdin.on("error", () => undefined); // "close" tells it.
    child.on("error", () => undefined); // "close" follows.
    child.once("close", () => {
      if (this.#child === child) this.#replace(new ConfedError("unavailable", "the log reader died"));
    });
    return child;
  }

  #replace(error: ConfedError): void {
    const child = this.#child;
    this.#child = undefined;
    child?.kill("SIGKILL");
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { reject } of asked) reject(error);
  }
}

/** Questions under way; each may be answered with a page of bytes. */
const QUESTIONS_MAX = 256;
const ANSWER_TIMEOUT_MS = 5_000;
