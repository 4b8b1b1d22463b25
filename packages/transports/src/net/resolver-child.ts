import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { type Cancel, type Clock, ConfedError, type Logger } from "@confed/kernel";
import type { Address } from "./address.ts";

/** A question to the child. */
export interface LookupRequest {
  readonly id: number;
  readonly host: string;
}

/** The child's answer; `failure` is what getaddrinfo(3) reported, an EAI name. */
export type LookupAnswer =
  | { readonly id: number; readonly addresses: readonly Address[] }
  | { readonly id: number; readonly failure: string };

/** What the child's keeper needs. */
export interface ResolverChildOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * An answer that came after its question had timed out. Not thrown away: where the first name
   * server of resolv.conf is dead, every answer is late.
   */
  readonly onLateAnswer: (host: string, addresses: readonly Address[]) => void;
  /** The program to start, for tests; the resolver's own unless given. */
  readonly program?: string;
}

/** Limits of name lookup. */
export const LOOKUP_LIMITS = {
  /** One question, waiting for a turn included. */
  timeoutMs: 5_000,
  /**
   * Lookups that run at once in the child: so many names may hang before it is replaced. Half as
   * many that have never been asked get their turn every 5 s while the name servers are dead.
   */
  atOnceMax: 64,
  /** Of them, for names that have hung before; the others are kept for those that have not. */
  hangingAtOnceMax: 32,
  /** Names remembered as hanging; beyond it the oldest are forgotten and asked like any. */
  hangingMax: 10_000,
  /** Names waiting for a turn, at most 253 bytes each; beyond that questions are refused. */
  waitingMax: 10_000,
  /** RFC 1035 2.3.4. Longer ones are refused before they are sent anywhere. */
  nameBytesMax: 253,
  /** A child that dies by itself is started again after 1 s, 2 s, 4 s ... */
  restartDelayMsMax: 30_000,
} as const;

/** What must be left of a question's time for it to be asked once more. */
const WORTH_ASKING_MS_MIN = 1_000;

interface Question {
  readonly id: number;
  readonly host: string;
  readonly resolve: (addresses: readonly Address[]) => void;
  readonly reject: (error: ConfedError) => void;
  readonly expiresAtMs: number;
  readonly disarm: Cancel;
  overdue: boolean;
  /** A thread of the present child has it. */
  sent: boolean;
}

/**
 * Keeps one child that calls getaddrinfo: started at the first question, started again with
 * back-off when it dies, killed and replaced when all its threads hang. Never keeps our own
 * process alive; ends with it, however that ends.
 */
export class ResolverChild {
  readonly #options: ResolverChildOptions;
  readonly #waiting = new Set<Question>();
  readonly #sent = new Map<number, Question>();
  /** Sent, and not answered in time, the last time. */
  readonly #hangingHosts = new Set<string>();
  #child: ChildProcess | undefined;
  #nextId = 1;
  #deathsInRow = 0;
  /** Armed while no thread is free for somebody who waits, and none has answered. */
  #stuckTimer: Cancel | undefined;
  /** No child has answered since the last one was replaced: said once, not every 5 s. */
  #hanging = false;
  #restart: Cancel | undefined;
  #closed = false;

  constructor(options: ResolverChildOptions) {
    this.#options = options;
  }

