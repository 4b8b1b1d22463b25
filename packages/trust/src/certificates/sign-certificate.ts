// The library keeps its ASN.1 descriptions in decorators, which need this first.
import "reflect-metadata";
import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** Hosts that have just been started, diskless ones above all, may be late by this much. */
export const BACKDATE_MS = 3_600_000;

/** A subject or an issuer. */
export interface SignedName {
  readonly commonName: string;
  readonly organization: string;
}

/** What a certificate may be used for. */
export type CertificateUse =
  | { readonly is: "authority" }
  /** Heads and agents dial each other: both sides of TLS. */
  | { readonly is: "machine"; readonly uri: string }
  /** People and services are clients only: their certificate never makes a server. */
  | { readonly is: "user"; readonly uri: string };

export interface CertificateToSign {
  readonly subject: SignedName;
  readonly issuer: SignedName;
  /** SubjectPublicKeyInfo, DER; a key on P-256. */
  readonly publicKey: Uint8Array;
  readonly issuerKeyPem: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly use: CertificateUse;
}

/** ECDSA with SHA-256 on P-256 (RFC 5758, section 3.2). */
export const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** Sign a certificate (RFC 5280) and give it in PEM. Every word of it is ours; a request adds its key only. */
export async function signCertificate(what: CertificateToSign): Promise<string> {
  const { subject, issuer, issuerKeyPem, notBeforeMs, notAfterMs, use } = what;
  const publicKey = new PublicKey(what.publicKey);
  const issuerKey = new PublicKey(createPublicKey(issuerKeyPem).export({ type: "spki", format: "der" }));
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: nameOf(subject),
      issuer: nameOf(issuer),
      notBefore: new Date(notBeforeMs),
      notAfter: new Date(notAfterMs),
      publicKey,
      signingKey: await signingKeyOf(issuerKeyPem),
      signingAlgorithm: ECDSA,
      extensions: [
        ...usageOf(use),
        await SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto),
        await AuthorityKeyIdentifierExtension.create(issuerKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return `${certificate.toString("pem")}\n`;
}

/** For the library, which knows keys of Web Crypto only. */
export function signingKeyOf(keyPem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(keyPem).export({ type: "pkcs8", format: "der" });
  return webcrypto.subtle.importKey("pkcs8", der, ECDSA, false, ["sign"]);
}

function usageOf(use: CertificateUse): readonly Extension[] {
  const critical = true;
  if (use.is === "authority") {
    return [
      // It signs leaves, and no further authority.
      new BasicConstraintsExtension(true, 0, critical),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, critical),
    ];
  }
  const client = [ExtendedKeyUsage.clientAuth];
  return [
    new BasicConstraintsExtension(false, undefined, critical),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, critical),
    new ExtendedKeyUsageExtension(
      use.is === "user" ? client : [...client, ExtendedKeyUsage.serverAuth],
      critical,
    ),
    new SubjectAlternativeNameExtension([{ type: "url", value: use.uri }]),
  ];
}

function nameOf({ commonName, organization }: SignedName): Name {
  return new Name([{ O: [organization] }, { CN: [commonName] }]);
}

/** 127 random bits behind a bit that keeps it positive and its length the same (RFC 5280, 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}
