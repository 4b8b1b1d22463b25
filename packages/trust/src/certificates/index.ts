export {
  type Authority,
  type AuthorityFiles,
  type AuthorityRole,
  makeAuthority,
  makeKeyPem,
  openAuthority,
} from "./authority.ts";
export { type CheckedRequest, checkRequest, makeRequest, REQUEST_BYTES_MAX } from "./certificate-request.ts";
export { type Issue, issueCertificate, MACHINE_CERTIFICATE_MS } from "./issue.ts";
