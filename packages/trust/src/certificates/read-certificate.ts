import { createHash, type KeyObject, X509Certificate } from "node:crypto";
import { ConfedError } from "@confed/kernel";
import { type CertificateName, parseCertificateName } from "./certificate-name.ts";

/** A certificate as a file or a connection shows it. Nothing of it is proven. */
export interface CertificateRead {
  /** Undefined for a certificate that is not one of ours: an authority's, xCAT's. */
  readonly name: CertificateName | undefined;
  /** Lower-case hexadecimal digits. */
  readonly serial: string;
  /** SHA-256 of the whole certificate, 64 lower-case hexadecimal digits. */
  readonly fingerprint: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Throws "invalid_argument" for what is no certificate. `what` says whose it is: "the certificate of the head". */
export function parseCertificate(pemOrDer: string | Uint8Array, what: string): X509Certificate {
  try {
    return new X509Certificate(pemOrDer);
  } catch (cause) {
    throw new ConfedError("invalid_argument", `${what} cannot be read: it is no X.509 certificate`, {
      cause,
    });
  }
}

/** What a certificate says. Needs nothing but Node's own reader: done once a connection. */
export function readCertificate(certificate: X509Certificate): CertificateRead {
  return {
    name: nameIn(certificate),
    serial: certificate.serialNumber.toLowerCase(),
    fingerprint: fingerprintOf(certificate),
    notBeforeMs: Date.parse(certificate.validFrom),
    notAfterMs: Date.parse(certificate.validTo),
  };
}

/** SHA-256 of the certificate, 64 lower-case hexadecimal digits. */
export function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(":", "").toLowerCase();
}

/**
 * The pin of a key: SHA-256 of its SubjectPublicKeyInfo (RFC 7469, section 2.4), 64 lower-case hexadecimal digits. An
 * authority keeps its pin when its certificate is renewed.
 */
export function pinOf(key: KeyObject | X509Certificate): string {
  const publicKey = key instanceof X509Certificate ? key.publicKey : key;
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

/** True if exactly this authority signed it. Names do not count: whoever wants to can write any. */
export function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

/**
 * Node gives the alternative names as text, those with letters that could mislead in quotes: anything but a
 * single plain URI is not one of our certificates.
 */
function nameIn(certificate: X509Certificate): CertificateName | undefined {
  const names = certificate.subjectAltName;
  return names?.startsWith("URI:") === true ? parseCertificateName(names.slice(4)) : undefined;
}
