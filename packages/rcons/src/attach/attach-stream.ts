import { type Clock, ConfedError, type ErrorCode } from "@confed/kernel";
import { prove, type SigningKey } from "@confed/trust";
import {
  type AttachRequest,
  type AttachResponseReceived,
  type Duplex,
  fromDetail,
  type HelloReceived,
  type Open,
  type OpenedReceived,
} from "@confed/wire";
import { type Peer, peerFailure } from "../route/peer.ts";
import { SILENCE_SPAN, SILENCE_TEXT, SilenceWatch } from "../route/silence-watch.ts";

/** What one stream tells its session. After `ended` it says nothing more. */
export interface AttachStreamEvents {
  /** Let in, by this agent. */
  opened(opened: OpenedReceived, agent: string): void;
  /** Anything but hello, opened, end and heartbeats. */
  message(message: AttachResponseReceived): void;
  /** `final`: said by the agent, and another attach will not mend it. */
  ended(error: ConfedError, final: boolean): void;
}

export interface AttachStreamParts extends AttachStreamEvents {
  readonly peer: Peer;
  /** The agent behind a head; "" while nobody said. */
  readonly owner: string;
  readonly clock: Clock;
  /** The first message of the stream; made when it begins. */
  readonly open: Open;
  /** What ticket and resume token are bound to. */
  readonly key: SigningKey;
  /** The one agent that is shown that we hold it: another might show it on. "": none. */
  readonly proveTo: string;
}

// What gRPC makes of a connection that went away; the words under it help nobody.
const BROKEN: ReadonlySet<ErrorCode> = new Set([
  "canceled",
  "unavailable",
  "internal",
  "agent_unreachable",
  "head_unreachable",
]);

/** How long the agent may take to end an ended session, so that its last acknowledgements arrive. */
const CLOSE_TIMEOUT_MS = 300;

/** One attach stream to one peer, which it owns and closes. */
export class AttachStream {
  readonly #parts: AttachStreamParts;
  readonly #abort = new AbortController();
  readonly #stream: Duplex<AttachResponseReceived, AttachRequest>;
  readonly #silence: SilenceWatch;
  #agent = "";
  #over = false;
  #closed: (() => void) | undefined;

  constructor(parts: AttachStreamParts) {
    this.#parts = parts;
    this.#stream = parts.peer.client.attach({ signal: this.#abort.signal });
    this.#stream.receive(
      (message) => {
        this.#receive(message);
      },
      (error) => {
        const broken = error === undefined || BROKEN.has(error.code);
        this.#ended(
          broken ? this.#unreachable("broke the connection off", error) : peerFailure(parts.peer, error),
          false,
        );
      },
    );
    // We speak first: a relay has to know the console before it can dial the agent.
    this.#stream.send({ open: parts.open });
    this.#silence = new SilenceWatch(parts.clock, () => {
      this.#ended(this.#silent(), false);
    });
  }

  get peer(): Peer {
    return this.#parts.peer;
  }

  /** Bytes that the connection has not taken yet. */
  get backlogBytes(): number {
    return this.#stream.backlogBytes;
  }

  send(request: AttachRequest): void {
    this.#stream.send(request);
  }

  drained(): Promise<void> {
    return this.#stream.drained();
  }

  /** Read no further, for as long as it takes. */
  pause(): void {
    this.#silence.hold(true);
    this.#stream.pause();
  }

  resume(): void {
    this.#silence.hold(false);
    this.#stream.resume();
  }

  /** Say good-bye: resolves when the agent has ended it, or soon after. Nothing is told any more. */
  async close(): Promise<void> {
    if (this.#over) return;
    const closed = new Promise<void>((resolve) => {
      this.#closed = resolve;
    });
    this.#stream.end();
    const cancel = this.#parts.clock.after(CLOSE_TIMEOUT_MS, () => {
      this.#ended(this.#unreachable("did not say good-bye"), false);
    });
    await closed;
    cancel();
  }

  #receive(message: AttachResponseReceived): void {
    this.#silence.heard();
    if (this.#over) return;
    if (message.end) {
      const { error, reattach } = message.end;
      this.#ended(error === null ? this.#unreachable("ended the session") : fromDetail(error), !reattach);
      return;
    }
    // After the good-bye only the end itself is waited for.
    if (this.#closed !== undefined || message.heartbeat) return;
    if (message.hello) this.#greet(message.hello);
    else if (message.opened) this.#parts.opened(message.opened, this.#agent);
    else this.#parts.message(message);
  }

  #greet({ agent, nonce, proveId }: HelloReceived): void {
    this.#agent = agent;
    const { key, proveTo } = this.#parts;
    if (proveId === "") return;
    if (agent === proveTo) this.send({ prove: { signature: prove(key, { id: proveId, agent, nonce }) } });
    else {
      const wrong = new ConfedError(
        "unauthenticated",
        `agent ${agent} answers instead of ${proveTo || "one that a head named"}`,
        {
          subject: agent,
          hint: "is the address that the head has of that agent right?",
        },
      );
      this.#ended(wrong, true);
    }
  }

  #ended(error: ConfedError, final: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#silence.stop();
    this.#abort.abort(error);
    this.#parts.peer.close();
    if (this.#closed === undefined) this.#parts.ended(error, final);
    else this.#closed();
  }

  #silent(): ConfedError {
    const { peer, owner } = this.#parts;
    if (peer.role === "agent" || owner === "") return this.#unreachable(SILENCE_TEXT);
    // Which of the two it is that stands still, nobody can say from here.
    return new ConfedError(
      "deadline_exceeded",
      `nothing heard from agent ${owner} through head ${peer.address} for ${SILENCE_SPAN}`,
      { where: peer.address },
    );
  }

  #unreachable(what: string, cause?: ConfedError): ConfedError {
    const { role, address } = this.#parts.peer;
    return new ConfedError(`${role}_unreachable`, `${role} ${address} ${what}`, { where: address, cause });
  }
}
