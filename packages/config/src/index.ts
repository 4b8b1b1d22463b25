export {
  type AssignedConsole,
  type AssignedHead,
  formatAssigned,
  parseAssigned,
} from "./assigned-table.ts";
export {
  type AuditSettings,
  DEFAULT_AUDIT,
  type ForwardTarget,
  formatForwardTarget,
} from "./audit-schema.ts";
export { type ClientSettings, type ClientSources, clientSettings } from "./client-settings.ts";
export { CONFIG_FILE_BYTES_MAX, type ConfigFiles, systemFiles } from "./config-files.ts";
export { CONSERVER_PORT } from "./conserver-schema.ts";
export type { AgentConserver, ConserverSettings, HeadConserver } from "./conserver-settings.ts";
export type {
  ConserverEntry,
  ConserverReader,
  ConserverRequest,
  ConserverTable,
} from "./conserver-table.ts";
export type {
  CommonConsoleSpec,
  ComPortSpec,
  ConsoleSpec,
  ExecConsoleSpec,
  FlowControl,
  IdleInputSpec,
  IpmiConsoleSpec,
  Parity,
  ProgramSpec,
  RetrySpec,
  SerialConsoleSpec,
  SerialLine,
  SshConsoleSpec,
  TcpConsoleSpec,
  TelnetConsoleSpec,
  UnixConsoleSpec,
} from "./console-spec.ts";
export { parseConsole } from "./console-table.ts";
export { type Fault, faultsError, formatFault, type LoadResult } from "./fault.ts";
export {
  assignedTableIn,
  checkConfig,
  type LoadOptions,
  loadAgentConfig,
  loadHeadConfig,
  managedTableIn,
} from "./load-config.ts";
export type { AgentConfig, CheckedConfig, FileAssignment, HeadConfig } from "./loaded-config.ts";
export { DEFAULT_MODE, logModes } from "./log-modes.ts";
export { isLogPath, LogPaths } from "./log-paths.ts";
export { nearestWord } from "./nearest-word.ts";
export { resolveSecret, type SecretRef, type SecretSources } from "./secret-ref.ts";
export {
  type AgentSettings,
  DEFAULT_LOG_PATH,
  DEFAULT_PORTS,
  type HeadSettings,
  type LogMode,
  type LogSettings,
  SHARDS_MAX,
  type SocketSettings,
  type TlsMode,
} from "./settings-schema.ts";
