import { type RunningHead, startHead } from "@confed/head";
import { type Clock, silentLogger, systemClock } from "@confed/kernel";
import {
  type Channel,
  type Client,
  type ConsoleStatus,
  type Duplex,
  type Handlers,
  type Inlet,
  type JoinReplyReceived,
  type JoinReport,
  openChannel,
  type ProcessStatusReceived,
  startServer,
} from "@confed/wire";

/** Messages of a stream, kept, and waited for. */
export class Inbox<T> {
  readonly messages: T[] = [];
  ended: { readonly error: Error | undefined } | undefined;
  #waiting: (() => void)[] = [];

  constructor(inlet: Inlet<T>, onMessage: (message: T) => void = () => undefined) {
    inlet.receive(
      (message) => {
        onMessage(message);
        this.messages.push(message);
        this.#moved();
      },
      (error) => {
        this.ended = { error };
        this.#moved();
      },
    );
  }

  /** Resolves as soon as `condition` holds; looked at after every message and at the end. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves with the error that ended it. */
  async end(): Promise<Error | undefined> {
    await this.until(() => this.ended !== undefined);
    return this.ended?.error;
  }

  #moved(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** An agent that a test plays towards a real head. */
export interface PlayedAgent {
  readonly id: string;
  readonly stream: Duplex<JoinReplyReceived, JoinReport>;
  readonly replies: Inbox<JoinReplyReceived>;
  /** Its connection breaks. */
  kill(): void;
}

export interface PlayedJoin {
  readonly id: string;
  readonly consoles: readonly ConsoleStatus[];
  readonly advertise?: readonly string[];
  readonly instance?: string;
}

/** A real head, a client of it, and agents that join it as a test says. */
export class HeadRig {
  readonly head: RunningHead;
  readonly client: Client<"Head">;
  readonly signal: AbortSignal = new AbortController().signal;
  readonly #closers: (() => unknown)[] = [];

  constructor(head: RunningHead) {
    this.head = head;
    this.client = this.connect().client;
  }

  /** Without a grace for agents on their way, unless the test is about it. */
  static async start({
    clock = systemClock,
    joinGraceMs = 0,
  }: {
    readonly clock?: Clock;
    readonly joinGraceMs?: number;
  } = {}): Promise<HeadRig> {
    const head = await startHead(
      { listen: { host: "127.0.0.1", port: 0 }, joinGraceMs },
      {
        clock,
        logger: silentLogger,
        version: "1.0",
        resolveHost: async (host) => (host === "localhost" ? ["127.0.0.1"] : []),
      },
    );
    return new HeadRig(head);
  }

  /** Another connection to the head. */
  connect(): Channel<"Head"> {
    const channel = openChannel("Head", `127.0.0.1:${this.head.port}`);
    this.own(() => {
      channel.close();
    });
    return channel;
  }

  /** Called when the rig closes, newest first. */
  own(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** The side of an agent that heads dial. Returns its address and how to stop it. */
  async serveAgent(
    handlers: Handlers<"Agent">,
    port = 0,
  ): Promise<{ address: string; stop(): Promise<void> }> {
    const server = await startServer({
      listen: { host: "127.0.0.1", port },
      services: { Agent: handlers },
      logger: silentLogger,
    });
    this.own(() => server.close());
    return { address: `127.0.0.1:${server.port}`, stop: () => server.close() };
  }

  /** Join with a whole snapshot; resolves when the head shows it. */
  async join({ id, consoles, advertise = [], instance = "i1" }: PlayedJoin): Promise<PlayedAgent> {
    const channel = this.connect();
    const stream = channel.client.join({ signal: this.signal });
    // Its heartbeat is an echo of the head's, so that a test needs no clock for it.
    const replies = new Inbox(stream, ({ heartbeat }) => {
      if (heartbeat) stream.send({ heartbeat: {} });
    });
    stream.send({ hello: { agent: id, advertise: [...advertise], version: "1.0", instance } });
    for (let at = 0; at < consoles.length; at += 500) {
      stream.send({ statuses: { consoles: consoles.slice(at, at + 500) } });
    }
    stream.send({ synced: { version: 1 } });
    await this.until(({ peers }) =>
      peers.some((peer) => peer.id === id && peer.state === "up" && peer.consoles === consoles.length),
    );
    return {
      id,
      stream,
      replies,
      kill: () => {
        channel.close();
      },
    };
  }

  /** Ask the head how it is, until it is so. */
  async until(condition: (status: ProcessStatusReceived) => boolean): Promise<void> {
    while (!condition(await this.client.status({}, { signal: this.signal })));
  }

  /** What a number is once it does not change any more while the head answers a hundred times. */
  async settled(read: () => number): Promise<number> {
    let last = read();
    for (let same = 0; same < 100; same++) {
      await this.client.status({}, { signal: this.signal });
      if (read() !== last) same = 0;
      last = read();
    }
    return last;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
    await this.head.close();
  }
}
