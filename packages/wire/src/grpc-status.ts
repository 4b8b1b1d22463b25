import type { ErrorCode } from "@confed/kernel";
import { status } from "@grpc/grpc-js";

/**
 * The gRPC status of every error code. Clients of other makes see this; ours read the ErrorDetail
 * beside it. `satisfies` makes the table total: a new code without a row does not compile.
 */
export const GRPC_STATUS = {
  canceled: status.CANCELLED,
  deadline_exceeded: status.DEADLINE_EXCEEDED,
  invalid_argument: status.INVALID_ARGUMENT,
  not_found: status.NOT_FOUND,
  permission_denied: status.PERMISSION_DENIED,
  unauthenticated: status.UNAUTHENTICATED,
  conflict: status.ABORTED,
  console_busy: status.FAILED_PRECONDITION,
  console_down: status.FAILED_PRECONDITION,
  agent_unreachable: status.UNAVAILABLE,
  head_unreachable: status.UNAVAILABLE,
  resource_exhausted: status.RESOURCE_EXHAUSTED,
  slow_consumer: status.RESOURCE_EXHAUSTED,
  read_only_head: status.FAILED_PRECONDITION,
  failed_precondition: status.FAILED_PRECONDITION,
  data_loss: status.DATA_LOSS,
  unavailable: status.UNAVAILABLE,
  internal: status.INTERNAL,
  name_unresolved: status.UNAVAILABLE,
  connection_refused: status.UNAVAILABLE,
  host_unreachable: status.UNAVAILABLE,
  connection_reset: status.UNAVAILABLE,
  hung_up: status.UNAVAILABLE,
  peer_silent: status.UNAVAILABLE,
  auth_failed: status.FAILED_PRECONDITION,
  host_key_unknown: status.FAILED_PRECONDITION,
  host_key_changed: status.FAILED_PRECONDITION,
  protocol_error: status.INTERNAL,
  device_missing: status.FAILED_PRECONDITION,
  process_exited: status.UNAVAILABLE,
} as const satisfies Record<ErrorCode, number>;

/** What a bare status from somebody else's software means to us. */
export function codeOfStatus(grpcStatus: number): ErrorCode {
  switch (grpcStatus) {
    case status.CANCELLED:
      return "canceled";
    case status.DEADLINE_EXCEEDED:
      return "deadline_exceeded";
    case status.INVALID_ARGUMENT:
    case status.OUT_OF_RANGE:
      return "invalid_argument";
    case status.NOT_FOUND:
      return "not_found";
    case status.PERMISSION_DENIED:
      return "permission_denied";
    case status.UNAUTHENTICATED:
      return "unauthenticated";
    case status.RESOURCE_EXHAUSTED:
      return "resource_exhausted";
    case status.FAILED_PRECONDITION:
      return "failed_precondition";
    case status.ABORTED:
    case status.ALREADY_EXISTS:
      return "conflict";
    case status.DATA_LOSS:
      return "data_loss";
    case status.UNAVAILABLE:
      return "unavailable";
    case status.UNIMPLEMENTED:
      return "protocol_error";
    default:
      return "internal";
  }
}
