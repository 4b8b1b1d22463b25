export {
  CERTIFICATE_KINDS,
  type CertificateKind,
  type CertificateName,
  checkClusterName,
  formatCertificateName,
  parseCertificateName,
} from "./certificates/certificate-name.ts";
export { identityIn, type ProvenIdentity, type TrustedAuthorities } from "./certificates/peer-identity.ts";
export {
  type CertificateRead,
  fingerprintOf,
  isIssuedBy,
  parseCertificate,
  pinOf,
  readCertificate,
} from "./certificates/read-certificate.ts";
export * from "./policy/index.ts";
export * from "./ticket/index.ts";
