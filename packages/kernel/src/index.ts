export { Arena, ArenaPool, RECORD_HEADER_BYTES, type RecordVisitor, visitRecords } from "./arena.ts";
export { type BackoffOptions, createBackoff } from "./backoff.ts";
export { BoundedQueue } from "./bounded-queue.ts";
export type { Aes128Cbc, Ciphers } from "./ciphers.ts";
export type { Cancel, Clock } from "./clock.ts";
export { checkName, foldName, isConsoleName } from "./console-name.ts";
export { type Deadline, withDeadline } from "./deadline.ts";
export { type Dial, DialGate } from "./dial-gate.ts";
export { formatDuration, parseDurationMs } from "./duration.ts";
export {
  ConfedError,
  ERROR_CODES,
  type ErrorCode,
  type ErrorContext,
  InvariantError,
  invariant,
  isErrorCode,
  unreachable,
} from "./errors.ts";
export { EXIT, EXIT_CODE_OF } from "./exit-code.ts";
export {
  formatHostPort,
  type HostPort,
  type HostPortOptions,
  isHost,
  isLoopbackHost,
  parseHostPort,
} from "./host-port.ts";
export { JsonChannel, type JsonChannelEvents } from "./json-channel.ts";
export { type LogFields, type Logger, silentLogger } from "./logger.ts";
export { makeDirectory } from "./make-directory.ts";
export { findCollision } from "./name-collision.ts";
export { neutralise } from "./neutralise.ts";
export { selectConsoles, selectsConsole } from "./noderange/select-consoles.ts";
export { type Once, once } from "./once.ts";
export { type Patience, type Release, Scope } from "./scope.ts";
export { Secret } from "./secret.ts";
export {
  literalNames,
  matches,
  parseSelection,
  SELECTION_LIMITS,
  type Selectable,
  type Selection,
} from "./selection.ts";
export { systemCiphers } from "./system-ciphers.ts";
export { systemClock } from "./system-clock.ts";
export { TimerWheel, type TimerWheelOptions } from "./timer-wheel.ts";
