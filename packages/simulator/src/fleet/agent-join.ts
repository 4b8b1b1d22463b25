import { lookup } from "node:dns/promises";
import {
  type Clock,
  ConfedError,
  createBackoff,
  formatHostPort,
  type Logger,
  parseHostPort,
  Scope,
} from "@confed/kernel";
import {
  type Duplex,
  fromDetail,
  type JoinReplyReceived,
  type JoinReport,
  openChannel,
  statusPages,
  type TlsProvider,
} from "@confed/wire";
import type { DueQueue } from "../due-queue.ts";
import type { AgentConsoles } from "./agent-consoles.ts";
import type { AgentTickets } from "./agent-tickets.ts";

export interface AgentJoinDeps {
  /** Who the agent is, in a cluster. */
  readonly tls: TlsProvider | undefined;
  readonly tickets: AgentTickets | undefined;
  readonly consoles: AgentConsoles;
  readonly advertise: readonly string[];
  /** Random per start of the agent. */
  readonly instance: string;
  readonly version: string;
  readonly clock: Clock;
  readonly queue: DueQueue;
  readonly logger: Logger;
  /** Uniform in [0, 1), for the times between attempts. */
  readonly random: () => number;
  /** It is joined, its snapshot sent; or it is not any more. */
  readonly onJoined: (joined: boolean) => void;
}

type Stream = Duplex<JoinReplyReceived, JoinReport>;

/** As a real agent does it, see packages/agent/src/join. */
const HEARTBEAT_INTERVAL_MS = 2_000;
const SILENT_BEATS_MAX = 3;
const DELTA_DELAY_MS = 50;
const DELTA_INTERVAL_MS = 250;
const BACKLOG_BYTES_MAX = 512 * 1024;
const CONNECT_TIMEOUT_MS = 5_000;
const RETRY = { firstMs: 500, maxMs: 5_000 };
const HEALTHY_AFTER_MS = 10_000;

/** One simulated agent's join to one head, for as long as it is not stopped: again and again, with jitter. */
export class AgentJoin {
  readonly #head: string;
  readonly #deps: AgentJoinDeps;
  readonly #scope = new Scope();
  readonly #retryDelayMs: (attempt: number) => number;
  readonly #dirty = new Set<number>();
  #stream: Stream | undefined;
  #attempt = 0;
  #joinedAtMs = Number.POSITIVE_INFINITY;
  #deltaArmed = false;
  #deltaAtMs = Number.NEGATIVE_INFINITY;

  /** `head` is `host:port`. */
  constructor(head: string, deps: AgentJoinDeps) {
    this.#head = head;
    this.#deps = deps;
    this.#retryDelayMs = createBackoff({ ...RETRY, random: deps.random });
  }

  start(): void {
    const { consoles } = this.#deps;
    this.#scope.own(
      consoles.listen((index) => {
        if (this.#stream === undefined) return;
        this.#dirty.add(index);
        this.#armDelta();
      }),
    );
    void this.#connect();
  }

