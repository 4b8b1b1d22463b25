import type { X509Certificate } from "node:crypto";
import type { CertificateName } from "./certificate-name.ts";
import { isIssuedBy, readCertificate } from "./read-certificate.ts";

/** Who is at the other end of a connection, as its certificate proves. */
export type ProvenIdentity =
  | {
      readonly class: "machine";
      readonly kind: "head" | "agent";
      readonly id: string;
      readonly fingerprint: string;
      readonly serial: string;
    }
  /** `issuer`: "" for our own authority of users, else the name that its configuration gave it. */
  | { readonly class: "user"; readonly id: string; readonly fingerprint: string; readonly issuer: string };

/** Whom to believe. */
export interface TrustedAuthorities {
  readonly cluster: string;
  readonly machines: X509Certificate;
  readonly users?: X509Certificate | undefined;
}

/**
 * The identity that a certificate proves, or undefined if it proves none: signed by neither of our authorities, of
 * another cluster, of a kind that its authority has no say in, or not valid now. The class comes from who signed, never
 * from what is written. One or two verifications of ECDSA, 0.1 ms each, once a connection.
 */
export function identityIn(
  certificate: X509Certificate,
  { cluster, machines, users }: TrustedAuthorities,
  nowMs: number,
): ProvenIdentity | undefined {
  const { name, fingerprint, serial, notBeforeMs, notAfterMs } = readCertificate(certificate);
  if (name?.cluster !== cluster || nowMs < notBeforeMs || nowMs >= notAfterMs || certificate.ca)
    return undefined;
  if (isIssuedBy(certificate, machines)) return machineOf(name, { fingerprint, serial });
  if (name.kind !== "user" || users === undefined || !isIssuedBy(certificate, users)) return undefined;
  return { class: "user", id: name.id, fingerprint, issuer: "" };
}

function machineOf(
  { kind, id }: CertificateName,
  proof: { readonly fingerprint: string; readonly serial: string },
): ProvenIdentity | undefined {
  return kind === "user" ? undefined : { class: "machine", kind, id, ...proof };
}
