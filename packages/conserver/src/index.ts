export type { ConserverConsole, ConserverFile, ConsoleWay, TaskDefinition } from "./file/conserver-file.ts";
export { formatReportLine, type ReportLine, reportOf } from "./file/file-report.ts";
export { hostSurroundings } from "./file/host-surroundings.ts";
export { readConserverFile, type Surroundings } from "./file/read-conserver-file.ts";
export type { UserEntry } from "./file/user-list.ts";
export { anonymousTls } from "./gateway/anonymous-tls.ts";
export { MOVED } from "./gateway/attached-client.ts";
export type {
  Addressees,
  Attachment,
  AttachSink,
  ConsoleHost,
  GatewayClient,
  GatewayViewer,
  ResolvedConsole,
} from "./gateway/console-host.ts";
export { Gateway } from "./gateway/gateway.ts";
export {
  type Doorman,
  GATEWAY_LIMITS,
  type GatewayAccess,
  type GatewayControl,
  type GatewayEvent,
  type GatewayOptions,
  type GatewayTls,
} from "./gateway/gateway-options.ts";
export {
  type ConsoleRules,
  type GatewayLists,
  type GatewayRules,
  type OfferedTask,
  rulesOf,
} from "./gateway/gateway-rules.ts";
export { checkPassword, needsPassword, type PasswordChecking } from "./gateway/password-file.ts";
export { ConserverSource } from "./live/conserver-source.ts";
export { settledFiles } from "./live/settled-files.ts";
export { readConmanFile } from "./native/conman-file.ts";
export { nativeFromConman } from "./native/from-conman.ts";
export { bringUpAfterOf, nativeFromConserver } from "./native/from-conserver.ts";
export { ipmiConsole } from "./native/ipmi-console.ts";
export { type NativeFile, writeNative } from "./native/native-file.ts";
export { type BmcOf, withNativeIpmi } from "./native/native-ipmi.ts";
export { nativeFromXcat } from "./xcat/from-xcat.ts";
export { bmcsOfXcat } from "./xcat/xcat-bmcs.ts";
export { readXcatTables, type XcatTables } from "./xcat/xcat-tables.ts";
