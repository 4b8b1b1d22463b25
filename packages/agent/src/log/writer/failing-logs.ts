import { ConfedError } from "@confed/kernel";
import type { WriterReply } from "../writer-messages.ts";

/** Which logs cannot be written, as the agent was told: once when it begins, once when it ends. */
export class FailingLogs {
  readonly #reply: (reply: WriterReply) => void;
  readonly #numbers = new Set<number>();
  /** They can be written as far as offsets are reserved, and no further. */
  readonly #unreserved = new Set<number>();

  constructor(reply: (reply: WriterReply) => void) {
    this.#reply = reply;
  }

  failed(number: number, reason: unknown): void {
    if (this.#numbers.has(number)) return;
    this.#numbers.add(number);
    this.#tell(number, reason, false);
  }

  /** It is not even open: said every time, as it is asked for again every time. */
  unopened(number: number, reason: unknown): void {
    this.#tell(number, reason, true);
  }

  unreserved(number: number, reason: unknown): void {
    this.#unreserved.add(number);
    this.failed(number, reason);
  }

  reserved(number: number): void {
    this.#unreserved.delete(number);
  }

  healed(number: number): void {
    if (this.#unreserved.has(number)) return;
    if (this.#numbers.delete(number)) this.#reply({ tell: "healed", number });
  }

  /** It is another log from now on, or none. */
  forget(number: number): void {
    this.#unreserved.delete(number);
    this.#numbers.delete(number);
  }

  #tell(number: number, reason: unknown, unopened: boolean): void {
    const { code, rawMessage } = ConfedError.from(reason, "unavailable");
    this.#reply({ tell: "failing", number, code, message: rawMessage, unopened });
  }
}
