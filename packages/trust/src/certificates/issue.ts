import { ConfedError } from "@confed/kernel";
import type { Authority } from "./authority.ts";
import { type CertificateKind, formatCertificateName } from "./certificate-name.ts";
import { checkRequest } from "./certificate-request.ts";
import { BACKDATE_MS, signCertificate } from "./sign-certificate.ts";

/** How long certificates of heads and agents hold; renewed at half of it. */
export const MACHINE_CERTIFICATE_MS = 7 * 24 * 3_600_000;

/** What is to be certified. */
export interface Issue {
  readonly kind: CertificateKind;
  readonly id: string;
  /** A request, DER, from whoever is to have it. */
  readonly request: Uint8Array;
  readonly nowMs: number;
  readonly lifeMs?: number;
}

/**
 * Sign a certificate for who is proven to be `id`: that is the caller's matter. Of the request only the key is
 * taken over. Rejects with "invalid_argument" where the request is not as {@link checkRequest} wants it.
 */
export async function issueCertificate(
  authority: Authority,
  { kind, id, request, nowMs, lifeMs = MACHINE_CERTIFICATE_MS }: Issue,
): Promise<string> {
  if ((kind === "user") !== (authority.role === "users"))
    throw new ConfedError(
      "invalid_argument",
      `the authority of ${authority.role} signs nothing for a ${kind}`,
    );
  const uri = formatCertificateName({ cluster: authority.cluster, kind, id });
  const { publicKey } = await checkRequest(request, id);
  return signCertificate({
    subject: { commonName: id, organization: authority.cluster },
    issuer: { commonName: `Confed ${authority.role}`, organization: authority.cluster },
    publicKey,
    issuerKeyPem: authority.key.reveal(),
    notBeforeMs: nowMs - BACKDATE_MS,
    notAfterMs: nowMs + lifeMs,
    use: { is: kind === "user" ? "user" : "machine", uri },
  });
}
