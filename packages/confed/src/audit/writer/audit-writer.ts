import type { KeyObject } from "node:crypto";
import { rmSync, statSync } from "node:fs";
import { type Cancel, type Clock, ConfedError } from "@confed/kernel";
import {
  type AuditEvent,
  CHECKPOINT_AFTER_MS,
  CHECKPOINT_RECORDS_MAX,
  checkpointFields,
  fieldsOf,
} from "@confed/trust/audit";
import { auditFilesIn } from "../audit-files.ts";
import { numberInRun, type WriterReply, type WriterStart } from "../audit-messages.ts";
import type { ChainFile } from "./chain-file.ts";

export type AuditWriterOptions = Pick<WriterStart, "run" | "directory" | "rotateSizeBytes" | "keep">;

export interface AuditWriterDeps {
  readonly clock: Clock;
  readonly chain: ChainFile;
  /** Signs checkpoints; asked for at each, as its disk may be the one that is full. */
  readonly key: () => KeyObject;
  readonly reply: (reply: WriterReply) => void;
  /** There is more in the files. */
  readonly onWritten: () => void;
}

/**
 * Writes what it is given, in order: all that waits with one write and one sync. What the disk refuses
 * is kept and tried again every second; whoever gives it bounds how much that is.
 */
export class AuditWriter {
  readonly #options: AuditWriterOptions;
  readonly #deps: AuditWriterDeps;
  #pending: { readonly number: number; readonly fields: string }[] = [];
  #unsigned = 0;
  #ready = false;
  #failing = false;
  #cancelRetry: Cancel | undefined;
  #cancelCheckpoint: Cancel | undefined;
  #cancelWrite: Cancel | undefined;

  constructor(options: AuditWriterOptions, deps: AuditWriterDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Look at what there is, then answer that it can begin; or say why not, and try again. */
  begin(): void {
    this.#attempt(() => {
      this.#deps.chain.open();
      this.#ready = true;
      this.#writePending();
    });
  }

  /** Written with whatever else comes within {@link GATHER_MS}. */
  give(number: number, fields: string): void {
    this.#pending.push({ number, fields });
    this.#cancelWrite ??= this.#deps.clock.after(GATHER_MS, () => {
      this.#cancelWrite = undefined;
      if (this.#ready && !this.#failing) this.#write();
    });
  }

  /** Something about the audit itself. Lost if the disk does not take it now. */
  tell(event: AuditEvent): void {
    this.#attempt(() => {
      this.#deps.chain.append([this.#fields(event)]);
      this.#unsigned += 1;
      this.#armCheckpoint();
    });
  }

  /** The last attempt, and a checkpoint. */
  end(): void {
    this.#cancelWrite?.();
    this.#cancelRetry?.();
    this.#cancelCheckpoint?.();
    try {
      this.#writePending();
      if (this.#unsigned > 0) this.#checkpoint();
    } catch (reason) {
      this.#say("warn", `the last records were not written: ${messageOf(reason)}`);
    }
    this.#deps.chain.close();
  }

  #write(): void {
    this.#attempt(() => {
      this.#writePending();
      if (this.#unsigned >= CHECKPOINT_RECORDS_MAX) this.#checkpoint();
      if (this.#deps.chain.sizeBytes >= this.#options.rotateSizeBytes) this.#rotate();
      if (this.#unsigned > 0) this.#armCheckpoint();
    });
  }

  #writePending(): void {
    const { chain, reply, onWritten } = this.#deps;
    chain.open();
    // What came through though the disk said otherwise is not written twice.
    const known = this.#newestOfRun();
    const batch = this.#pending.filter(({ number }) => number > known).slice(0, BATCH_RECORDS_MAX);
    chain.append(batch.map(({ fields }) => fields));
    this.#unsigned += batch.length;
    const upTo = Math.max(known, batch.at(-1)?.number ?? 0);
    this.#pending = this.#pending.filter(({ number }) => number > upTo);
    reply({ say: "written", upTo });
    onWritten();
    if (this.#pending.length > 0) this.#writePending();
  }

  #checkpoint(): void {
    const { chain, key } = this.#deps;
    this.#cancelCheckpoint?.();
    this.#cancelCheckpoint = undefined;
    chain.append([this.#fields({ event: "audit.checkpoint", details: checkpointFields(chain.end, key()) })]);
    this.#unsigned = 0;
    this.#deps.onWritten();
  }

  #rotate(): void {
    if (this.#unsigned > 0) this.#checkpoint();
    this.#deps.chain.rotate();
    const { directory, keep } = this.#options;
    const full = auditFilesIn(directory).slice(0, -1);
    const tooMany = full.slice(0, Math.max(0, full.length - (keep?.count ?? full.length)));
    const oldestMs = this.#deps.clock.wallTimeMs() - (keep?.ageMs ?? Number.POSITIVE_INFINITY);
    for (const file of full) {
      if (!tooMany.includes(file) && statSync(file.path).mtimeMs >= oldestMs) continue;
      rmSync(file.path);
      this.#say("info", `${file.name} is as old as audit.keep allows, and gone`);
    }
  }

  #armCheckpoint(): void {
    this.#cancelCheckpoint ??= this.#deps.clock.after(CHECKPOINT_AFTER_MS, () => {
      this.#cancelCheckpoint = undefined;
      if (this.#failing) return; // The next that is written arms it again.
      this.#attempt(() => {
        this.#checkpoint();
      });
    });
  }

  #attempt(work: () => void): void {
    const { reply, clock } = this.#deps;
    try {
      work();
      this.#failing = false;
    } catch (reason) {
      this.#failing = true;
      reply({ say: "trouble", text: messageOf(reason) });
      this.#cancelRetry?.();
      this.#cancelRetry = clock.after(RETRY_MS, () => {
        if (this.#ready) this.#write();
        else this.begin();
      });
    }
  }

  #newestOfRun(): number {
    const numbers = this.#deps.chain.idsAtOpen.map((id) => numberInRun(this.#options.run, id) ?? 0);
    return Math.max(0, ...numbers);
  }

  #fields(event: AuditEvent): string {
    return fieldsOf(event, { wallTimeMs: this.#deps.clock.wallTimeMs() });
  }

  #say(level: "info" | "warn", text: string): void {
    this.#deps.reply({ say: "note", level, text });
  }
}

/** A disk that was full may have room by then; nobody waits longer for the audit to go on. */
const RETRY_MS = 1_000;

/** A busy head has an event each two milliseconds; whoever waits for his to be on the disk does not notice this. */
const GATHER_MS = 10;
/** Written and synced at once: half a second of the slowest disk at most, then the next. */
const BATCH_RECORDS_MAX = 256;

function messageOf(reason: unknown): string {
  return ConfedError.from(reason, "unavailable").message;
}
