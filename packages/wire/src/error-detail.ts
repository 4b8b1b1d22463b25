import { ConfedError, type ErrorCode, isErrorCode } from "@confed/kernel";
import { Metadata, type ServiceError, type StatusObject } from "@grpc/grpc-js";
import { messageCodec } from "./contract-definitions.ts";
import type { ErrorDetail, ErrorDetailReceived } from "./generated/messages.ts";
import { codeOfStatus, GRPC_STATUS } from "./grpc-status.ts";

const DETAIL_KEY = "confed-error-bin";
const detailCodec = messageCodec("ErrorDetail");

/** The wire form of an error. `fallback` is for what is not ours. */
export function toDetail(reason: unknown, fallback: ErrorCode = "internal"): ErrorDetail {
  const error = ConfedError.from(reason, fallback);
  return {
    code: error.code,
    message: error.rawMessage,
    subject: error.subject ?? "",
    where: error.where ?? "",
    hint: error.hint ?? "",
  };
}

/** The error that a peer told us of. A code we do not know becomes "internal", its name kept. */
export function fromDetail({ code, message, subject, where, hint }: ErrorDetailReceived): ConfedError {
  const context = { subject: subject || undefined, where: where || undefined, hint: hint || undefined };
  if (isErrorCode(code)) return new ConfedError(code, message, context);
  return new ConfedError("internal", `${code}: ${message}`, context);
}

/** How a call ends with an error: the status for everyone, the detail for us. */
export function toStatus(reason: unknown): StatusObject {
  const detail = toDetail(reason);
  const metadata = new Metadata();
  metadata.set(DETAIL_KEY, detailCodec.encode(detail));
  return { code: GRPC_STATUS[detail.code as ErrorCode], details: detail.message ?? "", metadata };
}

/** The error of a call that failed; `where` names the peer's address, `service` what we took it for. */
export function fromStatus(failure: Partial<ServiceError>, where: string, service: string): ConfedError {
  const detail = detailOf(failure);
  if (detail !== undefined) return fromDetail(detail);
  const code = codeOfStatus(failure.code ?? -1);
  const message = failure.details ?? failure.message ?? "the call failed";
  if (code === "protocol_error") {
    return new ConfedError(code, `${where} answers, but is no Confed ${service}`, {
      where,
      hint: `is this the address of ${service === "head" ? "a head" : "an agent"}?`,
    });
  }
  return new ConfedError(code, message, { where, cause: failure });
}

function detailOf(failure: Partial<ServiceError>): ErrorDetailReceived | undefined {
  const [bytes] = failure.metadata?.get(DETAIL_KEY) ?? [];
  if (!(bytes instanceof Buffer)) return undefined;
  try {
    return detailCodec.decode(bytes) as ErrorDetailReceived;
  } catch {
    return undefined; // Whatever the peer put there, the status alone says enough.
  }
}
