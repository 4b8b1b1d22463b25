import { type Clock, ConfedError, matches, parseSelection, type Selectable } from "@confed/kernel";
import {
  type Authority,
  isProven,
  issueResumeToken,
  type Permission,
  RefusedError,
  readResumeToken,
  type SigningKey,
  type Subject,
  TICKET_LIMITS,
  type TicketClaims,
  TicketDesk,
  type VerbSet,
} from "@confed/trust";
import type { Call, OpenReceived, PeerIdentity, TicketReceived } from "@confed/wire";
import type { AuditedTickets } from "../audit/audited-tickets.ts";
import type { Access, Admission, Grant, SessionGrant } from "./access.ts";
import type { HeldPolicy } from "./held-policy.ts";

export interface TicketedAccessDeps {
  readonly agent: string;
  /** Random, of this process: see {@link TicketDesk}. */
  readonly epoch: string;
  readonly policy: HeldPolicy;
  /** Signs resume tokens; outlives the process. */
  readonly key: SigningKey;
  readonly clock: Clock;
  /** The roles that come with a local socket, by its group. */
  readonly rolesOfSocket?: ReadonlyMap<string, readonly string[]> | undefined;
  /** Told of what was used, and of what was refused and why; for the audit. */
  readonly tickets?: AuditedTickets | undefined;
}

/**
 * Nobody may do anything but by a ticket of a head, a resume token of this agent, a certificate or a
 * local socket; and then what roles say. A ticket allows what its head decided; a newer policy than
 * that head's may take from it, never add.
 */
