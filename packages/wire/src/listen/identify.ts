import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { PeerIdentity } from "./peer-identity.ts";
import type { TrustMaterial } from "./tls-material.ts";

/** Who the other end of a finished handshake is; "locked out": to be hung up on at once. */
export function identify(
  socket: TLSSocket,
  address: string,
  material: TrustMaterial,
): PeerIdentity | "locked out" {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { class: "none", address };
  if (!socket.authorized)
    return { class: "none", address, rejected: inWords(socket.authorizationError, certificate) };
  const peer = material.identify(certificate);
  if (peer === undefined)
    return { class: "none", address, rejected: "the certificate names nobody that is known here" };
  return isLockedOut(peer, material) ? "locked out" : peer;
}

/** True for a certificate of somebody who is to be hung up on. */
export function isLockedOut(peer: PeerIdentity, { lockedOut }: Pick<TrustMaterial, "lockedOut">): boolean {
  if (peer.class === "machine" && lockedOut.has(peer.serial)) return true;
  return (peer.class === "machine" || peer.class === "user") && lockedOut.has(peer.fingerprint);
}

/** What OpenSSL found wrong (verify(1)). */
function inWords(code: unknown, { validTo, validFrom }: X509Certificate): string {
  switch (String(code)) {
    case "CERT_HAS_EXPIRED":
      return `the certificate ended on ${validTo}`;
    case "CERT_NOT_YET_VALID":
      return `the certificate begins on ${validFrom} only: is a clock wrong?`;
    case "INVALID_PURPOSE":
      return "the certificate is not for clients";
    default:
      return "the certificate is signed by no authority that counts here";
  }
}
