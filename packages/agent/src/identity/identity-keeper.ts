import { statSync } from "node:fs";
import { join } from "node:path";
import {
  type Cancel,
  type Clock,
  ConfedError,
  createBackoff,
  formatHostPort,
  type HostPort,
  type Logger,
} from "@confed/kernel";
import { identifierFor } from "@confed/trust";
import { openChannel, type TlsMaterial, type TlsProvider } from "@confed/wire";
import { adopt, type IdentityFiles, nextKey, readIdentity } from "./identity-files.ts";

export interface KeeperDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly resolveHost: (host: string, signal: AbortSignal) => Promise<readonly string[]>;
  /** Who is asked for the next certificate; none: somebody else renews, as the supervisor of a shard does. */
  readonly renewAt: readonly HostPort[];
}

/** How often the files are looked at: they change when they are renewed by another process, or enrolled anew. */
const LOOK_INTERVAL_MS = 5_000;
/** How late a renewal may be after the wall clock was set forward: a certificate holds for days. */
const RENEWAL_STEP_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Certificates begin an hour before they were given, for hosts whose clock is late. */
const BACKDATE_MS = 3_600_000;

/**
 * The identity of a machine while it runs: what TLS needs of it, renewed at half of its life, by a new key each time, and
 * taken up again when its files change. Without a head it is used as long as it holds.
 */
export class IdentityKeeper implements TlsProvider {
  readonly #directory: string;
  readonly #deps: KeeperDeps;
  readonly #stop = new AbortController();
  readonly #watchers = new Set<() => void>();
  readonly #retryDelayMs = createBackoff({ firstMs: 1_000, maxMs: 10 * 60_000 });
  #files: IdentityFiles;
  #material: TlsMaterial;
  #changedMs: number;
  #cancelRenewal: Cancel = () => undefined;
  #cancelLook: Cancel = () => undefined;
  #attempt = 0;

  /** Undefined where there is no identity. Throws for one that cannot be used. */
  static open(directory: string, deps: KeeperDeps): IdentityKeeper | undefined {
    const files = readIdentity(directory);
    return files === undefined ? undefined : new IdentityKeeper(directory, files, deps);
  }

  /** Use {@link open}. */
  constructor(directory: string, files: IdentityFiles, deps: KeeperDeps) {
    this.#directory = directory;
    this.#deps = deps;
    this.#files = files;
    this.#material = materialOf(files);
    this.#changedMs = this.#lookedAt();
    if (deps.clock.wallTimeMs() >= files.notAfterMs) {
      deps.logger.error(
        "the certificate of this machine has ended: it is enrolled anew, or heads refuse it",
        {
          [files.kind]: files.id,
          ended: new Date(files.notAfterMs).toISOString(),
        },
      );
    }
    this.#armRenewal();
    this.#armLook();
  }

  get id(): string {
    return this.#files.id;
  }

  get kind(): "agent" | "head" {
    return this.#files.kind;
  }

  /** The authority of machines, PEM. */
  get authority(): string {
    return this.#files.machines;
  }

  get notAfterMs(): number {
    return this.#files.notAfterMs;
  }

  current(): TlsMaterial {
    return this.#material;
  }

  watch(onChange: () => void): Cancel {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  stop(): void {
    this.#stop.abort(new ConfedError("canceled", "the process ends"));
    this.#cancelRenewal();
    this.#cancelLook();
  }

  /** In short steps: certificates go by the wall clock, which is set, and goes on while a host sleeps. */
  #armRenewal(): void {
    if (this.#deps.renewAt.length === 0) return;
    const { notBeforeMs, notAfterMs } = this.#files;
    const givenMs = notBeforeMs + BACKDATE_MS;
    const leftMs = givenMs + (notAfterMs - givenMs) / 2 - this.#deps.clock.wallTimeMs();
    if (leftMs <= RENEWAL_STEP_MS) {
      this.#renewIn(Math.max(0, leftMs));
      return;
    }
    this.#cancelRenewal();
    this.#cancelRenewal = this.#deps.clock.after(RENEWAL_STEP_MS, () => {
      this.#armRenewal();
    });
  }

  #renewIn(delayMs: number): void {
    this.#cancelRenewal();
    this.#cancelRenewal = this.#deps.clock.after(delayMs, () => {
      void this.#renew();
    });
  }

  async #renew(): Promise<void> {
    const { logger } = this.#deps;
    try {
      const given = await this.#askHeads();
      adopt(this.#directory, given);
      this.#attempt = 0;
      this.#take();
      logger.info("the certificate was renewed", { until: new Date(this.#files.notAfterMs).toISOString() });
    } catch (reason) {
      if (this.#stop.signal.aborted) return;
      const { rawMessage, hint } = ConfedError.from(reason);
      if (this.#attempt === 0) logger.error("the certificate is not renewed", { cause: rawMessage, hint });
      this.#renewIn(this.#retryDelayMs(this.#attempt));
      this.#attempt += 1;
    }
  }

  /** The first that gives one. A head without the authority says so, and another is asked. */
  async #askHeads() {
    const { makeKeyPem, makeRequest } = await import("@confed/trust/certificates");
    const key = nextKey(this.#directory, makeKeyPem);
    const request = Buffer.from(await makeRequest(key, this.#files.id));
    let last = new ConfedError("head_unreachable", "no head is known");
    for (const head of this.#deps.renewAt) {
      try {
        return await this.#askOne(head, request);
      } catch (reason) {
        const error = ConfedError.from(reason);
        // What the authority itself says counts more than that others have none.
        if (error.code !== "read_only_head" || last.code === "head_unreachable") last = error;
      }
    }
    throw last;
  }

  async #askOne(head: HostPort, request: Buffer) {
    const { signal } = this.#stop;
    const [host = head.host] = await this.#deps.resolveHost(head.host, signal);
    const channel = openChannel("Head", formatHostPort({ host, port: head.port }), { provider: this });
    try {
      await channel.ready({ timeoutMs: CONNECT_TIMEOUT_MS, signal });
      return await channel.client.renew({ request }, { signal });
    } finally {
      channel.close();
    }
  }

  #armLook(): void {
    this.#cancelLook = this.#deps.clock.after(LOOK_INTERVAL_MS, () => {
      this.#armLook();
      if (this.#lookedAt() !== this.#changedMs) this.#take();
    });
  }

  /** Read the files again; what cannot be used is said, and what was there stays. */
  #take(): void {
    try {
      const changedMs = this.#lookedAt();
      const files = readIdentity(this.#directory);
      if (files === undefined) return;
      this.#changedMs = changedMs;
      if (files.certificate === this.#files.certificate) return;
      this.#files = files;
      this.#material = materialOf(files);
    } catch (reason) {
      this.#deps.logger.error("the new identity cannot be used", {
        cause: ConfedError.from(reason).rawMessage,
      });
      return;
    }
    this.#armRenewal();
    for (const watcher of this.#watchers) watcher();
  }

  #lookedAt(): number {
    return statSync(join(this.#directory, "certificate.pem"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  }
}

function materialOf({ key, certificate, machines, users }: IdentityFiles): TlsMaterial {
  return {
    key,
    // With its authority, so that a client which knows only a pin finds that.
    certificate: certificate + machines,
    authorities: machines + users,
    identify: identifierFor({ machines, users }),
    lockedOut: new Set(),
  };
}
