import { type Cancel, type Clock, ConfedError, type ErrorCode } from "@confed/kernel";
import {
  type AttachRequest,
  type AttachRequestReceived,
  type AttachResponse,
  type AttachResponseReceived,
  type Duplex,
  toDetail,
} from "@confed/wire";
import { agentLoss } from "./agent-loss.ts";
import { backpressure } from "./backpressure.ts";
import { type AttachRoute, type RouteAttachDeps, routeAttach } from "./route-attach.ts";

export interface RelayDeps extends RouteAttachDeps {
  readonly clock: Clock;
}

/** A client says at once what it wants. */
const OPEN_TIMEOUT_MS = 10_000;
/** How long an agent may take to end what its client has ended. */
const GOODBYE_TIMEOUT_MS = 10_000;

// What the agent itself decided, and another attach will not change.
const DECIDED: ReadonlySet<ErrorCode> = new Set(["invalid_argument", "permission_denied", "unauthenticated"]);

/**
 * One relayed attach: messages of a client and of an agent passed on, both ways, each side held
 * back while the other does not read. Only `open` and `end` are understood.
 *
 * The client speaks first here, for its `open` says which agent to dial; the agent's hello follows
 * through the relay. A ticket's proof must sign that hello's nonce: once there are tickets, the
 * name of the console comes in the metadata of the call, so that hello can come before `open`.
 */
export class Relay {
  readonly #client: Duplex<AttachRequestReceived, AttachResponse>;
  readonly #deps: RelayDeps;
  readonly #onOver: () => void;
  readonly #abort = new AbortController();
  #agentSide: Duplex<AttachResponseReceived, AttachRequest> | undefined;
  #holdClient: () => void = () => undefined;
  #cancelDeadline: Cancel;
  #console: string | undefined;
  #halfClosed = false;
  /** The client has its `end`, or is gone. */
  #clientOver = false;

  constructor(client: Duplex<AttachRequestReceived, AttachResponse>, deps: RelayDeps, onOver: () => void) {
    this.#client = client;
    this.#deps = deps;
    this.#onOver = onOver;
    this.#cancelDeadline = deps.clock.after(OPEN_TIMEOUT_MS, () => {
      this.#refuse(new ConfedError("deadline_exceeded", "the attach began without open"), false);
    });
    client.receive(
      (message) => {
        this.#fromClient(message);
      },
      (error) => {
        this.#clientEnded(error);
      },
    );
    // After its half-close this is the only word of its going away.
    client.signal.addEventListener(
      "abort",
      () => {
        this.#endClient();
      },
      { once: true },
    );
  }

  #fromClient(message: AttachRequestReceived): void {
    if (this.#clientOver) return;
    if (this.#agentSide !== undefined) {
      this.#agentSide.send(message);
      this.#holdClient();
    } else if (message.open && this.#console === undefined) {
      this.#cancelDeadline();
      this.#console = message.open.console;
      // What it types meanwhile stays in its stream until there is an agent to give it to.
      this.#client.pause();
      void this.#open(message, message.open.console);
    } else
      this.#refuse(new ConfedError("invalid_argument", "the first message of an attach must be open"), false);
  }

  async #open(open: AttachRequestReceived, console: string): Promise<void> {
    try {
      const route = await routeAttach(console, this.#deps, this.#client.signal);
      if (!this.#clientOver) this.#connect(route, open);
    } catch (reason) {
      const error = ConfedError.from(reason);
      // A head that has just started does not know yet what its agents have.
      this.#refuse(error, !DECIDED.has(error.code));
    }
  }

  #connect({ agent, client }: AttachRoute, open: AttachRequestReceived): void {
    const agentSide = client.attach({ signal: this.#abort.signal });
    this.#agentSide = agentSide;
    this.#holdClient = backpressure(this.#client, agentSide);
    const holdAgent = backpressure(agentSide, this.#client);
    agentSide.receive(
      (message) => {
        if (this.#clientOver) return;
        this.#client.send(message);
        if (message.end) this.#endClient();
        else holdAgent();
      },
      (error) => {
        this.#cancelDeadline();
        this.#agentEnded(agent, error);
      },
    );
    agentSide.send(open);
    this.#client.resume();
  }

  #agentEnded(agent: string, error: ConfedError | undefined): void {
    // It answers the good-bye of its client.
    if (error === undefined && this.#halfClosed) this.#endClient();
    else {
      const loss = agentLoss(agent, error);
      this.#refuse(loss, !DECIDED.has(loss.code));
    }
  }

  #clientEnded(error: ConfedError | undefined): void {
    if (error !== undefined || this.#agentSide === undefined) this.#endClient();
    else {
      // It has said all it had to say, and still reads: the agent ends the session.
      this.#halfClosed = true;
      this.#agentSide.end();
    }
  }

  #refuse(error: ConfedError, reattach: boolean): void {
    if (this.#clientOver) return;
    this.#client.send({ end: { error: toDetail(error), reattach } });
    this.#endClient();
  }

  #endClient(): void {
    if (this.#clientOver) return;
    this.#clientOver = true;
    this.#cancelDeadline();
    this.#client.end();
    this.#leaveAgent();
    this.#onOver();
  }

  /**
   * Half-closed, not cancelled: a thousand clients that are lost together would be a thousand
   * cancelled streams, and HTTP/2 ends the connection for that. A good agent ends what was ended.
   */
  #leaveAgent(): void {
    const agentSide = this.#agentSide;
    if (agentSide === undefined || agentSide.signal.aborted) return;
    agentSide.end();
    this.#cancelDeadline = this.#deps.clock.after(GOODBYE_TIMEOUT_MS, () => {
      this.#abort.abort(new ConfedError("deadline_exceeded", "the agent did not end the attach"));
    });
  }
}
