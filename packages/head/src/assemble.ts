import { hostname } from "node:os";
import { type Clock, type HostPort, isConsoleName, type Logger, Scope } from "@confed/kernel";
import { type Audit, silentAudit } from "@confed/trust/audit";
import { type Handlers, listenLocally, startServer, type TlsProvider } from "@confed/wire";
import { guardedHeadAccess } from "./access/guarded-head-access.ts";
import { callerFor, type HeadAccess } from "./access/head-access.ts";
import { openHeadAccess } from "./access/open-head-access.ts";
import { subjectOfCall } from "./access/subject-of-call.ts";
import { Assignments } from "./assignments/assignments.ts";
import { Claims } from "./assignments/claims.ts";
import { type FileAssignment, FileDefinitions } from "./assignments/file-definitions.ts";
import { AgentLinks } from "./attach/agent-links.ts";
import type { ResolveHost } from "./attach/dial-agent.ts";
import { Relays } from "./attach/relays.ts";
import { auditOwners } from "./audit/audit-owners.ts";
import { auditedAccess } from "./audit/audited-access.ts";
import { Directory } from "./directory/directory.ts";
import { gatewayOf } from "./directory/gateway-of.ts";
import { type EnrolledHead, headTrust, type TlsMode } from "./enrolment/head-trust.ts";
import { headSockets } from "./enrolment/local-socket.ts";
import { revocationsIn } from "./enrolment/revoked-heads.ts";
import type { UserAuthority } from "./enrolment/user-authorities.ts";
import type { FollowedStore } from "./following/followed-store.ts";
import { headService } from "./head-service.ts";
import { checkKnown, enrolledAdmission, openAdmission, refusalOf } from "./join/admission.ts";
import { Joins } from "./join/joins.ts";
import { PolicySource } from "./policy/policy-source.ts";
import { QuietStreams } from "./queries/quiet-streams.ts";
import { WatchFeed } from "./queries/watch-feed.ts";
import type { Store } from "./store/store.ts";
import { Tails } from "./tail/tails.ts";
import { Logins, type PasswordSource } from "./users/logins.ts";
import { pamSource } from "./users/pam-helper.ts";

/** What a head needs of its configuration; `HeadSettings` is one. */
export interface HeadOptions {
  /** How this head calls itself, unless its certificate says: its host's name. */
  readonly id?: string | undefined;
  /** Other heads of the cluster: one without authorities of its own follows that of them which has. */
  readonly heads?: readonly HostPort[] | undefined;
  /** How long after its start agents that it has not heard of may be on their way. Default 6 s. */
  readonly joinGraceMs?: number;
  /** Port 0: the system chooses. */
  readonly listen: HostPort;
  /** Where the authorities and the store of this head are; without it, it has neither. */
  readonly stateDir?: string | undefined;
  /** Addresses and networks whose connections are never shut out, nor counted by source. */
  readonly trustedSources?: readonly string[] | undefined;
  /** "auto", unless given. */
  readonly tls?: TlsMode | undefined;
  /** Of others, whose users are users here. */
  readonly userAuthorities?: readonly UserAuthority[] | undefined;
  /** Consoles that files of this head give to agents. */
  readonly assigned?: readonly FileAssignment[] | undefined;
  /** How the host's own users log in; without it, they do not. */
  readonly pam?: { readonly program: string; readonly service: string } | undefined;
}

export interface HeadDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  readonly resolveHost: ResolveHost;
  /** Without it, nothing is audited. */
  readonly audit?: Audit | undefined;
  /** The certificate that another head of the cluster gave to this one, which then has no authority. */
  readonly enrolled?: EnrolledHead | undefined;
  /** Listen beyond loopback without TLS. */
  readonly insecureListen?: boolean | undefined;
  /** How long certificates hold that this head gives; a week. */
  readonly certificateMs?: number | undefined;
  /**
   * Everything in TLS, and nobody may do anything but with an identity and a role. Without it, that is so if there are
   * authorities or a certificate in the state directory, else all is open.
   */
  readonly guard?: HeadGuard | undefined;
  /** Another way in, with the same services behind it: conserver's protocol. */
  readonly gateway?:
    | ((behind: BehindHeadGateway, tls: TlsProvider | undefined) => Promise<HeadGateway>)
    | undefined;
}

