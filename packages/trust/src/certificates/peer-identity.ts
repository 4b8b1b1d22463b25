import type { X509Certificate } from "node:crypto";
import { fingerprintOf, isIssuedBy, parseCertificate, readCertificate } from "./read-certificate.ts";

/** Who is at the other end of a connection, as its certificate proves. */
export type ProvenIdentity =
  | {
      readonly class: "machine";
      readonly kind: "head" | "agent";
      readonly id: string;
      readonly fingerprint: string;
      readonly serial: string;
    }
  /** `issuer`: the fingerprint of the authority. */
  | { readonly class: "user"; readonly id: string; readonly fingerprint: string; readonly issuer: string };

/** The certificates of a cluster's authorities, PEM. */
export interface AuthorityCertificates {
  readonly machines: string;
  readonly users: string;
}

/**
 * How to read the identity that a certificate proves; undefined if it proves none: signed by neither of these authorities, of
 * another cluster, or of a kind that its authority has no say in. The class comes from who signed, never from what is
 * written. That it is valid now is the caller's to see, as TLS does. One or two verifications of ECDSA, 0.1 ms
 * each, once a connection. Throws "invalid_argument" for what are no authorities.
 */
export function identifierFor(
  authorities: AuthorityCertificates,
): (certificate: X509Certificate) => ProvenIdentity | undefined {
  const machines = parseCertificate(authorities.machines, "the authority of machines");
  const users = parseCertificate(authorities.users, "the authority of users");
  const usersFingerprint = fingerprintOf(users);
  const cluster = /^O=(.*)$/m.exec(machines.subject)?.[1];
  return (certificate) => {
    const { name, fingerprint, serial } = readCertificate(certificate);
    if (name === undefined || name.cluster !== cluster || certificate.ca) return undefined;
    const { kind, id } = name;
    if (kind !== "user")
      return isIssuedBy(certificate, machines)
        ? { class: "machine", kind, id, fingerprint, serial }
        : undefined;
    return isIssuedBy(certificate, users)
      ? { class: "user", id, fingerprint, issuer: usersFingerprint }
      : undefined;
  };
}
