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
