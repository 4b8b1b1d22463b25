export { decodeCheckedLines, encodeCheckedLine } from "./checked-line.ts";
export {
  controlName,
  type EscapeAction,
  type EscapeContext,
  type EscapeEffect,
  type EscapeState,
  escapeStep,
} from "./conserver/escape-step.ts";
export { commandHelp, escapeHelp } from "./conserver/help-text.ts";
export {
  ctimeText,
  examineLine,
  groupLine,
  hostsLine,
  infoLine,
  type ListedConsole,
  type ListedUser,
  type ListedWay,
} from "./conserver/listings.ts";
export {
  QUOTED,
  QuotedDecoder,
  type QuotedEvent,
  quoteBytes,
  quotedCommand,
} from "./conserver/quoted-bytes.ts";
export {
  CIPHER_SUITE_IDS,
  CIPHER_SUITES,
  type CipherSuite,
  type CipherSuiteId,
} from "./ipmi/cipher-suite.ts";
export { type ChannelMessage, ConsoleChannel, type ConsoleChannelOptions } from "./ipmi/console-channel.ts";
export {
  encodeIpmiResponse,
  encodeV15Packet,
  type IpmiRequest,
  parseIpmiRequest,
  parseV15Packet,
} from "./ipmi/ipmi-message.ts";
export { encodeOpenSessionResponse, parseOpenSessionRequest, RMCP_PLUS_STATUS } from "./ipmi/open-session.ts";
export { encodeRakp2, encodeRakp4, parseRakp1, parseRakp3, type Rakp1 } from "./ipmi/rakp.ts";
export { deriveRakp, type RakpResult, type RakpSecrets } from "./ipmi/rakp-keys.ts";
export {
  datagramKind,
  encodePresencePing,
  encodePresencePong,
  parsePresencePing,
  parsePresencePong,
} from "./ipmi/rmcp.ts";
export {
  type DropCause,
  encodeUnprotected,
  openPacket,
  PAYLOAD_TYPE,
  parseRmcpPlus,
  type RmcpPlusPacket,
  sealPacket,
} from "./ipmi/rmcp-plus.ts";
export { nextSequence, SequenceWindow } from "./ipmi/sequence-window.ts";
export {
  newSession,
  type SessionEffect,
  type SessionEnding,
  type SessionEvent,
  type SessionRequest,
  type SessionState,
  type SessionTimer,
} from "./ipmi/session-state.ts";
export { stepSession } from "./ipmi/session-step.ts";
export {
  COMPLETION,
  encodeActivated,
  IPMI_COMMAND,
  NETFN_APP,
  PRIVILEGE,
  type PrivilegeName,
} from "./ipmi/sol-commands.ts";
export { beginSolFlow, type SolEffect, type SolEvent, type SolFlow, stepSolFlow } from "./ipmi/sol-flow.ts";
export {
  encodeSolPacket,
  nextSolSequence,
  parseSolPacket,
  SOL_LIMITS,
  SOL_OPERATION,
  SOL_STATUS,
  type SolPacket,
  solCharactersMax,
} from "./ipmi/sol-packet.ts";
export {
  type ClockQuality,
  decodeIndex,
  type EventRecord,
  encodeIndexRecord,
  type GapCause,
  type GapRecord,
  type IndexRecord,
  MARK_EVERY_MS,
  MARKS_HELD_MS,
  type SegmentRecord,
  type TimeRecord,
} from "./log-index/log-index.ts";
export {
  type LogMap,
  logMapOf,
  nextMarkAfter,
  offsetSince,
  type Stamped,
  type Stretch,
  timeOf,
} from "./log-index/log-map.ts";
export { COM_PORT, type ComPortMessage, type ComPortSettings, describeComPort } from "./telnet/com-port.ts";
export { TELNET, TELNET_OPTION, type TelnetVerb } from "./telnet/telnet-codes.ts";
export {
  type DropReason,
  TELNET_DECODER_LIMITS,
  TelnetDecoder,
  type TelnetEvent,
} from "./telnet/telnet-decoder.ts";
export {
  encodeNegotiation,
  encodeSubnegotiation,
  encodeTelnetCommand,
  encodeTelnetData,
} from "./telnet/telnet-encoder.ts";
export {
  TELNET_SESSION_LIMITS,
  type TelnetBreak,
  type TelnetOutlet,
  TelnetSession,
  type TelnetSessionEvent,
  type TelnetSessionOptions,
} from "./telnet/telnet-session.ts";
export type { TelnetSessionSnapshot } from "./telnet/telnet-snapshot.ts";
export { TerminalFilter } from "./terminal-safety/terminal-filter.ts";
