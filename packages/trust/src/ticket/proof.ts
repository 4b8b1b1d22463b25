import { type SigningKey, verifierOf } from "./signing-key.ts";

/** What a client shows to hold a key: this permission, at this agent, in answer to this nonce. */
export interface Challenge {
  /** Of the ticket, or of the session that a resume token continues. */
  readonly id: string;
  readonly agent: string;
  /** Made by the agent for this one stream; through a relay as well. */
  readonly nonce: Uint8Array;
}

/** Signed by the key that the permission is bound to. */
export function prove(key: SigningKey, challenge: Challenge): Uint8Array {
  return key.sign("confed proof v1", bodyOf(challenge));
}

/** True if whoever answered the challenge holds the key. Never throws. */
export function isProven(clientKey: string, challenge: Challenge, signature: Uint8Array): boolean {
  const verify = verifierOf(Buffer.from(clientKey, "base64url"));
  return verify?.("confed proof v1", bodyOf(challenge), signature) === true;
}

// Lengths in front: no two challenges are the same bytes.
function bodyOf({ id, agent, nonce }: Challenge): Buffer {
  return Buffer.from(JSON.stringify([id, agent, Buffer.from(nonce).toString("base64url")]));
}
