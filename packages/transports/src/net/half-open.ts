import { readFile } from "node:fs/promises";
import { type Cancel, type Clock, ConfedError, type Logger } from "@confed/kernel";
import { parseProcNetTcp, procNetKey, type SocketEndpoints, type TcpProgress } from "./proc-net-tcp.ts";

/** What the watch needs to know of a link, and do to it. */
export interface WatchedLink {
  readonly where: string;
  /** Undefined once the socket is gone. */
  readonly endpoints: SocketEndpoints | undefined;
  /** Bytes the kernel has taken from us since the start. */
  readonly bytesTaken: number;
  fail(error: ConfedError): void;
}

/** What the watch lives on. */
export interface HalfOpenDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** For tests; the file system's unless given. */
  readonly readFile?: (path: string) => Promise<string>;
}

/** How often the kernel's tables are read while input is not acknowledged. */
const POLL_EVERY_MS = 10_000;
/** So long nothing may be acknowledged: with the poll, a dead far end is found within 45 s (F11). */
const SILENCE_MS_MAX = 30_000;

interface Watched {
  readonly key: string;
  /** Written to since the last poll began, whose findings then say nothing about it. */
  fresh: boolean;
  unanswered: number;
  ackedBytes: number;
  silentSinceMs: number | undefined;
}

/**
 * Finds far ends that vanished without a word while our input was on its way to them. Keepalive
 * does not: the kernel sends none while data is unacknowledged, and retransmits for a quarter of
 * an hour instead; Node has no TCP_USER_TIMEOUT.
 *
 * Cost: nothing while nobody types. One write to any link arms one poll for all; a poll reads
 * /proc/net/tcp and tcp6 of the whole machine. With 10,000 connections that is 1.5 MB: 35 ms of
 * CPU, nearly all of it the kernel walking its table in a thread of the pool, and 3 ms of parsing
 * here. At most every 10 s, and not again once everything is acknowledged.
 */
export class HalfOpenWatch {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #readFile: (path: string) => Promise<string>;
  readonly #watched = new Map<WatchedLink, Watched>();
  #disarm: Cancel | undefined;
  #unreadable = false;

  constructor({ clock, logger, readFile: read = (path) => readFile(path, "latin1") }: HalfOpenDeps) {
    this.#clock = clock;
    this.#logger = logger;
    this.#readFile = read;
  }

  /** Bytes went to the kernel: look after their acknowledgement. Cheap when called again. */
  wrote(link: WatchedLink): void {
    if (this.#unreadable) return;
    const known = this.#watched.get(link);
    if (known !== undefined) {
      known.fresh = true;
      return;
    }
    const { endpoints } = link;
    if (endpoints === undefined) return;
    this.#watched.set(link, {
      key: procNetKey(endpoints),
      fresh: true,
      unanswered: 0,
      ackedBytes: 0,
      silentSinceMs: undefined,
    });
    this.#arm();
  }

  /** Whether input of this link may still be unacknowledged. */
  watches(link: WatchedLink): boolean {
    return this.#watched.has(link);
  }

  /** The link has ended. */
  forget(link: WatchedLink): void {
    if (!this.#watched.delete(link) || this.#watched.size > 0) return;
    this.#disarm?.();
    this.#disarm = undefined;
  }

  #arm(): void {
    this.#disarm ??= this.#clock.after(POLL_EVERY_MS, () => {
      void this.#poll();
    });
  }

  async #poll(): Promise<void> {
    const wanted = new Set<string>();
    for (const watched of this.#watched.values()) {
      watched.fresh = false;
      wanted.add(watched.key);
    }
    let rows: Map<string, TcpProgress>;
    try {
      const [ipv4, ipv6] = await Promise.all([
        this.#readFile("/proc/net/tcp"),
        this.#readFile("/proc/net/tcp6").catch(() => ""),
      ]);
      rows = new Map([...parseProcNetTcp(ipv4, wanted), ...parseProcNetTcp(ipv6, wanted)]);
    } catch (reason) {
      this.#unreadable = true;
      this.#watched.clear();
      this.#logger.warn(
        "half-open links are found by keepalive only: the kernel's table of connections cannot be read",
        {
          path: "/proc/net/tcp",
          cause: ConfedError.from(reason).message,
        },
      );
      rows = new Map();
    }
    for (const [link, watched] of this.#watched) {
      const row = rows.get(watched.key);
      if (row !== undefined && row.unackedBytes > 0) this.#judge(link, watched, row);
      else if (watched.fresh) watched.silentSinceMs = undefined;
      else this.#watched.delete(link);
    }
    this.#disarm = undefined;
    if (this.#watched.size > 0) this.#arm();
  }

  #judge(link: WatchedLink, watched: Watched, { unackedBytes, unanswered }: TcpProgress): void {
    const ackedBytes = link.bytesTaken - unackedBytes;
    const progressed = unanswered === 0 || unanswered < watched.unanswered || ackedBytes > watched.ackedBytes;
    const nowMs = this.#clock.nowMs();
    if (watched.silentSinceMs === undefined || progressed)
      watched.silentSinceMs = unanswered === 0 ? undefined : nowMs;
    watched.unanswered = unanswered;
    watched.ackedBytes = ackedBytes;
    if (watched.silentSinceMs === undefined || nowMs - watched.silentSinceMs < SILENCE_MS_MAX) return;
    this.#watched.delete(link);
    link.fail(
      new ConfedError("peer_silent", `${link.where} stopped acknowledging input`, {
        where: link.where,
        hint: "the host, or the network to it, is down; what was typed last was not received",
      }),
    );
  }
}

/** The one watch of a process: everything that shares a clock shares it. */
export function halfOpenWatchOf(deps: Pick<HalfOpenDeps, "clock" | "logger">): HalfOpenWatch {
  let watch = WATCHES.get(deps.clock);
  if (watch === undefined) {
    watch = new HalfOpenWatch(deps);
    WATCHES.set(deps.clock, watch);
  }
  return watch;
}

const WATCHES = new WeakMap<Clock, HalfOpenWatch>();
