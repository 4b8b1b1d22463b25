import { join } from "node:path";
import {
  type Cancel,
  type Clock,
  ConfedError,
  type HostPort,
  isLoopbackHost,
  type Logger,
  makeDirectory,
  type Scope,
} from "@confed/kernel";
import type { Audit } from "@confed/trust/audit";
import { type PeerStatus, type TlsProvider, toDetail, withLockedOut } from "@confed/wire";
import { type FollowedStore, openFollowedStore } from "../following/followed-store.ts";
import { Publication } from "../following/publication.ts";
import { STATEMENT_KEY } from "../following/stored.ts";
import type { HeadTrouble } from "../queries/process-status.ts";
import { type LocalStore, openStore } from "../store/process-store.ts";
import type { Store } from "../store/store.ts";
import { authorityDirectory, makeAuthorities, readAuthorities } from "./authorities.ts";
import { Enrolment } from "./enrolment.ts";
import { headIdentity } from "./head-identity.ts";
import { Machines } from "./machines.ts";
import { keepRevokedHeads } from "./revoked-heads.ts";
import type { StoredMachine } from "./stored.ts";
import { type UserAuthority, withUserAuthorities } from "./user-authorities.ts";

/** "auto": on, unless it listens on loopback only and has no identity. */
export type TlsMode = "auto" | "on" | "off";

/** A head with a certificate of another head's authority. */
export interface EnrolledHead {
  readonly id: string;
  readonly tls: TlsProvider;
  /** The authority of machines that it is of, PEM. */
  readonly authority: () => string;
}

/** Everything about who this head is and whom it believes. */
export interface HeadTrust {
  /** Undefined: it listens plain, on loopback, and all is open. */
  readonly guard: { readonly tls: TlsProvider; readonly store: Store } | undefined;
  /** What people have told this head, if it has a place to keep it. */
  readonly store: Store | undefined;
  /** At the head that has the authorities. */
  readonly enrolment: Enrolment | undefined;
  /** There as well: what other heads are told. */
  readonly publication: Publication | undefined;
  /** Who was enrolled, at any head that has an identity. */
  readonly machines: Machines | undefined;
  /** At a head that follows the one with the authorities. */
  readonly followed: FollowedStore | undefined;
  /** Called back when a machine is locked, revoked or comes back. */
  onMachines(changed: () => void): Cancel;
  trouble(): HeadTrouble;
}

export interface HeadTrustDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly audit: Audit;
  readonly head: string;
  readonly enrolled?: EnrolledHead | undefined;
  readonly certificateMs?: number | undefined;
  readonly resolveHost: (host: string, signal: AbortSignal) => Promise<readonly string[]>;
  /** Owns what is opened. */
  readonly scope: Scope;
}

/** The name of a cluster that nobody named. */
export const DEFAULT_CLUSTER = "confed";

/**
 * Open the store and read the authorities; make these at the first start of a head that needs them. Rejects with what is wrong with
 * either, in words.
 */
