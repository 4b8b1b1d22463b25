import { ConfedError, type Logger } from "@confed/kernel";
import type { Channel, Client } from "@confed/wire";
import type { AgentRecord } from "../directory/agent-record.ts";
import { type DialAgentDeps, dialAgent } from "./dial-agent.ts";
import { type Cancellable, PacedCancel } from "./paced-cancel.ts";

/**
 * Relayed attaches have a connection of their own: their thousands of streams must never keep an
 * inspection or a tail waiting.
 */
export type Lane = "control" | "relay";

export interface AgentLinkDeps extends DialAgentDeps {
  readonly logger: Logger;
  /** Told after every dial. */
  readonly onDialled: (failure: ConfedError | undefined) => void;
}

interface LaneState {
  channel: Channel<"Agent"> | undefined;
  connecting: Promise<Channel<"Agent">> | undefined;
  readonly cancels: PacedCancel;
}

/** A channel that was good before answers at once, or it is broken. */
const REUSE_TIMEOUT_MS = 500;

/** The head's connections to one agent: made when needed, kept while it is known. */
export class AgentLink {
  readonly #agent: AgentRecord;
  readonly #deps: AgentLinkDeps;
  readonly #lanes: Readonly<Record<Lane, LaneState>>;
  readonly #closed = new AbortController();
  #failed = false;

  constructor(agent: AgentRecord, deps: AgentLinkDeps) {
    this.#agent = agent;
    this.#deps = deps;
    const lane = (): LaneState => ({
      channel: undefined,
      connecting: undefined,
      cancels: new PacedCancel(deps.clock),
    });
    this.#lanes = { control: lane(), relay: lane() };
  }

  /** The agent's name. */
  get agent(): string {
    return this.#agent.id;
  }

  /** False when the last dial failed, or there is nothing to dial. */
  get dialable(): boolean {
    return !this.#failed && this.#agent.identity.advertise.length > 0;
  }

  /** A connected client. Rejects with "agent_unreachable"; the next call tries again. */
  async client(name: Lane, signal: AbortSignal): Promise<Client<"Agent">> {
    const lane = this.#lanes[name];
    lane.connecting ??= this.#connect(lane).finally(() => {
      lane.connecting = undefined;
    });
    return (await abortable(lane.connecting, signal)).client;
  }

  /** See whether it can be dialled, without waiting for the answer. */
  probe(): void {
    if (this.#lanes.relay.connecting !== undefined) return;
    this.client("relay", this.#closed.signal).catch((reason: unknown) => {
      this.#deps.logger.warn("agent cannot be dialled: no relay, no tail", {
        agent: this.#agent.id,
        cause: ConfedError.from(reason).rawMessage,
      });
    });
  }

  /** Give up a stream of a lane, in time. */
  retire(name: Lane, stream: Cancellable): void {
    this.#lanes[name].cancels.cancel(stream);
  }

  /** End every call; the next one dials afresh. For an agent that was started again, or not heard of for a while. */
  hangUp(): void {
    for (const lane of Object.values(this.#lanes)) {
      lane.cancels.forget();
      lane.channel?.close();
      lane.channel = undefined;
    }
  }

  close(): void {
    this.#closed.abort(new ConfedError("canceled", "the head ends"));
    this.hangUp();
  }

  async #connect(lane: LaneState): Promise<Channel<"Agent">> {
    const { signal } = this.#closed;
    const kept = lane.channel;
    if (kept !== undefined) {
      try {
        await kept.ready({ timeoutMs: REUSE_TIMEOUT_MS, signal });
        // The other lane may have failed meanwhile: it can be dialled, as one sees.
        if (this.#failed) this.#dialled(undefined);
        return kept;
      } catch {
        // Its calls have failed already; perhaps another of the addresses works.
        kept.close();
        if (lane.channel === kept) lane.channel = undefined;
      }
    }
    try {
      const channel = await dialAgent(this.#agent, this.#deps, signal);
      if (signal.aborted) channel.close();
      lane.channel = channel;
      this.#dialled(undefined);
      return channel;
    } catch (reason) {
      const error = ConfedError.from(reason);
      if (!signal.aborted) this.#dialled(error);
      throw error;
    }
  }

  #dialled(failure: ConfedError | undefined): void {
    this.#failed = failure !== undefined;
    this.#deps.onDialled(failure);
  }
}

/** A dial is shared by all who wait for it, and goes on when one of them does not any more. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(ConfedError.from(signal.reason, "canceled"));
    };
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    const settled = () => {
      signal.removeEventListener("abort", abort);
    };
    promise.then(resolve, reject).then(settled, settled);
  });
}
