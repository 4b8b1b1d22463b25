import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import type { ChainEnd } from "./chain.ts";

/** At the latest so many records after the last one, a checkpoint is signed. */
export const CHECKPOINT_RECORDS_MAX = 1_000;
/** And so long after the first record that none covers. */
export const CHECKPOINT_AFTER_MS = 60_000;

/**
 * What a checkpoint adds to its record. It is the record behind `before` in the chain, and vouches
 * for all up to there: whoever changes a record and hashes everything behind it anew cannot sign it.
 */
export function checkpointFields(before: ChainEnd, key: KeyObject): { key: string; signature: string } {
  const signature = sign(null, signedText(before), key).toString("base64");
  return { key: keyIdOf(createPublicKey(key)), signature };
}

/** True if `signature` is what the holder of the key made at `before`. */
export function isSigned(before: ChainEnd, signature: unknown, publicKey: KeyObject): boolean {
  if (typeof signature !== "string") return false;
  return verify(null, signedText(before), publicKey, Buffer.from(signature, "base64"));
}

/** How people compare a key: SHA-256 of its SPKI form. */
export function keyIdOf(publicKey: KeyObject): string {
  const spki = publicKey.export({ type: "spki", format: "der" });
  return `SHA256:${createHash("sha256").update(spki).digest("base64url")}`;
}

function signedText({ seq, hash }: ChainEnd): Buffer {
  return Buffer.from(`confed audit checkpoint\n${seq}\n${hash}\n`);
}
