import type { Duplex } from "node:stream";
import { type Clock, ConfedError, JsonChannel, once } from "@confed/kernel";
import type { ReceivedDescriptor } from "@confed/transports";
import type { InheritedOutage } from "../console/inherited-console.ts";
import type { GatewayListener } from "../gateway/agent-gateway.ts";
import { receiveDescriptor } from "../transports/assemble.ts";
import type { HandedSeat } from "../viewers/held-seats.ts";
import {
  type FromPredecessor,
  type FromSuccessor,
  type HandedConsole,
  type HandedLink,
  type HandedLog,
  SUCCESSOR_FDS,
} from "./takeover-messages.ts";

export interface InheritanceDeps {
  readonly clock: Pick<Clock, "after">;
  readonly version: string;
}

/** A console whose link goes on, and the link. */
export interface InheritedLink extends HandedConsole {
  readonly link: Omit<HandedLink, "name" | "fd">;
  /** Whoever takes it owns it. */
  readonly descriptor: ReceivedDescriptor;
}

type AnnouncedLink = Pick<InheritedLink, "link" | "descriptor">;

/** What an agent was given by the one before it, and its talk with that one. */
export class Inheritance {
  readonly listener = SUCCESSOR_FDS.listener;
  readonly #channel: JsonChannel<FromSuccessor, FromPredecessor>;
  readonly #deps: InheritanceDeps;
  /** Ready to be read, and still the predecessor's. */
  readonly #links = new Map<string, AnnouncedLink>();
  readonly #consoles = new Map<string, HandedConsole>();
  readonly #outages = new Map<string, InheritedOutage>();
  readonly #logs: HandedLog[] = [];
  readonly #seats: HandedSeat[] = [];
  readonly #announced = once();
  readonly #told = once();
  readonly #given = once();
  readonly #begun = once();
  #failure: ConfedError | undefined;
  #instance = "";
  #gateway: readonly GatewayListener[] = [];
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

  /** What conserver's clients come to, once `announced` has resolved. Whoever takes it owns it. */
  get gateway(): readonly GatewayListener[] {
    return this.#gateway;
  }

  /** Where logs were left, once `receive` has resolved. */
  get logs(): readonly HandedLog[] {
    return this.#logs;
  }

  /** Who was attached, once `ready` has resolved. */
  get seats(): readonly HandedSeat[] {
    return this.#seats;
  }

  /** All links are here. Resolves with how the predecessor calls itself to heads, and so do we. */
  async announced(): Promise<string> {
    await this.#within(this.#announced.promise);
    return this.#instance;
  }

  /** Ready to be given everything. Resolves when everything that is in no file is here. */
  async receive(): Promise<void> {
    this.#channel.send({ say: "prepared", version: this.#deps.version, goesOn: true });
    await this.#within(this.#told.promise);
  }

  /** Resolves when the state directory is free. */
  async free(): Promise<void> {
    await this.#within(this.#given.promise);
  }

  /** A console whose link goes on; its descriptor is the caller's from now on. */
  take(name: string): InheritedLink | undefined {
    const console = this.#consoles.get(name);
    const link = this.#links.get(name);
    if (console === undefined || link === undefined) return undefined;
    this.#links.delete(name);
    return { ...console, ...link };
  }

  outageOf(name: string): InheritedOutage | undefined {
    return this.#outages.get(name);
  }

  /** All that can go on goes on; the rest is closed. Resolves when the predecessor reads no more. */
  async ready(): Promise<void> {
    this.#channel.send({ say: "ready" });
    await this.#within(this.#begun.promise);
    // What was lost or settled too late since we were started came with us all the same.
    for (const { descriptor } of this.#links.values()) descriptor.discard();
    this.#links.clear();
    this.#consoles.clear();
  }

  /** Nothing is urgent any more. The predecessor is not heard of after that. */
  async settled(): Promise<void> {
    this.#channel.send({ say: "settled" });
    await this.#channel.drained();
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
      case "links":
        for (const { name, fd, ...link } of message.page)
          this.#links.set(name, { link, descriptor: receiveDescriptor(fd) });
        return;
      case "prepare":
        this.#instance = message.instance;
        this.#gateway = message.gateway ?? [];
        this.#announced.resolve();
        return;
      case "consoles":
        for (const handed of message.page) this.#consoles.set(handed.name, handed);
        return;
      case "outages":
        for (const { name, ...outage } of message.page) this.#outages.set(name, outage);
        return;
      case "logs":
        this.#logs.push(...message.page);
        return;
      case "told":
        this.#told.resolve();
        return;
      case "go":
        this.#given.resolve();
        return;
      case "seats":
        this.#seats.push(...message.page);
        return;
      case "begin":
        this.#hasBegun = true;
        this.#begun.resolve();
    }
  }

  #fail(cause: ConfedError): void {
    // Its end, once it has nothing any more, is no failure.
    if (this.#hasBegun) return;
    this.#failure = cause;
    for (const step of [this.#announced, this.#told, this.#given, this.#begun]) step.resolve();
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