  /** The pid of the child, while there is one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Ask the system. Rejects with "name_unresolved" or "resource_exhausted", within 5 s. */
  lookup(host: string): Promise<readonly Address[]> {
    if (this.#closed) return Promise.reject(stopped(host));
    if (Buffer.byteLength(host) > LOOKUP_LIMITS.nameBytesMax) {
      return Promise.reject(
        unresolved(`${host.slice(0, 40)}...`, `a host name has at most ${LOOKUP_LIMITS.nameBytesMax} bytes`),
      );
    }
    if (this.#waiting.size >= LOOKUP_LIMITS.waitingMax) {
      return Promise.reject(
        new ConfedError(
          "resource_exhausted",
          `${host}: ${LOOKUP_LIMITS.waitingMax} host names wait to be resolved already`,
          {
            subject: host,
            hint: "the name servers answer too slowly; give numeric addresses or /etc/hosts entries",
          },
        ),
      );
    }
    return new Promise((resolve, reject) => {
      const question: Question = {
        id: this.#nextId++,
        host,
        resolve,
        reject,
        expiresAtMs: this.#options.clock.nowMs() + LOOKUP_LIMITS.timeoutMs,
        disarm: this.#options.clock.after(LOOKUP_LIMITS.timeoutMs, () => {
          this.#onTimeout(question);
        }),
        overdue: false,
        sent: false,
      };
      this.#waiting.add(question);
      this.#sendWaiting();
    });
  }

  /** Idempotent. Kills the child and waits for its end; whoever waits is told "canceled". */
  async close(): Promise<void> {
    this.#closed = true;
    this.#restart?.();
    this.#disarmStuckTimer();
    for (const question of [...this.#sent.values(), ...this.#waiting]) {
      question.disarm();
      question.reject(stopped(question.host));
    }
    this.#sent.clear();
    this.#waiting.clear();
    const child = this.#child;
    if (child?.pid === undefined) return;
    child.ref(); // Or our process could end before the child has.
    await new Promise<void>((resolve) => {
      child.once("exit", () => {
        resolve();
      });
      child.kill("SIGKILL");
    });
  }

  #sendWaiting(): void {
    if (this.#waiting.size === 0 || this.#restart !== undefined) return;
    this.#child ??= this.#spawn();
    // A name in /etc/hosts needs no name server: it must not wait behind those that do, so what has
    // hung before comes last and never takes all threads.
    const hanging: Question[] = [];
    for (const question of this.#waiting) {
      if (this.#hangingHosts.has(question.host)) hanging.push(question);
      else if (!this.#send(question, this.#child)) return;
    }
    let room = LOOKUP_LIMITS.hangingAtOnceMax;
    for (const { host } of this.#sent.values()) if (this.#hangingHosts.has(host)) room -= 1;
    for (const question of hanging.slice(0, Math.max(0, room))) {
      if (!this.#send(question, this.#child)) return;
    }
    if (hanging.length > room) this.#armStuckTimer();
  }

  /** False: every thread is busy. */
  #send(question: Question, child: ChildProcess): boolean {
    if (this.#sent.size >= LOOKUP_LIMITS.atOnceMax) return false;
    this.#waiting.delete(question);
    question.sent = true;
    this.#sent.set(question.id, question);
    const request: LookupRequest = { id: question.id, host: question.host };
    // A channel that is gone is reported by the child's end as well, and handled there.
    child.send(request, () => undefined);
    if (this.#sent.size === LOOKUP_LIMITS.atOnceMax) this.#armStuckTimer();
    return true;
  }

  #armStuckTimer(): void {
    this.#stuckTimer ??= this.#options.clock.after(LOOKUP_LIMITS.timeoutMs, () => {
      this.#replaceStuckChild();
    });
  }

  #spawn(): ChildProcess {
    const program =
      this.#options.program ?? createRequire(import.meta.url).resolve("@confed/transports/resolver-main");
    // By env(1): the size of the thread pool is read before the first line of a program runs, and
    // this file has no business with our own environment. Twice as many, for libuv lets slow work
    // such as getaddrinfo have half of them (uv__slow_work_thread_threshold in its threadpool.c).
    const threads = 2 * LOOKUP_LIMITS.atOnceMax;
    const argv = [`UV_THREADPOOL_SIZE=${threads}`, process.execPath, program];
    const child = spawn("/usr/bin/env", argv, { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    child.on("message", (answer: LookupAnswer) => {
      if (this.#child === child) this.#onAnswer(answer);
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#options.logger.warn("name resolver says", { text: text.trimEnd() });
    });
    child.once("error", (error) => {
      this.#onGone(child, error.message);
    });
    child.once("exit", (status, signal) => {
      this.#onGone(child, signal ?? `status ${String(status)}`);
    });
    child.unref();
    child.channel?.unref();
    (child.stderr as { unref?: () => void } | null)?.unref?.();
    return child;
  }

  #onAnswer(answer: LookupAnswer): void {
    this.#deathsInRow = 0;
    this.#hanging = false;
    this.#disarmStuckTimer();
    const question = this.#sent.get(answer.id);
    if (question === undefined) return;
    this.#sent.delete(answer.id);
    this.#hangingHosts.delete(question.host);
    question.disarm();
    if ("failure" in answer) question.reject(unresolved(question.host, failureWords(answer.failure)));
    else if (question.overdue) this.#options.onLateAnswer(question.host, answer.addresses);
    else question.resolve(answer.addresses);
    this.#sendWaiting();
  }

  #onTimeout(question: Question): void {
    // One that was sent keeps its thread, and its answer may still come.
    question.overdue = true;
    this.#waiting.delete(question);
    if (question.sent) this.#rememberHanging(question.host);
    question.reject(
      unresolved(question.host, `the name servers did not answer within ${LOOKUP_LIMITS.timeoutMs} ms`),
    );
  }

  #rememberHanging(host: string): void {
    this.#hangingHosts.add(host);
    const [oldest] = this.#hangingHosts;
    if (this.#hangingHosts.size > LOOKUP_LIMITS.hangingMax && oldest !== undefined)
      this.#hangingHosts.delete(oldest);
  }

  #replaceStuckChild(): void {
    this.#stuckTimer = undefined;
    if (!this.#hanging) {
      this.#options.logger.warn("name resolver replaced: every lookup hangs", { lookups: this.#sent.size });
    }
    this.#hanging = true;
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
    this.#askAgain();
  }

  #onGone(child: ChildProcess, how: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    if (this.#closed) return;
    const delayMs = Math.min(1_000 * 2 ** this.#deathsInRow, LOOKUP_LIMITS.restartDelayMsMax);
    this.#deathsInRow += 1;
    this.#options.logger.warn("name resolver ended", { how, restartDelayMs: delayMs });
    this.#restart = this.#options.clock.after(delayMs, () => {
      this.#restart = undefined;
      this.#sendWaiting();
    });
    this.#askAgain();
  }

  /**
   * Questions that have time left go to the successor, before the ones that come later. Those that
   * have almost none are given up: they would take the threads from questions that can be answered.
   */
  #askAgain(): void {
    this.#disarmStuckTimer();
    const open = [...this.#sent.values(), ...this.#waiting].filter(({ overdue }) => !overdue);
    this.#sent.clear();
    this.#waiting.clear();
    const soonMs = this.#options.clock.nowMs() + WORTH_ASKING_MS_MIN;
    for (const question of open) {
      if (question.expiresAtMs >= soonMs) {
        question.sent = false;
        this.#waiting.add(question);
      } else {
        question.disarm();
        this.#onTimeout(question);
      }
    }
    this.#sendWaiting();
  }

  #disarmStuckTimer(): void {
    this.#stuckTimer?.();
    this.#stuckTimer = undefined;
  }
}

function unresolved(host: string, why: string): ConfedError {
  return new ConfedError("name_unresolved", `${host}: ${why}`, {
    subject: host,
    hint: `check the name with "getent ahosts ${host}" on this machine`,
  });
}

function stopped(host: string): ConfedError {
  return new ConfedError("canceled", `${host}: the name resolver was stopped`, { subject: host });
}

// getaddrinfo(3), with the names Node gives them.
function failureWords(failure: string): string {
  switch (failure) {
    case "ENOTFOUND":
      return "no such host name";
    case "EAI_AGAIN":
      return "the name servers do not answer";
    default:
      return `the name cannot be resolved (${failure})`;
  }
}