/** What a head needs to know who comes, and who may do what. */
export interface HeadGuard {
  readonly tls: TlsProvider;
  readonly store: Store;
  /** The host's own users, where they may log in. */
  readonly pam?: PasswordSource | undefined;
}

/** What a gateway is given by its head. */
export interface BehindHeadGateway {
  readonly services: Handlers<"Head">;
  readonly audit: Audit;
  /** `port@host` of an agent's own gateway; undefined where it has none, or it cannot be said. */
  readonly gatewayOf: (agent: string) => string | undefined;
}

/** A gateway that listens. */
export interface HeadGateway {
  readonly port: number;
  close(): Promise<void>;
}

export interface RunningHead {
  /** The port that was bound. */
  readonly port: number;
  /** Where it serves conserver's clients; undefined: nowhere. */
  readonly conserverPort: number | undefined;
  /** What files of this head give to agents, from now on. */
  assign(assigned: readonly FileAssignment[]): void;
  /** Ends every call and connection. Idempotent, never rejects. */
  close(): Promise<void>;
}

/**
 * Start a head. It knows nothing: agents tell it what they have. Rejects with "conflict" when the
 * address is taken.
 */
export async function startHead(options: HeadOptions, deps: HeadDeps): Promise<RunningHead> {
  const { listen, joinGraceMs = JOIN_GRACE_MS } = options;
  const { clock, logger, version, resolveHost, audit = silentAudit } = deps;
  const scope = new Scope({ clock, releaseMsMax: RELEASE_MS_MAX });
  const head = deps.enrolled?.id ?? options.id ?? (isConsoleName(hostname()) ? hostname() : "head");
  const trust = await headTrust(options, { ...deps, audit, head, scope }).catch(async (reason: unknown) => {
    await scope.close();
    throw reason;
  });
  const { enrolment } = trust;
  const guard: HeadGuard | undefined = deps.guard ?? trust.guard;
  const oldAtMs = clock.nowMs() + joinGraceMs;
  const directory = new Directory(
    () => clock.wallTimeMs(),
    () => clock.nowMs() < oldAtMs,
    (console) => claims?.recorded(console),
  );
  const hasCome = (id: string) => [...directory.agents()].some(({ host }) => host === id);
  const admission =
    trust.machines === undefined ? openAdmission(hasCome) : enrolledAdmission(trust.machines, trust.followed);
  const refuses = (agent: string, console: string) => refusalOf(admission, agent, console);
  const store = guard?.store ?? trust.store;
  // Before the claims: what is to be told to an agent is known when they are looked at.
  const assignments =
    store && new Assignments({ store, refuses, onSettled: (agent) => claims?.lookAtAllOf(agent) });
  const claims: Claims | undefined =
    store &&
    assignments &&
    new Claims({ store, directory, clock, logger, isSettled: (agent) => assignments.isSettled(agent) });
  const files = store && new FileDefinitions({ store, clock, logger, audit, refuses });
  scope.own(() => {
    files?.stop();
    claims?.stop();
    assignments?.stop();
  });
  scope.own(auditOwners(directory, audit));
  const logins =
    guard &&
    new Logins({
      ...{ store: guard.store, clock, pam: guard.pam ?? pamOf(options, clock) },
      onReuse: (user) => {
        const text = "what renews a log-in was used twice";
        audit.alarm({ event: "token.reused", subject: user, text });
      },
    });
  const access = auditedAccess(accessOf({ guard, logins, followed: trust.followed }, deps, scope), audit);
  const links = new AgentLinks({ directory, clock, logger, resolveHost, tls: guard?.tls });
  scope.own(() => {
    links.close();
  });
  const joins = new Joins({
    clock,
    directory,
    logger,
    audit,
    head,
    version,
    access,
    ...{ admission, assignments },
    onAdmitted: (agent, anew) => {
      links.admitted(agent, anew);
    },
  });
  scope.own(() => {
    joins.stop();
  });
  scope.own(
    trust.onMachines(() => {
      joins.recheck();
    }),
  );
  const quietStreams = new QuietStreams(clock);
  scope.own(() => {
    quietStreams.stop();
  });
  const watchFeed = new WatchFeed({ clock, directory, quietStreams });
  scope.own(() => {
    watchFeed.stop();
  });
  const tails = new Tails({ clock, directory, links, quietStreams });
  scope.own(
    access.watch(() => {
      joins.tellTrust();
      watchFeed.refresh();
      tails.refresh();
    }),
  );
  const service = headService({
    access,
    audit,
    logins,
    store: guard?.store,
    defining: store &&
      assignments && {
        ...{ store, directory, assignments, clock, audit, refuses },
        checkKnown: (agent) => {
          checkKnown(admission, agent);
        },
      },
    clock,
    directory,
    links,
    head,
    version,
    startedMs: clock.wallTimeMs(),
    joins,
    relays: new Relays({ clock, directory, links }),
    watchFeed,
    tails,
    enrolment,
    publication: trust.publication,
    administrator: (call) => callerFor(access, call, "enrol").name,
    trouble: () => trust.trouble(),
  });
  try {
    const server = await startServer({
      ...{ listen, services: { Head: service }, tls: guard?.tls, logger },
      onShutOut: (source, fault) => {
        audit.event({ event: "penalty", peer: source, text: fault });
      },
      trustedSources: options.trustedSources,
      insecure: deps.insecureListen,
    });
    scope.own(() => server.close());
    const gateway = await deps.gateway?.(
      { services: service, audit, gatewayOf: (agent) => gatewayOf(directory, agent) },
      guard?.tls,
    );
    scope.own(() => gateway?.close());
    if (guard !== undefined && options.stateDir !== undefined)
      scope.own(await listenLocally(headSockets(options.stateDir), server, logger));
    audit.event({ event: "process.start", details: { version, port: server.port } });
    scope.own(() => {
      audit.event({ event: "process.stop" });
    });
    if (options.assigned !== undefined) files?.are(options.assigned);
    return {
      port: server.port,
      conserverPort: gateway?.port,
      assign: (assigned) => files?.are(assigned),
      close: () => scope.close(),
    };
  } catch (reason) {
    await scope.close();
    throw reason;
  }
}

function pamOf({ pam }: HeadOptions, clock: Clock): PasswordSource | undefined {
  return pam && pamSource({ ...pam, clock });
}

function accessOf(
  {
    guard,
    logins,
    followed,
  }: {
    readonly guard: HeadGuard | undefined;
    readonly logins: Logins | undefined;
    readonly followed: FollowedStore | undefined;
  },
  { clock, logger }: Pick<HeadDeps, "clock" | "logger">,
  scope: Scope,
): HeadAccess {
  if (guard === undefined || logins === undefined) return openHeadAccess;
  const policy = new PolicySource(guard.store, logger);
  scope.own(() => {
    policy.close();
  });
  const { store } = guard;
  return guardedHeadAccess({
    ...{ policy, clock, revocations: revocationsIn(guard.store) },
    subjectOf(call) {
      // Whoever administers this head is known all the same.
      if (call.peer.class !== "local") followed?.checkKnowing();
      return subjectOfCall(call, { store, logins });
    },
  });
}

/** What hangs keeps nobody else from ending. */
const RELEASE_MS_MAX = 5_000;

/**
 * They try again at most 5 s apart and take a moment to connect. The first that comes must not make
 * the consoles of the others unknown.
 */
const JOIN_GRACE_MS = 6_000;
