import {
  type Cancel,
  type Clock,
  ConfedError,
  createBackoff,
  formatHostPort,
  type HostPort,
  type Logger,
  type Once,
  once,
  Scope,
} from "@confed/kernel";
import {
  type Assigned,
  type AssignPageReceived,
  type ConsoleStatus,
  type Duplex,
  fromDetail,
  type JoinReplyReceived,
  type JoinReport,
  openChannel,
  type PeerStatus,
  statusPages,
  type TlsProvider,
  type TrustPageReceived,
  toDetail,
} from "@confed/wire";
import type { AssignmentInbox } from "../assignments/assignment-inbox.ts";
import type { ConsoleTable } from "../console/console-table.ts";

export interface JoinDeps {
  readonly agent: string;
  /** Where heads and clients reach this agent. */
  readonly advertise: readonly string[];
  readonly version: string;
  /** Random per start of the agent. */
  readonly instance: string;
  /** Random per process: tickets for an earlier one are refused. */
  readonly ticketEpoch: string;
  /** Heads are reached in TLS, and must be heads of this cluster. */
  readonly tls?: TlsProvider | undefined;
  /** Takes what a head says about who may do what, page by page. Throws for what cannot be read. */
  readonly trusting: (head: string) => (page: TrustPageReceived) => void;
  /** The certificate of this head, which was joined, counts no more. */
  readonly onLockedOut?: ((head: string) => void) | undefined;
  /** The port at which conserver's own clients are served; 0: none. */
  readonly conserverPort?: (() => number) | undefined;
  /** The name that all processes of a host share, where it is several. */
  readonly host?: string | undefined;
  /** Takes what a head assigns, and answers it; without it, this process takes none. */
  readonly assigning?: ((head: string, answer: (assigned: Assigned) => void) => AssignmentInbox) | undefined;
  readonly table: ConsoleTable;
  readonly logLagMs: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly resolveHost: (host: string, signal: AbortSignal) => Promise<readonly string[]>;
}

type Stream = Duplex<JoinReplyReceived, JoinReport>;

/** Bounds of a join, with their reasons. */
const JOIN_LIMITS = {
  /** A dead head, or one behind a cut network, is known within 6 s. Ours answer the head's; by ourselves we say one where none came. */
  heartbeatMs: 2_000,
  /**
   * Heartbeats of ours without a word from the head: by the third of them it was silent for 4 to 6 s. Counted, not
   * timed: while this process stood still nobody could be heard, and one heartbeat passed.
   */
  silentBeatsMax: 3,
  /** Changes of one tick go as one page. */
  deltaDelayMs: 50,
  /**
   * Between two pages: of many changes a second most go with others. A head of a hundred agents is told four
   * times a second by each, not ten times; what changes rarely is there as soon as ever.
   */
  deltaIntervalMs: 250,
  /** A head that does not read is not fed: changes wait in a set, which is bounded by the consoles. */
  backlogBytesMax: 512 * 1024,
  /** A head that does not answer by then is as good as dead; the next try may find another address. */
  connectTimeoutMs: 5_000,
  /** What a successor takes to join, on a busy host. */
  retireMs: 3_000,
  /** A head that comes back has every agent again within 5 s: this, and a TCP connection on its way that tries again 2 s later. */
  retryMsMax: 3_000,
  /** A join that lasted this long proves the head healthy, so back-off starts over. */
  healthyAfterMs: 10_000,
} as const;

/** Names have at most 64 bytes or so: a page stays far below a message's bound. */
const NAMES_PER_PAGE = 500;

/**
 * Keep one head informed for as long as the scope lives: connect, send the snapshot, then what
 * changes, and begin again when it breaks. The agent never waits for it.
 */