export async function headTrust(
  {
    stateDir,
    tls: mode = "auto",
    listen,
    userAuthorities = [],
    heads = [],
  }: {
    /** Other heads of the cluster. */
    readonly heads?: readonly HostPort[] | undefined;
    readonly userAuthorities?: readonly UserAuthority[] | undefined;
    readonly stateDir?: string | undefined;
    readonly tls?: TlsMode | undefined;
    readonly listen: HostPort;
  },
  deps: HeadTrustDeps,
): Promise<HeadTrust> {
  const { clock, logger, audit, head, enrolled, certificateMs, scope } = deps;
  if (stateDir === undefined) return WITHOUT_STATE;
  const directory = authorityDirectory(stateDir);
  let authorities = readAuthorities(directory);
  if (authorities !== undefined && enrolled !== undefined) {
    throw new ConfedError(
      "conflict",
      "this head has authorities of its own and a certificate of another head",
      {
        subject: stateDir,
        hint: `it can be one only: move ${directory} or ${join(stateDir, "identity")} away`,
      },
    );
  }
  const isKnown = authorities !== undefined || enrolled !== undefined;
  const isOn = mode === "on" || (mode === "auto" && (isKnown || !isLoopbackHost(listen.host)));
  if (isOn && !isKnown) {
    await makeAuthorities(directory, { cluster: DEFAULT_CLUSTER, nowMs: clock.wallTimeMs() });
    authorities = readAuthorities(directory);
    logger.info("made the authorities of a new cluster", { directory, pin: authorities?.machines.pin });
  }
  makeDirectory(stateDir, 0o700);
  const path = join(stateDir, "store.db");
  const followed =
    isOn && enrolled !== undefined
      ? await openFollowedStore({ ...deps, ...enrolled, path, heads })
      : undefined;
  const store = followed ?? (await openWritten(path, deps));
  scope.own(() => store.close());
  const enrolment =
    authorities === undefined
      ? undefined
      : new Enrolment({ store, authorities, clock, logger, audit, certificateMs });
  const onMachines = (changed: () => void) => store.subscribe("machines", changed);
  const identity =
    isOn && authorities !== undefined && enrolment !== undefined
      ? await headIdentity({ authorities, machines: enrolment.machines, onMachines, head, clock, logger })
      : undefined;
  if (identity !== undefined) scope.own(identity.stop);
  const machines = enrolment?.machines ?? (followed && new Machines({ ...deps, store }));
  const tls = isOn ? (identity ?? enrolledTls(deps, { machines, onMachines })) : undefined;
  const publication =
    isOn && authorities !== undefined && enrolment !== undefined
      ? new Publication({ store, authorities, machines: enrolment.machines, head, clock, logger })
      : undefined;
  scope.own(() => {
    publication?.stop();
  });
  if (isOn && authorities !== undefined) scope.own(keepRevokedHeads({ store, authorities, clock, logger }));
  return {
    ...{ store, enrolment, onMachines, machines, publication, followed },
    guard: tls === undefined ? undefined : { tls: withUserAuthorities(tls, userAuthorities), store },
    trouble: () => ({
      barred: (machines?.barred() ?? []).filter(({ machine }) => machine.kind === "agent").map(barredStatus),
      store: storeTrouble(store),
      follows: followed?.status() ?? null,
    }),
  };
}

/**
 * A store that is written here. Where it was the copy of another head's, this head takes its place: what it says from
 * now on is newer than whatever that one may have said last, to agents as well.
 */
async function openWritten(path: string, { clock, logger }: HeadTrustDeps): Promise<LocalStore> {
  const store = await openStore(path, { clock, logger });
  const before = store.get("following", STATEMENT_KEY);
  if (before === undefined) return store;
  const revision = store.revision + REVISIONS_AHEAD;
  logger.warn("this head takes the place of the one that it followed", { revision });
  try {
    await store.adopt([{ kind: "following", key: STATEMENT_KEY, revision }]);
  } catch (reason) {
    await store.close();
    throw reason;
  }
  return store;
}

/** More than a head commits in years, and nothing against what a number can count. */
const REVISIONS_AHEAD = 1_000_000_000;

function enrolledTls(
  { enrolled, clock }: HeadTrustDeps,
  {
    machines,
    onMachines,
  }: { readonly machines: Machines | undefined; readonly onMachines: HeadTrust["onMachines"] },
): TlsProvider | undefined {
  if (enrolled === undefined || machines === undefined) return enrolled?.tls;
  return withLockedOut(enrolled.tls, {
    current: () => machines.lockedOut(clock.wallTimeMs()),
    watch: onMachines,
  });
}

const WITHOUT_STATE: HeadTrust = {
  ...{
    guard: undefined,
    store: undefined,
    enrolment: undefined,
    publication: undefined,
    machines: undefined,
    followed: undefined,
  },
  onMachines: () => () => undefined,
  trouble: () => ({ barred: [], store: null, follows: null }),
};

function barredStatus({ machine, state, why, sinceMs }: StoredMachine): PeerStatus {
  const verb = state === "locked" ? "unlock" : "revoke";
  const message = state === "locked" ? `its identity was cloned: ${why}` : `it was revoked ${why}`;
  const hint = `confed agent ${verb === "unlock" ? "unlock" : "enroll"} ${machine.id}`;
  const cause = toDetail(new ConfedError("permission_denied", message, { subject: machine.id, hint }));
  return { id: machine.id, addresses: [], state, sinceMs, version: "", consoles: 0, cause };
}

function storeTrouble({ trouble }: Store): HeadTrouble["store"] {
  if (trouble === undefined) return null;
  return toDetail(
    new ConfedError("unavailable", `what people tell this head cannot be written: ${trouble.why}`, {
      subject: "store",
    }),
  );
}
