export { isStatementOf } from "./certificates/authority-statement.ts";
export {
  CERTIFICATE_KINDS,
  type CertificateKind,
  type CertificateName,
  checkClusterName,
  formatCertificateName,
  parseCertificateName,
} from "./certificates/certificate-name.ts";
export { formatJoinToken, type JoinToken, parseJoinToken } from "./certificates/join-token.ts";
export {
  type AuthorityCertificates,
  identifierFor,
  type ProvenIdentity,
} from "./certificates/peer-identity.ts";
export {
  type CertificateRead,
  fingerprintOf,
  parseCertificate,
  pinOf,
  readCertificate,
} from "./certificates/read-certificate.ts";
export * from "./policy/index.ts";
export * from "./ticket/index.ts";
