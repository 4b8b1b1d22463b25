import { ConfedError, isConsoleName, neutralise } from "@confed/kernel";

/** What a certificate of ours can be for. */
export const CERTIFICATE_KINDS = ["head", "agent", "user"] as const;

export type CertificateKind = (typeof CERTIFICATE_KINDS)[number];

/** Who a certificate of a cluster says its holder is. Believed only with the authority that signed it. */
export interface CertificateName {
  readonly cluster: string;
  readonly kind: CertificateKind;
  readonly id: string;
}

/** `spiffe://<cluster>/<kind>/<id>` (SPIFFE-ID, section 2). Throws "invalid_argument" for what no name can be. */
export function formatCertificateName({ cluster, kind, id }: CertificateName): string {
  checkClusterName(cluster);
  if (!isConsoleName(id)) {
    throw new ConfedError("invalid_argument", `"${neutralise(id, 140)}" is not the name of ${kind}s`, {
      subject: kind,
      hint: "letters, digits, '.', '_' and '-', at most 128, beginning with a letter or digit, without '..'",
    });
  }
  return `spiffe://${cluster}/${kind}/${id}`;
}

/** The inverse; undefined for what is not exactly that. */
export function parseCertificateName(uri: string): CertificateName | undefined {
  const [, cluster, kind, id] = URI.exec(uri) ?? [];
  if (cluster === undefined || kind === undefined || id === undefined) return undefined;
  if (!CLUSTER.test(cluster) || !isKind(kind) || !isConsoleName(id)) return undefined;
  return { cluster, kind, id };
}

/** Returns the name of a cluster, or throws "invalid_argument" with the rule. */
export function checkClusterName(text: string): string {
  if (CLUSTER.test(text)) return text;
  throw new ConfedError("invalid_argument", `"${neutralise(text, 70)}" is not the name of a cluster`, {
    subject: "cluster",
    hint: "lower-case letters, digits, '.' and '-', at most 63, beginning with a letter or digit",
  });
}

// A SPIFFE trust domain, short enough for the common name of an authority.
const CLUSTER = /^[a-z0-9][a-z0-9.-]{0,62}$/;
const URI = /^spiffe:\/\/([^/]{1,63})\/([a-z]{1,8})\/([^/]{1,128})$/;

function isKind(text: string): text is CertificateKind {
  return (CERTIFICATE_KINDS as readonly string[]).includes(text);
}
