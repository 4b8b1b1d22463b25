import type { Duplex } from "node:stream";
import { type Clock, ConfedError, type ErrorCode, JsonChannel } from "@confed/kernel";
import type { FromPredecessor, FromSuccessor } from "./takeover-messages.ts";

/** A process that was started to take over. */
export interface SuccessorProcess {
  readonly pid: number | undefined;
  /** The far end of its channel. */
  readonly socket: Duplex;
  /** Resolves with how it ended. */
  readonly exited: Promise<string>;
  kill(): void;
}

interface Waiter {
  readonly resolve: (message: FromSuccessor) => void;
  readonly reject: (cause: ConfedError) => void;
}

/** An agent's talk with its successor: one answer at a time is waited for. */
export class SuccessorTalk {
  readonly #channel: JsonChannel<FromPredecessor, FromSuccessor>;
  readonly #clock: Pick<Clock, "after">;
  readonly #heard: FromSuccessor[] = [];
  #failure: ConfedError | undefined;
  #waiter: Waiter | undefined;

  constructor({ socket, exited }: SuccessorProcess, clock: Pick<Clock, "after">) {
    this.#clock = clock;
    this.#channel = new JsonChannel(socket, {
      onMessage: (message) => {
        if (message.say === "failed") this.#fail(new ConfedError(message.code as ErrorCode, message.message));
        else if (this.#waiter === undefined) this.#heard.push(message);
        else this.#waiter.resolve(message);
      },
      // How the process ended says more, and comes soon.
      onEnd: (cause) => {
        clock.after(EXIT_WAIT_MS, () => {
          this.#fail(cause);
        });
      },
    });
    void exited.then((how) => {
      this.#fail(new ConfedError("process_exited", `the new process ended before it had taken over: ${how}`));
    });
  }

  say(message: FromPredecessor): void {
    this.#channel.send(message);
  }

  /** Resolves when everything said is with the kernel. */
  said(): Promise<void> {
    return this.#channel.drained();
  }

  /** Resolves with the answer of this kind. Rejects if the successor fails, ends, or takes longer. */
  hear<Say extends FromSuccessor["say"]>(
    say: Say,
    timeoutMs: number,
  ): Promise<Extract<FromSuccessor, { say: Say }>> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(timeoutMs, () => {
        const message = `the new process was not ${say} within ${timeoutMs / 1_000} s`;
        this.#fail(new ConfedError("deadline_exceeded", message));
      });
      this.#waiter = {
        resolve: (message) => {
          cancel();
          this.#waiter = undefined;
          if (message.say === say) resolve(message as Extract<FromSuccessor, { say: Say }>);
          else reject(new ConfedError("protocol_error", `the new process says ${message.say}, not ${say}`));
        },
        reject: (cause) => {
          cancel();
          this.#waiter = undefined;
          reject(cause);
        },
      };
      const before = this.#heard.shift();
      if (before !== undefined) this.#waiter.resolve(before);
      else if (this.#failure !== undefined) this.#waiter.reject(this.#failure);
    });
  }

  close(): void {
    this.#channel.close();
  }

  #fail(cause: ConfedError): void {
    this.#failure ??= cause;
    this.#waiter?.reject(this.#failure);
  }
}

const EXIT_WAIT_MS = 500;
