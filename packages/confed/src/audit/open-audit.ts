import { randomBytes } from "node:crypto";
import { type Cancel, type Clock, ConfedError, type Logger } from "@confed/kernel";
import { AUDIT_CODES, type AuditEvent, fieldsOf, type OpenAudit } from "@confed/trust/audit";
import { eventId, type WriterReply, type WriterStart } from "./audit-messages.ts";
import type { AuditProcess, AuditProcessEvents } from "./audit-process.ts";
import { EventBudget } from "./event-budget.ts";

export interface OpenAuditDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly spawn: (start: WriterStart, events: AuditProcessEvents) => AuditProcess;
  /** Puts a record on file outside our own files. */
  readonly journal: (code: string, text: string) => void;
}

interface Waiting {
  readonly number: number;
  readonly fields: string;
  readonly settle: ((error?: ConfedError) => void) | undefined;
}

/**
 * Open an audit that a process of its own writes. Events wait here until they are on the disk, at most
 * {@link QUEUE_BYTES_MAX}; beyond that they are counted, not kept. A writer that dies is followed by
 * another, which is given what the first had not acknowledged.
 *
 * An event costs one JSON text, about 5 us, and its part of a write into a pipe; it never waits for a disk.
 */
export function openAudit(start: Omit<WriterStart, "run">, deps: OpenAuditDeps): OpenAudit {
  return new ProcessAudit(start, deps);
}

class ProcessAudit implements OpenAudit {
  readonly #start: WriterStart;
  readonly #deps: OpenAuditDeps;
  /** In the order of their numbers. */
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #last = 0;
  #process: AuditProcess | undefined;
  #deaths = 0;
  #trouble: { readonly text: string; readonly sinceMs: number } | undefined;
  #lost = 0;
  #ended: Promise<void> | undefined;
  #cancelRestart: Cancel | undefined;
  #cancelStall: Cancel | undefined;
  #journalled = { second: 0, count: 0 };
  readonly #budget: EventBudget;

