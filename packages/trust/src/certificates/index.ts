export {
  type Authority,
  type AuthorityFiles,
  type AuthorityRole,
  makeAuthority,
  makeKeyPem,
  openAuthority,
} from "./authority.ts";
export { isStatementOf, signStatement } from "./authority-statement.ts";
export { type CheckedRequest, checkRequest, makeRequest, REQUEST_BYTES_MAX } from "./certificate-request.ts";
export { type Issue, issueCertificate, MACHINE_CERTIFICATE_MS } from "./issue.ts";
