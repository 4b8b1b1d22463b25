import { ConfedError, invariant } from "@confed/kernel";
import { type ConsoleStatusReceived, toDetail } from "@confed/wire";
import type { Claim } from "./agent-record.ts";

/**
 * The claim that counts: the oldest whose agent is heard from and has not let go of the console, else
 * the oldest that is heard from, else the oldest.
 */
export function leadingClaim(claims: readonly Claim[]): Claim {
  const [oldest] = claims;
  invariant(oldest !== undefined, "a console is known by its claims");
  if (claims.length === 1) return oldest;
  return claims.find(isHeld) ?? claims.find(isHeard) ?? oldest;
}

/** The owner's last word, overlaid with what only a head knows. */
export function shownStatus(claims: readonly Claim[]): ConsoleStatusReceived {
  const { status, agent } = leadingClaim(claims);
  const { presence } = agent;
  if (presence.state !== "down") return withConflict(claims, status);
  return { ...status, state: "UNREACHABLE", sinceMs: presence.sinceMs, cause: detailOf(presence.cause) };
}

/** `said` by the owner just now, with the conflict shown if two agents that are heard from claim it. */
export function withConflict(claims: readonly Claim[], said: ConsoleStatusReceived): ConsoleStatusReceived {
  if (claims.length < 2) return said;
  const heard = claims.filter(isHeld);
  return heard.length < 2
    ? said
    : { ...said, state: "CONFLICT", cause: detailOf(conflict(said.name, heard)) };
}

/** True unless its agent is down. */
export function isHeard({ agent }: Claim): boolean {
  return agent.presence.state !== "down";
}

/** A console that its agent has stopped is on its way to somebody else: nobody disputes it. */
function isHeld(claim: Claim): boolean {
  return isHeard(claim) && claim.status.state !== "STOPPED";
}

function conflict(name: string, heard: readonly Claim[]): ConfedError {
  const [owner, ...others] = heard.map(({ agent }) => agent.id);
  return new ConfedError(
    "conflict",
    `agents ${owner ?? ""} and ${others.join(", ")} both claim it; ${owner ?? ""} keeps it`,
    {
      subject: name,
      hint: `remove ${name} from the configuration of all but one`,
    },
  );
}

function detailOf(error: ConfedError): NonNullable<ConsoleStatusReceived["cause"]> {
  const { code = "", message = "", subject = "", where = "", hint = "" } = toDetail(error);
  return { code, message, subject, where, hint };
}
