import { CLAIMS_BYTES_MAX, decodeResume, encodeResume, type ResumeClaims } from "./claims.ts";
import { RefusedError } from "./refusal.ts";
import { type SigningKey, verifierOf } from "./signing-key.ts";

/**
 * Permission to come back to a session, signed by the agent that has it, for the key that began it.
 * The agent keeps nothing about it: it holds while every head is dead, and after the agent's restart.
 */
export function issueResumeToken(key: SigningKey, claims: ResumeClaims): Uint8Array {
  const body = encodeResume(claims);
  return Buffer.concat([key.sign("confed resume v1", body), body]);
}

/**
 * What a token of this agent says. Throws {@link RefusedError}. Whoever brings it has still to prove
 * that it is his: its id is the session's.
 */
export function readResumeToken(
  key: SigningKey,
  token: Uint8Array,
  { agent, wallTimeMs }: { readonly agent: string; readonly wallTimeMs: number },
): ResumeClaims {
  if (token.byteLength <= SIGNATURE_BYTES || token.byteLength > CLAIMS_BYTES_MAX) throw refused("malformed");
  const signature = token.subarray(0, SIGNATURE_BYTES);
  const body = token.subarray(SIGNATURE_BYTES);
  if (verifierOf(key.publicKey)?.("confed resume v1", body, signature) !== true)
    throw refused("bad_signature");
  const claims = decodeResume(body);
  if (claims === undefined) throw refused("malformed");
  if (claims.agent !== agent) throw refused("other_agent");
  if (wallTimeMs >= claims.untilMs) throw refused("expired");
  return claims;
}

const SIGNATURE_BYTES = 64;

function refused(refusal: RefusedError["refusal"]): RefusedError {
  return new RefusedError("resume token", refusal);
}
