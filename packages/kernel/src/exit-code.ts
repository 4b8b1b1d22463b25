import type { ErrorCode } from "./errors.ts";

/** What our processes exit with. Scripts depend on the numbers: add, never change. */
export const EXIT = {
  ok: 0,
  generic: 1,
  usage: 2,
  notFound: 3,
  denied: 4,
  busy: 5,
  consoleDown: 6,
  agentUnreachable: 7,
  headUnreachable: 8,
  timedOut: 9,
  conflict: 10,
  resourceLimit: 11,
  /** 128 + SIGINT, as shells have it. */
  interrupted: 130,
} as const;

/**
 * The exit code of every failure. Reasons of a link mean that the console is down; who dials a
 * head or an agent says "head_unreachable" or "agent_unreachable" with the reason as cause.
 */
export const EXIT_CODE_OF: Readonly<Record<ErrorCode, number>> = {
  canceled: EXIT.interrupted,
  deadline_exceeded: EXIT.timedOut,
  invalid_argument: EXIT.usage,
  not_found: EXIT.notFound,
  permission_denied: EXIT.denied,
  unauthenticated: EXIT.denied,
  conflict: EXIT.conflict,
  console_busy: EXIT.busy,
  console_down: EXIT.consoleDown,
  agent_unreachable: EXIT.agentUnreachable,
  head_unreachable: EXIT.headUnreachable,
  resource_exhausted: EXIT.resourceLimit,
  slow_consumer: EXIT.resourceLimit,
  read_only_head: EXIT.generic,
  failed_precondition: EXIT.generic,
  data_loss: EXIT.generic,
  unavailable: EXIT.generic,
  internal: EXIT.generic,

  name_unresolved: EXIT.consoleDown,
  connection_refused: EXIT.consoleDown,
  host_unreachable: EXIT.consoleDown,
  connection_reset: EXIT.consoleDown,
  hung_up: EXIT.consoleDown,
  peer_silent: EXIT.consoleDown,
  auth_failed: EXIT.consoleDown,
  host_key_unknown: EXIT.consoleDown,
  host_key_changed: EXIT.consoleDown,
  protocol_error: EXIT.consoleDown,
  device_missing: EXIT.consoleDown,
  process_exited: EXIT.consoleDown,
};
