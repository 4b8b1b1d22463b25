import { type Cancel, type Clock, ConfedError, type Logger } from "@confed/kernel";
import { signStatement } from "@confed/trust/certificates";
import type { Store } from "../store/store.ts";
import type { Authorities } from "./authorities.ts";
import type { StoredMachine } from "./stored.ts";

/** What agents are told of heads that were revoked. Only whoever has the authority can say so. */
export interface SignedRevocations {
  readonly revoked: Uint8Array;
  readonly revokedSignature: Uint8Array;
}

/** One certificate that counts no more. */
interface RevokedCertificate {
  readonly head: string;
  readonly serial: string;
  /** From then on nobody believes it anyway. */
  readonly notAfterMs: number;
}

/** Its one key; a new list takes the place of the one before. */
const REVOKED_HEADS_KEY = "heads";

/** A cluster has a handful of heads; those that were revoked last are the ones that count. 50 KiB: a page. */
const REVOKED_MAX = 400;

/** As this head knows it, its own or another's word; for {@link HeadAccess}. */
export function revocationsIn(store: Pick<Store, "get" | "subscribe">): {
  readonly current: () => SignedRevocations | undefined;
  readonly watch: (changed: () => void) => Cancel;
} {
  return {
    current() {
      const value = store.get("revokedHeads", REVOKED_HEADS_KEY)?.value;
      if (value === undefined) return undefined;
      return { revoked: Buffer.from(value.body), revokedSignature: Buffer.from(value.signature, "base64") };
    },
    watch: (changed) => store.subscribe("revokedHeads", changed),
  };
}

/**
 * At the head with the authorities: whenever a head is revoked, all its certificates that still hold are written into the
 * list, and stay there until they end, whether it is enrolled anew or not. What a crash kept from it is made up for at the
 * next start. Returns how to stop.
 */
export function keepRevokedHeads({
  store,
  authorities,
  clock,
  logger,
}: {
  readonly store: Store;
  readonly authorities: Pick<Authorities, "machines">;
  readonly clock: Pick<Clock, "wallTimeMs">;
  readonly logger: Logger;
}): Cancel {
  const write = async () => {
    const before = store.get("revokedHeads", REVOKED_HEADS_KEY);
    const listed = before === undefined ? [] : readList(before.value.body);
    const known = new Set(listed.map(({ serial }) => serial));
    const added = store
      .list("machines")
      .flatMap(({ value }) => revokedOf(value))
      .filter(({ serial, notAfterMs }) => !known.has(serial) && notAfterMs > clock.wallTimeMs());
    if (added.length === 0) return;
    const valid = listed.filter(({ notAfterMs }) => notAfterMs > clock.wallTimeMs());
    const revoked = [...valid, ...added].slice(-REVOKED_MAX);
    const body = JSON.stringify({ revision: store.revision, revoked });
    const signature = Buffer.from(signStatement(authorities.machines, Buffer.from(body))).toString("base64");
    const ifRevision = before?.revision ?? 0;
    await store.commit([
      { kind: "revokedHeads", key: REVOKED_HEADS_KEY, value: { body, signature }, ifRevision },
    ]);
  };
  // One after the other: each goes on from what the one before has written.
  let writing = Promise.resolve();
  const look = () => {
    writing = writing.then(write).catch((reason: unknown) => {
      const { rawMessage: cause } = ConfedError.from(reason);
      logger.error("agents are not told of a head that was revoked: revoke it again", { cause });
    });
  };
  look();
  return store.subscribe("machines", (_key, entry) => {
    if (entry?.value.machine.kind === "head" && entry.value.state === "revoked") look();
  });
}

function revokedOf({ machine, state, current, former }: StoredMachine): readonly RevokedCertificate[] {
  if (machine.kind !== "head" || state !== "revoked") return [];
  const { notAfterMs } = current;
  return [current.serial, ...former].map((serial) => ({ head: machine.id, serial, notAfterMs }));
}

function readList(body: string): readonly RevokedCertificate[] {
  return (JSON.parse(body) as { readonly revoked: readonly RevokedCertificate[] }).revoked;
}
