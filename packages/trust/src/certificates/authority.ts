import { createPrivateKey, createPublicKey, generateKeyPairSync, type X509Certificate } from "node:crypto";
import { ConfedError, Secret } from "@confed/kernel";
import { checkClusterName } from "./certificate-name.ts";
import { isIssuedBy, parseCertificate, pinOf } from "./read-certificate.ts";
import { BACKDATE_MS, signCertificate } from "./sign-certificate.ts";

/** The two authorities of a cluster: who signed a certificate says what class its holder is of. */
export type AuthorityRole = "machines" | "users";

/** An authority that can sign. Holds a private key: made where one is needed, never sent. */
export interface Authority {
  readonly role: AuthorityRole;
  readonly cluster: string;
  readonly certificate: X509Certificate;
  readonly certificatePem: string;
  /** PKCS#8, PEM. */
  readonly key: Secret;
  /** SHA-256 of its public key, hexadecimal: what a token carries. */
  readonly pin: string;
}

/** What an authority's files hold. */
export interface AuthorityFiles {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** Ten years: until its end a new one is to be rolled out beside it. */
const AUTHORITY_LIFE_MS = 10 * 365 * 24 * 3_600_000;

/** A new key pair on P-256, both in PEM. */
export function makeKeyPem(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  return privateKey.export({ type: "pkcs8", format: "pem" }) as string;
}

/** Make an authority that signs itself. */
export async function makeAuthority(
  role: AuthorityRole,
  { cluster, nowMs }: { readonly cluster: string; readonly nowMs: number },
): Promise<AuthorityFiles> {
  checkClusterName(cluster);
  const keyPem = makeKeyPem();
  const subject = { commonName: `Confed ${role}`, organization: cluster };
  const certificatePem = await signCertificate({
    subject,
    issuer: subject,
    publicKey: createPublicKey(keyPem).export({ type: "spki", format: "der" }),
    issuerKeyPem: keyPem,
    notBeforeMs: nowMs - BACKDATE_MS,
    notAfterMs: nowMs + AUTHORITY_LIFE_MS,
    use: { is: "authority" },
  });
  return { certificatePem, keyPem };
}

/**
 * Open the files of an authority. Throws "invalid_argument" naming `where` when they are damaged, do not
 * belong together, or are of another role.
 */
export function openAuthority(
  role: AuthorityRole,
  { certificatePem, keyPem }: AuthorityFiles,
  { where }: { readonly where: string },
): Authority {
  const wrong = (why: string, cause?: unknown) =>
    new ConfedError("invalid_argument", `the authority of ${role} cannot be used: ${why}`, {
      subject: role,
      where,
      hint: "restore the directory from its backup; a new authority means that every agent enrols anew",
      cause,
    });
  const certificate = parseCertificate(certificatePem, `the certificate of ${role}`);
  let key: ReturnType<typeof createPrivateKey>;
  try {
    key = createPrivateKey(keyPem);
  } catch (cause) {
    throw wrong("its key cannot be read", cause);
  }
  if (!certificate.checkPrivateKey(key)) throw wrong("its key and its certificate do not belong together");
  if (!certificate.ca || !isIssuedBy(certificate, certificate))
    throw wrong("its certificate is no authority's");
  const { commonName, organization } = subjectOf(certificate);
  if (commonName !== `Confed ${role}`) throw wrong(`its certificate is that of "${commonName}"`);
  const cluster = checkClusterName(organization);
  return { role, cluster, certificate, certificatePem, key: new Secret(keyPem), pin: pinOf(certificate) };
}

/** Node writes a subject as lines of KEY=value. */
export function subjectOf({ subject }: Pick<X509Certificate, "subject">): {
  readonly commonName: string;
  readonly organization: string;
} {
  const value = (key: string) =>
    subject
      .split("\n")
      .find((line) => line.startsWith(`${key}=`))
      ?.slice(key.length + 1) ?? "";
  return { commonName: value("CN"), organization: value("O") };
}
