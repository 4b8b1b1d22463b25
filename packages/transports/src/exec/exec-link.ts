import type { ChildProcess } from "node:child_process";
import { type Clock, ConfedError, type Logger } from "@confed/kernel";
import type { CloseReason, Link, LinkSink } from "../transport.ts";
import { TtyReader } from "../tty/tty-reader.ts";
import { TtyWriter } from "../tty/tty-writer.ts";
import { ProcessGroup } from "./process-group.ts";
import type { Pty } from "./pty.ts";

/** What a link to a running child is made of; the link owns child and terminal. */
export interface ExecLinkParts {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly pty: Pty;
  /** The program, for errors and logs. */
  readonly program: string;
  readonly sink: LinkSink;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long the child's processes may take to end after SIGHUP, and again after SIGKILL. */
export const EXEC_GRACE_MS = 2_000;

/**
 * A child on a pseudo-terminal. Ends when the child ends, whoever else still has the terminal
 * open: what the child wrote is delivered to the last byte, then the terminal is hung up and what
 * remains of the child's process group is ended.
 */
export class ExecLink implements Link {
  /** A child that is not read blocks in write(2) and may miss its own deadlines. */
  readonly pausable = false;
  readonly #parts: ExecLinkParts;
  readonly #group: ProcessGroup;
  readonly #reader: TtyReader;
  readonly #writer: TtyWriter;
  /** Set when the end has begun; the first reason stays. */
  #reason: CloseReason | undefined;
  #ending: Promise<void> | undefined;

  constructor(parts: ExecLinkParts) {
    const { child, pid, pty, program, sink, clock, logger } = parts;
    this.#parts = parts;
    this.#group = new ProcessGroup(child, pid, clock);
    this.#writer = new TtyWriter({
      fd: pty.masterFd,
      clock,
      logger,
      where: program,
      onFailed: (error) => {
        this.#fail(error);
      },
    });
    this.#reader = new TtyReader(pty.masterFd, {
      onBytes: (bytes) => {
        sink.onData(bytes);
      },
      onEnded: (error) => {
        this.#fail(
          ConfedError.from(error ?? new Error(`the terminal of ${program} was taken away`), "unavailable"),
        );
      },
    });
    child.once("exit", (code, signal) => {
      if (this.#reason !== undefined) return;
      pty.drain((bytes) => {
        if (this.#reason === undefined) sink.onData(bytes); // The sink may have closed us.
      });
      void this.#end(exitReason(program, code, signal));
    });
  }

  write(bytes: Uint8Array): number {
    return this.#writer.write(bytes);
  }

  drained(): Promise<void> {
    return this.#writer.drained();
  }

  pause(): void {
    // Not pausable.
  }

  resume(): void {
    // Never paused.
  }

  sendBreak(_durationMs: number): Promise<void> {
    const { program } = this.#parts;
    const message = `${program} runs on a pseudo-terminal, which has no line to send a break on`;
    return Promise.reject(
      new ConfedError("failed_precondition", message, {
        subject: program,
        hint: "send the escape sequence for break of the program itself, if it has one",
      }),
    );
  }

  resize(columns: number, rows: number): void {
    this.#parts.pty.resize(columns, rows);
  }

  close(): Promise<void> {
    return this.#end({ by: "local" });
  }

  #fail(error: ConfedError): void {
    void this.#end({ by: "failure", error });
  }

  #end(reason: CloseReason): Promise<void> {
    this.#reason ??= reason;
    this.#ending ??= this.#release(this.#reason);
    return this.#ending;
  }

  async #release(reason: CloseReason): Promise<void> {
    const { pty, program, sink, logger } = this.#parts;
    this.#writer.stop();
    this.#group.signal("SIGHUP");
    this.#group.signal("SIGCONT"); // A stopped process cannot hear the other.
    await pty.release(() => this.#reader.release());
    if (!(await this.#group.gone(EXEC_GRACE_MS))) {
      this.#group.signal("SIGKILL");
      if (!(await this.#group.reaped(EXEC_GRACE_MS))) {
        logger.warn("the program of a console does not end, not even by SIGKILL", { program });
        this.#group.abandon();
      }
    }
    sink.onClosed(reason);
  }
}

function exitReason(program: string, code: number | null, signal: NodeJS.Signals | null): CloseReason {
  if (code === 0) return { by: "remote" };
  const how = signal === null ? `exit status ${code}` : `signal ${signal}`;
  return {
    by: "failure",
    error: new ConfedError("process_exited", `${program} ended: ${how}`, { subject: program }),
  };
}
