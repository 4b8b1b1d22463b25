import {
  type Clock,
  ConfedError,
  createBackoff,
  formatHostPort,
  type HostPort,
  type Logger,
  Scope,
} from "@confed/kernel";
import { type FollowResponseReceived, openChannel, type TlsProvider } from "@confed/wire";

export interface WritingHeadDeps {
  /** The heads of the cluster: which of them writes, they say themselves. */
  readonly heads: readonly HostPort[];
  readonly tls: TlsProvider;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly resolveHost: (host: string, signal: AbortSignal) => Promise<readonly string[]>;
  /** Of what is known: that need not be sent again. */
  readonly digest: () => string;
  /** For each connection: who takes its messages; throwing ends it. */
  readonly listener: (address: string) => (message: FollowResponseReceived) => void;
}

/** Bounds of following, with their reasons. */
const FOLLOWING_LIMITS = {
  /** A head that does not answer by then is as good as dead; another may be the one that writes. */
  connectTimeoutMs: 5_000,
  /** Three statements that did not come. Counted in ticks: while this process stood still nobody could be heard. */
  tickMs: 1_000,
  silentTicksMax: 6,
  /** A head that comes back is followed again as soon as agents are back at it. */
  retryMsMax: 5_000,
} as const;

/** The way to the head that writes, for as long as it is not stopped. */
export class WritingHead {
  readonly #deps: WritingHeadDeps;
  readonly #scope = new Scope();
  readonly #retryDelayMs = createBackoff({ firstMs: 500, maxMs: FOLLOWING_LIMITS.retryMsMax });
  #isConnected = false;
  #cause: ConfedError | undefined;

  constructor(deps: WritingHeadDeps) {
    this.#deps = deps;
    void this.#run();
  }

  /** Why it is not followed now; undefined while it is. */
  get cause(): ConfedError | undefined {
    return this.#isConnected
      ? undefined
      : (this.#cause ?? new ConfedError("head_unreachable", "it was not reached yet"));
  }

  #isStopped(): boolean {
    return this.#scope.signal.aborted;
  }

  stop(): Promise<void> {
    return this.#scope.close(new ConfedError("canceled", "the head ends"));
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#deps;
    for (let attempt = 0; !this.#isStopped(); attempt++) {
      let cause = new ConfedError("head_unreachable", "no other head is named", {
        hint: "head: { heads: [...] } names the other heads of the cluster",
      });
      for (const head of this.#deps.heads) {
        const error = await this.#follow(head, () => {
          attempt = 0;
        });
        if (this.#isStopped()) return;
        // What the head that writes says counts more than that others do not.
        if (error.code !== "read_only_head" || this.#deps.heads.length === 1) cause = error;
      }
      if (this.#cause?.message !== cause.message)
        logger.warn("the head that writes is not followed", { cause: cause.rawMessage });
      this.#cause = cause;
      await this.#pause(clock, this.#retryDelayMs(attempt));
    }
  }

  /** One connection. Resolves with why it ended; never rejects. */
  async #follow(head: HostPort, proven: () => void): Promise<ConfedError> {
    const { clock, logger, resolveHost, tls, digest, listener } = this.#deps;
    const life = this.#scope.child();
    const address = formatHostPort(head);
    try {
      const [host = head.host] = await resolveHost(head.host, life.signal);
      const channel = openChannel("Head", formatHostPort({ host, port: head.port }), { provider: tls });
      life.own(() => {
        channel.close();
      });
      await channel.ready({ timeoutMs: FOLLOWING_LIMITS.connectTimeoutMs, signal: life.signal });
      const stream = channel.client.follow({ digest: Buffer.from(digest(), "hex") }, { signal: life.signal });
      const hear = listener(address);
      return await new Promise<ConfedError>((resolve) => {
        let silentTicks = 0;
        const tick = () => {
          silentTicks += 1;
          if (silentTicks > FOLLOWING_LIMITS.silentTicksMax)
            resolve(new ConfedError("head_unreachable", `head ${address} is silent`, { where: address }));
          cancelTick = clock.after(FOLLOWING_LIMITS.tickMs, tick);
        };
        let cancelTick = clock.after(FOLLOWING_LIMITS.tickMs, tick);
        life.own(() => {
          cancelTick();
        });
        stream.receive(
          (message) => {
            silentTicks = 0;
            try {
              hear(message);
            } catch (reason) {
              resolve(ConfedError.from(reason));
              return;
            }
            if (!message.statement || this.#isConnected) return;
            this.#isConnected = true;
            // The next time is news, whatever it was before.
            this.#cause = undefined;
            logger.info("following the head that writes", { address });
            proven();
          },
          (error) => {
            resolve(
              error ?? new ConfedError("head_unreachable", `head ${address} has ended`, { where: address }),
            );
          },
        );
      });
    } catch (reason) {
      return ConfedError.from(reason, "head_unreachable");
    } finally {
      this.#isConnected = false;
      await life.close();
    }
  }

  #pause(clock: Clock, delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(delayMs, () => {
        forget();
        resolve();
      });
      const forget = this.#scope.own(() => {
        cancel();
        resolve();
      });
    });
  }
}