  stop(): Promise<void> {
    if (this.#stream !== undefined) this.#deps.onJoined(false);
    this.#stream = undefined;
    return this.#scope.close(new ConfedError("canceled", "the fleet ends"));
  }

  // One life of the stream. Every way it can end leads to #lost, once.
  async #connect(): Promise<void> {
    const { tls, tickets, consoles, clock, queue } = this.#deps;
    const life = this.#scope.child();
    const lost = life.guard((cause: ConfedError) => {
      void life.close(cause);
      this.#lost(cause);
    });
    try {
      const channel = openChannel("Head", await numeric(this.#head), tls && { provider: tls });
      life.own(() => {
        channel.close();
      });
      await channel.ready({ timeoutMs: CONNECT_TIMEOUT_MS, signal: life.signal });
      const stream = channel.client.join({ signal: life.signal });
      let silentBeats = 0;
      let answered = false;
      const heartbeat = (count: number) => {
        stream.send({ heartbeat: { wallTimeMs: clock.wallTimeMs(), clockMs: this.#clockMs(), count } });
      };
      let head = "";
      stream.receive(
        life.guard((reply: JoinReplyReceived) => {
          silentBeats = 0;
          if (reply.heartbeat) {
            answered = true;
            heartbeat(reply.heartbeat.count);
          } else if (reply.refused) lost(refusal(reply));
          else if (reply.welcome) {
            head = reply.welcome.head;
            this.#welcomed(stream);
          } else if (reply.trust) tickets?.trust(head, reply.trust);
        }),
        (error) => {
          lost(error ?? new ConfedError("head_unreachable", "the head ended the join"));
        },
      );
      const { advertise, version, instance } = this.#deps;
      stream.send({
        hello: {
          agent: consoles.agent,
          advertise: [...advertise],
          version,
          instance,
          wallTimeMs: clock.wallTimeMs(),
          ticketEpoch: tickets?.epoch ?? "",
          clockMs: this.#clockMs(),
          answersHeartbeats: true,
        },
      });
      const beat = () => {
        if (life.signal.aborted) return;
        silentBeats += 1;
        if (silentBeats > SILENT_BEATS_MAX) {
          lost(new ConfedError("head_unreachable", `head ${this.#head} is silent`));
          return;
        }
        if (!answered) heartbeat(0);
        answered = false;
        queue.after(HEARTBEAT_INTERVAL_MS, beat);
      };
      queue.after(HEARTBEAT_INTERVAL_MS, beat);
    } catch (reason) {
      lost(ConfedError.from(reason, "head_unreachable"));
    }
  }

  #clockMs(): number {
    return Math.floor(this.#deps.clock.nowMs());
  }

  #welcomed(stream: Stream): void {
    const { consoles, clock, onJoined } = this.#deps;
    this.#joinedAtMs = clock.nowMs();
    this.#stream = stream;
    this.#dirty.clear();
    const statuses = (function* () {
      for (let index = 0; index < consoles.count; index += 1) yield consoles.status(index);
    })();
    for (const page of statusPages(statuses)) stream.send({ statuses: { consoles: page } });
    stream.send({ synced: { version: 0 } });
    onJoined(true);
  }

  #armDelta(): void {
    if (this.#deltaArmed) return;
    this.#deltaArmed = true;
    const { clock, queue } = this.#deps;
    const delayMs = Math.max(DELTA_DELAY_MS, DELTA_INTERVAL_MS - (clock.nowMs() - this.#deltaAtMs));
    queue.after(delayMs, () => {
      this.#deltaArmed = false;
      this.#sendDelta();
    });
  }

  #sendDelta(): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    // A head that does not read is not fed: changes wait in a set, which the consoles bound.
    if (stream.backlogBytes > BACKLOG_BYTES_MAX) {
      this.#armDelta();
      return;
    }
    const { consoles, clock } = this.#deps;
    this.#deltaAtMs = clock.nowMs();
    const statuses = Array.from(this.#dirty, (index) => consoles.status(index));
    this.#dirty.clear();
    for (const page of statusPages(statuses)) stream.send({ statuses: { consoles: page } });
  }

  #lost(cause: ConfedError): void {
    const { clock, queue, logger, consoles, onJoined } = this.#deps;
    if (this.#stream !== undefined) onJoined(false);
    this.#stream = undefined;
    if (this.#scope.signal.aborted) return;
    if (clock.nowMs() - this.#joinedAtMs >= HEALTHY_AFTER_MS) this.#attempt = 0;
    this.#joinedAtMs = Number.POSITIVE_INFINITY;
    // Once an outage, and hundreds of agents have it together: for whoever looks for it.
    if (this.#attempt === 0)
      logger.debug("simulated agent lost its head", {
        agent: consoles.agent,
        head: this.#head,
        cause: cause.message,
      });
    this.#attempt += 1;
    queue.after(this.#retryDelayMs(this.#attempt - 1), () => {
      if (!this.#scope.signal.aborted) void this.#connect();
    });
  }
}

async function numeric(head: string): Promise<string> {
  const { host, port } = parseHostPort(head);
  return formatHostPort({ host: (await lookup(host)).address, port });
}

function refusal({ refused }: JoinReplyReceived): ConfedError {
  const error = refused?.error;
  return error ? fromDetail(error) : new ConfedError("conflict", "the head refuses this agent");
}
