import { ConfedError, invariant } from "@confed/kernel";
import { type ConsoleStatusReceived, toDetail } from "@confed/wire";
import type { Claim } from "./agent-record.ts";

/**
 * The claim that counts: one of the agent that is recorded, unless that is down and another is not; of several, and
 * without a record, the oldest whose agent is heard from and has not let go of the console, else the oldest that is
 * heard from, else the oldest.
 */
export function leadingClaim(claims: readonly Claim[], recorded?: string): Claim {
  const [oldest] = claims;
  invariant(oldest !== undefined, "a console is known by its claims");
  if (claims.length === 1) return oldest;
  const isRecorded = ({ agent }: Claim) => agent.host === recorded;
  return (
    claims.find((claim) => isRecorded(claim) && isHeld(claim)) ??
    claims.find((claim) => isRecorded(claim) && isHeard(claim) && !claims.some(isHeld)) ??
    claims.find(isHeld) ??
    claims.find(isHeard) ??
    claims.find(isRecorded) ??
    oldest
  );
}

/** The owner's last word, overlaid with what only a head knows. */
export function shownStatus(claims: readonly Claim[], recorded?: string): ConsoleStatusReceived {
  const { status, agent } = leadingClaim(claims, recorded);
  const { presence } = agent;
  if (presence.state !== "down") return withConflict(claims, status, recorded);
  return { ...status, state: "UNREACHABLE", sinceMs: presence.sinceMs, cause: detailOf(presence.cause) };
}

/**
 * `said` by the owner just now, with the conflict shown: two agents that are heard from claim it, or one that is not
 * the recorded owner.
 */
export function withConflict(
  claims: readonly Claim[],
  said: ConsoleStatusReceived,
  recorded?: string,
): ConsoleStatusReceived {
  const [only] = claims;
  // As almost always: nothing is made for it.
  if (claims.length < 2 && (recorded === undefined || only?.agent.host === recorded)) return said;
  const held = claims.filter(isHeld);
  const [first] = held;
  if (first === undefined) return said;
  if (held.length === 1) {
    if (recorded === undefined || first.agent.host === recorded) return said;
    return { ...said, state: "CONFLICT", cause: detailOf(notRecorded(said.name, first.agent.id, recorded)) };
  }
  const leader = leadingClaim(claims, recorded);
  const others = held.filter((claim) => claim !== leader).map(({ agent }) => agent.id);
  return { ...said, state: "CONFLICT", cause: detailOf(conflict(said.name, leader.agent.id, others)) };
}

/** True unless its agent is down. */
export function isHeard({ agent }: Claim): boolean {
  return agent.presence.state !== "down";
}

/** A console that its agent has stopped is on its way to somebody else: nobody disputes it. */
function isHeld(claim: Claim): boolean {
  return isHeard(claim) && claim.status.state !== "STOPPED";
}

function conflict(name: string, owner: string, others: readonly string[]): ConfedError {
  return new ConfedError(
    "conflict",
    `agents ${owner} and ${others.join(", ")} both claim it; ${owner} keeps it`,
    {
      subject: name,
      hint: `remove ${name} from the configuration of all but one`,
    },
  );
}

function notRecorded(name: string, rival: string, recorded: string): ConfedError {
  return new ConfedError("conflict", `agent ${rival} claims it, which is ${recorded}'s by the record`, {
    subject: name,
    hint: `if ${recorded} is gone for good: confed console move ${name} ${rival} --force`,
  });
}

function detailOf(error: ConfedError): NonNullable<ConsoleStatusReceived["cause"]> {
  const { code = "", message = "", subject = "", where = "", hint = "" } = toDetail(error);
  return { code, message, subject, where, hint };
}
