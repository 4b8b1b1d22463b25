export {
  CHAIN_START,
  type ChainEnd,
  type Chained,
  chained,
  linkHash,
  type ReadLine,
  readLine,
} from "./chain.ts";
export {
  CHECKPOINT_AFTER_MS,
  CHECKPOINT_RECORDS_MAX,
  checkpointFields,
  isSigned,
  keyIdOf,
} from "./checkpoint.ts";
export { ANYBODYS, AUDIT_CODES, type AuditEventName, syslogSeverityOf } from "./codes.ts";
export { type Audit, type AuditEvent, type OpenAudit, silentAudit } from "./event.ts";
export { fieldsOf, LINE_BYTES_MAX } from "./record.ts";
export { octetCounted, syslogMessage } from "./syslog.ts";
export { type AuditFault, type AuditFile, type AuditVerdict, verifyAudit } from "./verify.ts";
