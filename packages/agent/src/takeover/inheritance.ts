import { closeSync } from "node:fs";
import type { Duplex } from "node:stream";
import { type Clock, ConfedError, once } from "@confed/kernel";
import { JsonChannel } from "../shards/json-channel.ts";
import {
  type FromPredecessor,
  type FromSuccessor,
  type HandedConsole,
  SUCCESSOR_FDS,
} from "./takeover-messages.ts";

export interface InheritanceDeps {
  readonly clock: Pick<Clock, "after">;
  readonly version: string;
}

/** What an agent was given by the one before it, and its talk with that one. */
export class Inheritance {
  readonly listener = SUCCESSOR_FDS.listener;
  readonly #channel: JsonChannel<FromSuccessor, FromPredecessor>;
  readonly #deps: InheritanceDeps;
  readonly #consoles = new Map<string, HandedConsole>();
  readonly #given = once();
  readonly #begun = once();
  #failure: ConfedError | undefined;
  #instance = "";
  #hasBegun = false;

  /** Over the channel that the predecessor left at its descriptor. */
  constructor(socket: Duplex, deps: InheritanceDeps) {
    this.#deps = deps;
    this.#channel = new JsonChannel(socket, {
      onMessage: (message) => {
        this.#hear(message);
      },
      onEnd: () => {
        this.#fail(new ConfedError("canceled", "the process before this one goes on, or is gone"));
      },
    });
  }

  /** How the predecessor calls itself to heads, and so do we. */
  get instance(): string {
    return this.#instance;
  }

  /** Ready to be given everything. Resolves when it is: from then on the state directory is free. */
  async receive(): Promise<void> {
    this.#channel.send({ say: "prepared", version: this.#deps.version });
    await this.#within(this.#given.promise);
  }

  /** A link that goes on; whoever takes it owns its descriptor. */
  take(name: string): HandedConsole | undefined {
    const handed = this.#consoles.get(name);
    this.#consoles.delete(name);
    return handed;
  }

  /** All that can go on goes on; the rest is closed. Resolves when the predecessor reads no more. */
  async ready(): Promise<void> {
    for (const { fd } of this.#consoles.values()) closeSync(fd);
    this.#consoles.clear();
    this.#channel.send({ say: "ready" });
    await this.#within(this.#begun.promise);
    this.#channel.close();
  }

  /** Tell the predecessor why it has to go on itself. */
  async failed(reason: unknown): Promise<void> {
    const { code, rawMessage } = ConfedError.from(reason);
    this.#channel.send({ say: "failed", code, message: rawMessage });
    await this.#channel.drained();
    this.#channel.close();
  }

  #hear(message: FromPredecessor): void {
    switch (message.say) {
      case "consoles":
        for (const handed of message.page) this.#consoles.set(handed.name, handed);
        return;
      case "go":
        this.#instance = message.instance;
        this.#closeUnclaimed(message.fdCount);
        this.#given.resolve();
        return;
      case "begin":
        this.#hasBegun = true;
        this.#begun.resolve();
    }
  }

  // What was lost or settled too late since we were started came with us all the same.
  #closeUnclaimed(fdCount: number): void {
    const claimed = new Set([...this.#consoles.values()].map(({ fd }) => fd));
    for (let fd = SUCCESSOR_FDS.firstLink; fd < SUCCESSOR_FDS.firstLink + fdCount; fd += 1) {
      if (!claimed.has(fd)) closeSync(fd);
    }
  }

  #fail(cause: ConfedError): void {
    // Its end, once it has nothing any more, is no failure.
    if (this.#hasBegun) return;
    this.#failure = cause;
    this.#given.resolve();
    this.#begun.resolve();
  }

  async #within(step: Promise<void>): Promise<void> {
    const cancel = this.#deps.clock.after(STEP_MS_MAX, () => {
      this.#fail(new ConfedError("deadline_exceeded", "the process before this one does not go on"));
    });
    await step;
    cancel();
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** More than the predecessor takes for any step: it would give up first. */
const STEP_MS_MAX = 60_000;
