export { type Cancel, type Clock } from "./clock.ts";
export { checkName, foldName, isConsoleName } from "./console-name.ts";
export { type Deadline, withDeadline } from "./deadline.ts";
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
export { formatHostPort, type HostPort, type HostPortOptions, isHost, isLoopbackHost, parseHostPort } from "./host-port.ts";
export { type LogFields, type Logger, silentLogger } from "./logger.ts";
export { type Release, Scope } from "./scope.ts";
export { Secret } from "./secret.ts";
export { systemClock } from "./system-clock.ts";
