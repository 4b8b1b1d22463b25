export type { ConserverConsole, ConserverFile, ConsoleWay, TaskDefinition } from "./file/conserver-file.ts";
export { formatReportLine, type ReportLine, reportOf } from "./file/file-report.ts";
export { hostSurroundings } from "./file/host-surroundings.ts";
export { readConserverFile, type Surroundings } from "./file/read-conserver-file.ts";
export type {
  Attachment,
  AttachSink,
  ConsoleHost,
  GatewayViewer,
  ResolvedConsole,
} from "./gateway/console-host.ts";
export { Gateway } from "./gateway/gateway.ts";
export {
  GATEWAY_LIMITS,
  type GatewayAccess,
  type GatewayControl,
  type GatewayOptions,
  type GatewayTls,
} from "./gateway/gateway-options.ts";
export { checkPassword, type PasswordChecking } from "./gateway/password-file.ts";
