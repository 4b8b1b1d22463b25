import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";

/** Half of an Ed25519 key pair that signs (RFC 8032). Never leaves its process but into its own file. */
export interface SigningKey {
  /** 32 bytes, as others are told. */
  readonly publicKey: Uint8Array;
  /** 64 bytes. `purpose` keeps a signature for one thing from being one for another. */
  sign(purpose: Purpose, body: Uint8Array): Uint8Array;
  /** PKCS #8, for the file it is kept in. */
  export(): string;
}

/** What a signature is for; signed along. */
export type Purpose = "confed ticket v1" | "confed resume v1" | "confed proof v1" | "confed access v1";

/** A new key, of this process alone until somebody writes it down. */
export function generateSigningKey(): SigningKey {
  return signingKeyOf(generateKeyPairSync("ed25519").privateKey);
}

/** A key that was exported. Throws what node:crypto throws for anything else. */
export function importSigningKey(pem: string): SigningKey {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== "ed25519") throw new TypeError("not an Ed25519 key");
  return signingKeyOf(key);
}

/** Checks signatures of one key. */
export type Verifier = (purpose: Purpose, body: Uint8Array, signature: Uint8Array) => boolean;

/** For 32 bytes that somebody says are a public key. Undefined for bytes that cannot be one. */
export function verifierOf(publicKey: Uint8Array): Verifier | undefined {
  if (publicKey.byteLength !== PUBLIC_KEY_BYTES) return undefined;
  let key: KeyObject;
  try {
    const x = Buffer.from(publicKey).toString("base64url");
    key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  } catch {
    return undefined;
  }
  return (purpose, body, signature) =>
    signature.byteLength === SIGNATURE_BYTES && verify(null, signed(purpose, body), key, signature);
}

/** Of RFC 8032. */
export const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

function signingKeyOf(key: KeyObject): SigningKey {
  // Not as JWK: Node 20 holds the key's lock while it makes that, and a garbage collection in between
  // that finds what has generated the key waits for the same lock, for good. RFC 8410: the key ends it.
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  return {
    publicKey: spki.subarray(-PUBLIC_KEY_BYTES),
    sign: (purpose, body) => sign(null, signed(purpose, body), key),
    export: () => key.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

// The purpose has a fixed end, so that no two pairs of purpose and body are the same bytes.
function signed(purpose: Purpose, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${purpose}\0`), body]);
}
