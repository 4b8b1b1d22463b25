import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Cancel, type Clock, ConfedError, type Logger } from "@confed/kernel";
import { isStatementOf } from "@confed/trust";
import { writeOwn } from "./agent-key.ts";

export interface RevokedHeadsDeps {
  readonly stateDir: string;
  /** Of machines, PEM. */
  readonly authority: () => string;
  readonly clock: Pick<Clock, "wallTimeMs">;
  readonly logger: Pick<Logger, "warn">;
}

/** As the last page of a TrustPage has it; nothing where a head knows of none. */
type SignedList = Readonly<Record<"revoked" | "revokedSignature", Uint8Array>>;

interface List {
  readonly revision: number;
  readonly revoked: readonly {
    readonly head: string;
    readonly serial: string;
    readonly notAfterMs: number;
  }[];
}

/** Ten times what a head sends. */
const BODY_BYTES_MAX = 512 * 1024;

/**
 * The heads whose certificates count no more, as the authority of the cluster says: any head may bring its word, none can make
 * it up, and an older one changes nothing. Kept in the state directory, for a start at which only a revoked head is there.
 */
export class RevokedHeads {
  readonly #path: string;
  readonly #deps: RevokedHeadsDeps;
  readonly #watchers = new Set<() => void>();
  #list: List = { revision: 0, revoked: [] };

  constructor(deps: RevokedHeadsDeps) {
    this.#deps = deps;
    this.#path = join(deps.stateDir, "revoked-heads.json");
    const kept = this.#read();
    if (kept === undefined) return;
    try {
      this.#list = this.#proven(Buffer.from(kept.body), Buffer.from(kept.signature, "base64"));
    } catch (reason) {
      deps.logger.warn("what is kept here of revoked heads does not count", {
        cause: ConfedError.from(reason).message,
      });
    }
  }

  /** Serial numbers of certificates; those that have ended are left out. */
  current(): ReadonlySet<string> {
    const nowMs = this.#deps.clock.wallTimeMs();
    return new Set(
      this.#list.revoked.filter(({ notAfterMs }) => notAfterMs > nowMs).map(({ serial }) => serial),
    );
  }

  watch(changed: () => void): Cancel {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  /** Throws "unauthenticated" for what the authority has not signed: then nothing has changed. */
  take({ revoked, revokedSignature }: SignedList): void {
    if (revoked.byteLength === 0) return;
    const list = this.#proven(revoked, revokedSignature);
    if (list.revision <= this.#list.revision) return;
    this.#list = list;
    const heads = [...new Set(list.revoked.map(({ head }) => head))].join(", ");
    this.#deps.logger.warn("heads were revoked", { heads, revision: list.revision });
    const signature = Buffer.from(revokedSignature).toString("base64");
    try {
      writeOwn(this.#path, JSON.stringify({ body: Buffer.from(revoked).toString(), signature }));
    } catch (reason) {
      // In force all the same; after a restart a head says it again.
      this.#deps.logger.warn("which heads were revoked could not be kept", {
        cause: ConfedError.from(reason).message,
      });
    }
    for (const changed of this.#watchers) changed();
  }

  #proven(body: Uint8Array, signature: Uint8Array): List {
    if (body.byteLength > BODY_BYTES_MAX || !isStatementOf(this.#deps.authority(), body, signature))
      throw new ConfedError("unauthenticated", "a list of revoked heads is not signed by the authority");
    // The authority signs other things as well.
    const { revision, revoked } = JSON.parse(Buffer.from(body).toString()) as Partial<List>;
    if (typeof revision !== "number" || !Array.isArray(revoked))
      throw new ConfedError("unauthenticated", "what the authority has signed is no list of revoked heads");
    return { revision, revoked };
  }

  #read(): { readonly body: string; readonly signature: string } | undefined {
    try {
      return JSON.parse(readFileSync(this.#path, "utf8")) as { body: string; signature: string };
    } catch (reason) {
      if ((reason as NodeJS.ErrnoException).code !== "ENOENT")
        this.#deps.logger.warn("what is kept here of revoked heads cannot be read", {
          cause: ConfedError.from(reason).message,
        });
      return undefined;
    }
  }
}