export function ticketedAccess(deps: TicketedAccessDeps): Access {
  const { agent, epoch, policy, key, clock, rolesOfSocket, tickets } = deps;
  const desk = new TicketDesk({ agent, epoch, nowMs: () => clock.nowMs() });
  desk.trust(policy.ticketKeys);
  policy.watch(() => {
    desk.trust(policy.ticketKeys);
  });

  function told<T>(call: Call, run: () => T, claims?: Permission): T {
    try {
      const answer = run();
      // Nobody is known yet by a ticket alone: whoever holds its key is still to sign.
      if (!isToProve(answer)) call.vouch();
      return answer;
    } catch (reason) {
      if (reason instanceof RefusedError && !reason.mendable) call.blame();
      tickets?.onRefused(call, ConfedError.from(reason), claims);
      throw reason;
    }
  }

  return {
    authorise: (call, ticket) =>
      told(call, () => {
        if (isGiven(ticket)) {
          const read = desk.read(ticket);
          // A ticket bound to nobody counts for a head that has shown to be one.
          if (!isHead(call.peer)) throw new RefusedError("ticket", "bad_proof");
          const claims = read.useUnbound();
          tickets?.onUsed(call, claims);
          return permitted(claims);
        }
        return identified(call.peer);
      }),
    admit: (call, open, nonce) => told(call, () => admit(call, open, nonce)),
    watch: (onChange) => policy.watch(onChange),
  };

  function admit(call: Call, open: OpenReceived, nonce: Uint8Array): Admission {
    if (isGiven(open.ticket)) {
      try {
        return byTicket(open, open.ticket, nonce, call);
      } catch (reason) {
        // The agent has started anew, say: whoever was here before needs no fresh ticket.
        if (!(reason instanceof RefusedError) || !reason.mendable || open.resumeToken.byteLength === 0)
          throw reason;
      }
    }
    if (open.resumeToken.byteLength > 0 && subjectOf(call.peer) === undefined)
      return byToken(open, nonce, call);
    return {
      is: "granted",
      grant: session(identified(call.peer), unbound(call.peer, open), supersededBy(open, "")),
    };
  }

  function byTicket(open: OpenReceived, ticket: TicketReceived, nonce: Uint8Array, call: Call): Admission {
    const read = desk.read(ticket);
    if (!isFor(read.claims, open.console)) throw new RefusedError("ticket", "other_console");
    permitted(read.claims);
    return {
      is: "to_prove",
      id: read.claims.id,
      prove: (signature) =>
        told(
          call,
          () => {
            const claims = read.use(nonce, signature);
            tickets?.onUsed(call, claims);
            const supersedes = supersededBy(open, claims.clientKey);
            return session(permitted(claims), { ...claims, leftMs: claims.sessionMs }, supersedes);
          },
          read.claims,
        ),
    };
  }

  function byToken(open: OpenReceived, nonce: Uint8Array, call: Call): Admission {
    const wallTimeMs = clock.wallTimeMs();
    const claims = readResumeToken(key, open.resumeToken, { agent, wallTimeMs });
    if (claims.clientKey === "") throw new RefusedError("resume token", "bad_proof");
    if (!isFor(claims, open.console)) throw new RefusedError("resume token", "other_console");
    const grant = permitted(claims, "resume token");
    const { sessionId: id, untilMs } = claims;
    return {
      is: "to_prove",
      id,
      prove: (signature) =>
        told(
          call,
          () => {
            if (!isProven(claims.clientKey, { id, agent, nonce }, signature))
              throw new RefusedError("resume token", "bad_proof");
            return session(grant, { ...claims, leftMs: untilMs - wallTimeMs }, id);
          },
          claims,
        ),
    };
  }

  /** The session that a token was given for, if it was given to the holder of the same key. */
  function supersededBy({ resumeToken }: OpenReceived, clientKey: string): string | undefined {
    if (resumeToken.byteLength === 0) return undefined;
    try {
      const claims = readResumeToken(key, resumeToken, { agent, wallTimeMs: 0 });
      return claims.clientKey === clientKey ? claims.sessionId : undefined;
    } catch {
      return undefined; // It comes with better than this.
    }
  }

  function session(
    grant: Grant,
    { leftMs, subject, groups, verbs, consoles, policyRevision, clientKey }: Permission & { leftMs: number },
    supersedes: string | undefined,
  ): SessionGrant {
    const untilMs = clock.wallTimeMs() + leftMs;
    return Object.defineProperties(
      {
        leftMs,
        supersedes,
        resumeToken: (sessionId: string) =>
          issueResumeToken(key, {
            ...{ agent, sessionId, subject, groups, verbs, consoles, policyRevision, clientKey },
            untilMs,
          }),
      },
      Object.getOwnPropertyDescriptors(grant),
    ) as unknown as SessionGrant;
  }

  /** What a permission allows that was signed. Throws when it was revoked since. */
  function permitted(
    permission: Permission | TicketClaims,
    what: "ticket" | "resume token" = "ticket",
  ): Grant {
    const { subject, groups, policyRevision, consoles, verbs } = permission;
    const selection = parseSelection(consoles);
    const grant = live({ name: subject, groups }, policyRevision, (authority, console, known) => {
      const most = matches(selection, console) ? verbs : 0;
      return known ? most & authority.verbsOn(console, agent) : most;
    });
    if (grant.ended !== undefined) throw new RefusedError(what, "revoked");
    return grant;
  }

  /** What roles allow whom the connection itself proves. Throws "unauthenticated". */
  function identified(peer: PeerIdentity): Grant {
    const subject = subjectOf(peer);
    if (subject === undefined) throw unauthenticated(peer);
    return live(subject, undefined, (authority, console) => authority.verbsOn(console, agent));
  }

  function subjectOf(peer: PeerIdentity): Subject | undefined {
    if (peer.class === "user") return { name: `user:${peer.id}`, groups: [] };
    if (peer.class === "local")
      return { name: `local:${peer.group}`, groups: [], roles: rolesOfSocket?.get(peer.group) };
    return undefined;
  }

  function unbound(peer: PeerIdentity, { console }: OpenReceived): Permission & { leftMs: number } {
    const subject = subjectOf(peer)?.name ?? "";
    const leftMs = TICKET_LIMITS.sessionMs;
    const policyRevision = policy.current.revision;
    return { subject, groups: [], verbs: 0, consoles: console, policyRevision, clientKey: "", leftMs };
  }

  /** Looked at anew each time: the policy may have changed. Compiling roles is done once for each policy. */
  function live(
    subject: Subject,
    /** The policy that it was given by; undefined: it is the policy itself that gives. */
    givenAt: number | undefined,
    verbsOf: (authority: Authority, console: Selectable, known: boolean) => VerbSet,
  ): Grant {
    let by = policy.current;
    let authority = by.authorityOf(subject);
    const current = () => {
      if (by !== policy.current) {
        by = policy.current;
        authority = by.authorityOf(subject);
      }
      return authority;
    };
    // What goes on without having been given ends with a revocation that comes later, as well.
    const fromRevision = givenAt ?? policy.current.revision;
    const isRevoked = () => policy.current.isRevoked(subject.name, fromRevision);
    // A ticket may be newer than what has been pushed to us so far.
    // Whoever came through a socket of a head's own host has roles that no policy speaks of.
    const isHeadsOwn = givenAt !== undefined && subject.name.startsWith("local:");
    const isKnown = () => givenAt === undefined || (!isHeadsOwn && policy.current.revision >= givenAt);
    return {
      subject: subject.name.replace(/^user:/, ""),
      verbsOn: (console) => (isRevoked() ? 0 : verbsOf(current(), console, isKnown())),
      mayEver: (verbs) => !isRevoked() && (!isKnown() || current().mayEver(verbs)),
      get ended() {
        return isRevoked() ? revokedError() : undefined;
      },
    };
  }
}

function isToProve(answer: unknown): boolean {
  return (answer as Partial<Admission> | undefined)?.is === "to_prove";
}

/** The console is one that a permission is for. */
function isFor({ consoles }: Permission, console: string): boolean {
  // An attach is for one console by its name; groups and labels are its head's to look up.
  return matches(parseSelection(consoles), { name: console, groups: [], labels: {} });
}

function isGiven(ticket: TicketReceived | null | undefined): ticket is TicketReceived {
  return ticket !== null && ticket !== undefined && ticket.body.byteLength > 0;
}

function isHead(peer: PeerIdentity): boolean {
  return peer.class === "machine" && peer.kind === "head";
}

function revokedError(): ConfedError {
  return new ConfedError("permission_denied", "your access was revoked");
}

function unauthenticated(peer: PeerIdentity): ConfedError {
  const rejected = peer.class === "none" ? peer.rejected : undefined;
  return new ConfedError("unauthenticated", rejected ?? "this agent does not know who you are", {
    hint: "go through a head, after `rcons login`; on the agent's own host --socket",
  });
}