export class Join {
  readonly #head: HostPort;
  readonly #deps: JoinDeps;
  readonly #scope = new Scope();
  readonly #dirty = new Set<string>();
  readonly #retryDelayMs = createBackoff({ firstMs: 500, maxMs: JOIN_LIMITS.retryMsMax });
  #stream: Stream | undefined;
  #retired: Once | undefined;
  #attempt = 0;
  /** Infinity while not joined. */
  #joinedAtMs = Number.POSITIVE_INFINITY;
  #cancelDelta: Cancel | undefined;
  /** Of the last page of changes. */
  #deltaAtMs = Number.NEGATIVE_INFINITY;
  #state: {
    readonly is: "connecting" | "up";
    readonly sinceMs: number;
    readonly cause?: ConfedError;
    readonly head?: string;
    readonly version?: string;
  };

  constructor(head: HostPort, deps: JoinDeps) {
    this.#head = head;
    this.#deps = deps;
    this.#state = { is: "connecting", sinceMs: deps.clock.wallTimeMs() };
  }

  start(): void {
    this.#scope.own(
      this.#deps.table.watch((name) => {
        this.#changed(name);
      }),
    );
    void this.#connect();
  }

  status(): PeerStatus {
    const { is, sinceMs, cause, head, version } = this.#state;
    const base = {
      id: head ?? "",
      addresses: [formatHostPort(this.#head)],
      state: is,
      sinceMs,
      version: version ?? "",
    };
    return cause === undefined ? base : { ...base, cause: toDetail(cause) };
  }

  /**
   * A successor joins in our name: say nothing more, and stay until the head lets us go for it, so that
   * the agent is somebody's at every moment.
   */
  retire(): Promise<void> {
    const stream = this.#stream;
    this.#cancelDelta?.();
    this.#stream = undefined;
    this.#retired ??= once();
    if (stream === undefined) this.#retired.resolve();
    const cancel = this.#deps.clock.after(JOIN_LIMITS.retireMs, this.#retired.resolve);
    return this.#retired.promise.then(() => {
      cancel();
      return this.stop();
    });
  }

  stop(): Promise<void> {
    this.#cancelDelta?.();
    this.#stream = undefined;
    return this.#scope.close(new ConfedError("canceled", "the agent stops"));
  }

  // One life of the stream. Every way it can end leads to #lost, once.
  async #connect(): Promise<void> {
    const { clock, resolveHost } = this.#deps;
    const life = this.#scope.child();
    const lost = life.guard((cause: ConfedError) => {
      void life.close(cause);
      this.#lost(cause);
    });
    try {
      const { tls } = this.#deps;
      const [address] = await resolveHost(this.#head.host, life.signal);
      const channel = openChannel(
        "Head",
        formatHostPort({ host: address ?? this.#head.host, port: this.#head.port }),
        tls && { provider: tls },
      );
      life.own(() => {
        channel.close();
      });
      await channel.ready({ timeoutMs: JOIN_LIMITS.connectTimeoutMs, signal: life.signal });
      // By its certificate; without TLS by its word.
      const { peer } = channel;
      const stream = channel.client.join({ signal: life.signal });
      let silentBeats = 0;
      let answered = false;
      const heartbeat = (count: number) => {
        const logLagMs = Math.round(this.#deps.logLagMs());
        stream.send({
          heartbeat: { wallTimeMs: clock.wallTimeMs(), logLagMs, clockMs: this.#clockMs(), count },
        });
      };
      let trust: ((page: TrustPageReceived) => void) | undefined;
      let assignments: AssignmentInbox | undefined;
      life.own(() => {
        assignments?.close();
      });
      stream.receive(
        life.guard((reply: JoinReplyReceived) => {
          silentBeats = 0;
          if (reply.heartbeat) {
            answered = true;
            heartbeat(reply.heartbeat.count);
          } else if (reply.refused) lost(refusal(reply.refused.error));
          else if (reply.welcome) {
            trust = this.#deps.trusting(peer?.id ?? reply.welcome.head);
            assignments = this.#deps.assigning?.(reply.welcome.head, (assigned) => {
              stream.send({ assigned });
            });
            this.#welcomed(stream, reply.welcome);
          } else if (reply.assign) this.#assign(reply.assign, assignments);
          else if (reply.trust && trust !== undefined) this.#trust(reply.trust, trust);
        }),
        (error) => {
          if (peer !== undefined && channel.peer === undefined) this.#deps.onLockedOut?.(peer.id);
          lost(error ?? new ConfedError("head_unreachable", "the head ended the join"));
        },
      );
      stream.send({ hello: this.#hello() });
      const beat = () => {
        silentBeats += 1;
        if (silentBeats >= JOIN_LIMITS.silentBeatsMax) {
          lost(new ConfedError("head_unreachable", `head ${formatHostPort(this.#head)} is silent`));
          return;
        }
        if (!answered) heartbeat(0);
        answered = false;
        cancelBeat = clock.after(JOIN_LIMITS.heartbeatMs, beat);
      };
      let cancelBeat = clock.after(JOIN_LIMITS.heartbeatMs, beat);
      life.own(() => {
        cancelBeat();
      });
    } catch (reason) {
      lost(ConfedError.from(reason, "head_unreachable"));
    }
  }

  #hello() {
    const { agent, advertise, version, instance, ticketEpoch, clock, host = "", assigning } = this.#deps;
    return {
      ...{ agent, advertise: [...advertise], version, instance, ticketEpoch },
      ...{ host, takesAssignments: assigning !== undefined, answersHeartbeats: true },
      conserverPort: this.#deps.conserverPort?.() ?? 0,
      wallTimeMs: clock.wallTimeMs(),
      clockMs: this.#clockMs(),
    };
  }

  #clockMs(): number {
    return Math.floor(this.#deps.clock.nowMs());
  }

  // A policy that cannot be read is not half of one: the one before it stays in force.
  #trust(page: TrustPageReceived, take: (page: TrustPageReceived) => void): void {
    try {
      take(page);
    } catch (reason) {
      const cause = ConfedError.from(reason).message;
      this.#deps.logger.error("the head's policy cannot be read; the one before it stays in force", {
        address: formatHostPort(this.#head),
        cause,
      });
    }
  }

  // Likewise: what cannot be read is not half taken.
  #assign(page: AssignPageReceived, assignments: AssignmentInbox | undefined): void {
    try {
      assignments?.take(page);
    } catch (reason) {
      const cause = ConfedError.from(reason).message;
      this.#deps.logger.error("what the head assigns cannot be read; what was assigned stays", {
        address: formatHostPort(this.#head),
        cause,
      });
    }
  }

  #welcomed(stream: Stream, { head, version }: { readonly head: string; readonly version: string }): void {
    const { table, clock, logger } = this.#deps;
    this.#state = { is: "up", sinceMs: clock.wallTimeMs(), head, version };
    this.#joinedAtMs = clock.nowMs();
    logger.info("joined head", { head, address: formatHostPort(this.#head) });
    this.#stream = stream;
    this.#dirty.clear();
    const statuses = (function* () {
      for (const listed of table.all()) yield table.status(listed);
    })();
    for (const consoles of statusPages(statuses)) stream.send({ statuses: { consoles } });
    stream.send({ synced: { version: 0 } });
  }

  #changed(name: string): void {
    if (this.#stream === undefined) return;
    this.#dirty.add(name);
    if (this.#cancelDelta !== undefined) return;
    const { clock } = this.#deps;
    const sinceMs = clock.nowMs() - this.#deltaAtMs;
    const delayMs = Math.max(JOIN_LIMITS.deltaDelayMs, JOIN_LIMITS.deltaIntervalMs - sinceMs);
    this.#cancelDelta = clock.after(delayMs, () => {
      this.#sendDelta();
    });
  }

  #sendDelta(): void {
    this.#cancelDelta = undefined;
    const stream = this.#stream;
    if (stream === undefined) return;
    if (stream.backlogBytes > JOIN_LIMITS.backlogBytesMax) {
      this.#cancelDelta = this.#deps.clock.after(JOIN_LIMITS.deltaDelayMs, () => {
        this.#sendDelta();
      });
      return;
    }
    const { table, clock } = this.#deps;
    this.#deltaAtMs = clock.nowMs();
    const removed: string[] = [];
    const statuses: ConsoleStatus[] = [];
    for (const name of this.#dirty) {
      const listed = table.find(name);
      if (listed === undefined) removed.push(name);
      else statuses.push(table.status(listed));
    }
    this.#dirty.clear();
    for (const consoles of statusPages(statuses)) stream.send({ statuses: { consoles } });
    for (let at = 0; at < removed.length; at += NAMES_PER_PAGE) {
      stream.send({ statuses: { removed: removed.slice(at, at + NAMES_PER_PAGE) } });
    }
  }

  #lost(cause: ConfedError): void {
    const { clock, logger } = this.#deps;
    this.#stream = undefined;
    this.#cancelDelta?.();
    this.#cancelDelta = undefined;
    if (this.#scope.signal.aborted) return;
    if (this.#retired !== undefined) {
      this.#retired.resolve();
      return;
    }
    // A head that welcomes and drops at once is tried ever more rarely, as one that refuses.
    if (clock.nowMs() - this.#joinedAtMs >= JOIN_LIMITS.healthyAfterMs) this.#attempt = 0;
    this.#joinedAtMs = Number.POSITIVE_INFINITY;
    // One line per outage, not per attempt.
    if (this.#attempt === 0)
      logger.warn("head lost", { address: formatHostPort(this.#head), cause: cause.message });
    if (this.#state.is === "up") this.#state = { is: "connecting", sinceMs: clock.wallTimeMs(), cause };
    else this.#state = { ...this.#state, cause };
    this.#attempt += 1;
    const cancel = clock.after(this.#retryDelayMs(this.#attempt - 1), () => {
      forget();
      void this.#connect();
    });
    const forget = this.#scope.own(cancel);
  }
}

function refusal(error: Parameters<typeof fromDetail>[0] | null): ConfedError {
  return error === null ? new ConfedError("conflict", "the head refuses this agent") : fromDetail(error);
}