  constructor(start: Omit<WriterStart, "run">, deps: OpenAuditDeps) {
    this.#start = { ...start, run: randomBytes(6).toString("base64url") };
    this.#deps = deps;
    this.#budget = new EventBudget(deps.clock, (event) => {
      this.#take(event, undefined);
    });
    this.#spawn();
  }

  get trouble(): string | undefined {
    return this.#trouble?.text;
  }

  event(event: AuditEvent): void {
    if (this.#budget.allows(event)) this.#take(event, undefined);
  }

  recorded(event: AuditEvent): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#trouble !== undefined) {
        this.event(event);
        reject(notRecorded(this.#trouble.text));
        return;
      }
      const cancel = this.#deps.clock.after(RECORDED_MS_MAX, () => {
        reject(notRecorded(`the disk has not taken it for ${RECORDED_MS_MAX / 1_000} s`));
      });
      this.#take(event, (error) => {
        cancel();
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  }

  alarm(event: AuditEvent): void {
    const fields = fieldsOf(event, { wallTimeMs: this.#deps.clock.wallTimeMs() });
    if (event.subject !== undefined || this.#mayJournal())
      this.#deps.journal(AUDIT_CODES[event.event], `{${fields}}`);
    this.event(event);
    this.#process?.push();
  }

  end(): Promise<void> {
    if (this.#ended === undefined) this.#budget.end();
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    this.#cancelRestart?.();
    this.#cancelStall?.();
    await this.#process?.end();
    if (this.#waiting.length > 0)
      this.#deps.logger.error("events were not audited", {
        count: this.#waiting.length,
        cause: this.#trouble?.text,
      });
    for (const { settle } of this.#waiting.splice(0)) settle?.(notRecorded("the process ends"));
  }

  #take(event: AuditEvent, settle: Waiting["settle"]): void {
    const number = this.#last + 1;
    const fields = fieldsOf(event, {
      wallTimeMs: this.#deps.clock.wallTimeMs(),
      id: eventId(this.#start.run, number),
    });
    if (this.#trouble !== undefined) this.#tellJournal(event, fields);
    if (this.#ended !== undefined || this.#waitingBytes + fields.length > QUEUE_BYTES_MAX) {
      this.#lost += 1;
      settle?.(notRecorded("more events wait than are kept"));
      return;
    }
    this.#last = number;
    this.#waiting.push({ number, fields, settle });
    this.#waitingBytes += fields.length;
    this.#process?.give(number, fields);
    if (settle !== undefined) this.#process?.push();
    this.#armStall();
  }

  #spawn(): void {
    const process: AuditProcess = this.#deps.spawn(this.#start, {
      onReply: (reply) => {
        this.#hear(reply);
      },
      onDied: (how) => {
        this.#died(how);
      },
    });
    this.#process = process;
    // What the one before had written without saying so, this one finds in the file and passes over.
    for (const { number, fields } of this.#waiting) process.give(number, fields);
  }

  #hear(reply: WriterReply): void {
    switch (reply.say) {
      case "written":
        this.#written(reply.upTo);
        return;
      case "trouble":
        this.#inTrouble(reply.text);
        return;
      default:
        this.#deps.logger[reply.level](reply.text);
    }
  }

  #written(upTo: number): void {
    const first = this.#waiting.findIndex(({ number }) => number > upTo);
    for (const { fields, settle } of this.#waiting.splice(0, first === -1 ? this.#waiting.length : first)) {
      this.#waitingBytes -= fields.length;
      settle?.();
    }
    this.#deaths = 0;
    this.#cancelStall?.();
    this.#cancelStall = undefined;
    this.#healed();
    this.#armStall();
  }

  #died(how: string): void {
    if (this.#ended !== undefined) return;
    const delayMs = Math.min(RESTART_MS_MAX, RESTART_MS * 2 ** this.#deaths);
    this.#deaths += 1;
    this.#process = undefined;
    this.#deps.logger.error("the audit writer died; the next one goes on", { how, delayMs });
    if (this.#deaths > DEATHS_MAX) this.#inTrouble(`the audit writer dies again and again: ${how}`);
    this.#cancelRestart = this.#deps.clock.after(delayMs, () => {
      this.#spawn();
    });
  }

  /** Nothing is acknowledged: the disk hangs, or the writer does. */
  #armStall(): void {
    if (this.#waiting.length === 0) return;
    this.#cancelStall ??= this.#deps.clock.after(STALLED_MS, () => {
      this.#cancelStall = undefined;
      this.#inTrouble(`the disk with the audit has not answered for ${STALLED_MS / 1_000} s`);
    });
  }

  #inTrouble(text: string): void {
    const { clock, logger } = this.#deps;
    if (this.#trouble === undefined) {
      logger.error("the audit cannot be written", { cause: text, directory: this.#start.directory });
    }
    this.#trouble = { text, sinceMs: this.#trouble?.sinceMs ?? clock.wallTimeMs() };
    for (const { settle } of this.#waiting) settle?.(notRecorded(text));
  }

  #healed(): void {
    const trouble = this.#trouble;
    if (trouble === undefined && this.#lost === 0) return;
    const { logger, clock } = this.#deps;
    const nowMs = clock.wallTimeMs();
    const since = new Date(trouble?.sinceMs ?? nowMs).toISOString();
    const lost = this.#lost;
    this.#trouble = undefined;
    this.#lost = 0;
    logger.info("the audit is written again", { lost });
    this.event({ event: "audit.hole", text: trouble?.text, details: { since, lost } });
  }

  // Bounded: what floods us must not flood the journal of the host.
  #mayJournal(): boolean {
    const second = Math.floor(this.#deps.clock.nowMs() / 1_000);
    if (this.#journalled.second !== second) this.#journalled = { second, count: 0 };
    this.#journalled.count += 1;
    return this.#journalled.count <= JOURNAL_PER_SECOND_MAX;
  }

  #tellJournal({ event }: AuditEvent, fields: string): void {
    const code = AUDIT_CODES[event];
    if (code.endsWith("I") && event !== "attach.start") return;
    if (this.#mayJournal()) this.#deps.journal(code, `not written yet: {${fields}}`);
  }
}

/** Some thousands of events: minutes of a busy host. */
const QUEUE_BYTES_MAX = 1024 * 1024;
const STALLED_MS = 5_000;
/** A person waits for it. */
const RECORDED_MS_MAX = 5_000;
const RESTART_MS = 200;
const RESTART_MS_MAX = 30_000;
/** In a row, without having written anything. */
const DEATHS_MAX = 3;
const JOURNAL_PER_SECOND_MAX = 10;

function notRecorded(why: string): ConfedError {
  return new ConfedError("failed_precondition", `this cannot be audited: ${why}`);
}
