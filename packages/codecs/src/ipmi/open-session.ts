import { algorithmsOf, type CipherSuite, suiteOfAlgorithms } from "./cipher-suite.ts";
import { readUint32, writeUint32 } from "./little-endian.ts";

// The first two payloads of a session; IPMI 2.0, 13.17 and 13.18.

/** We ask for a session. */
export interface OpenSessionRequest {
  /** A new one for every packet: an answer to an older one is told by it. */
  readonly tag: number;
  /** The highest privilege that will be asked for. */
  readonly privilege: number;
  /** Ours: what the BMC's packets will be addressed to. Not 0. */
  readonly consoleSessionId: number;
  readonly suite: CipherSuite;
}

/** The BMC's answer. A refusal may have no more than the tag and the status. */
export interface OpenSessionResponse {
  readonly tag: number;
  /** {@link RMCP_PLUS_STATUS}; 0 for yes. */
  readonly status: number;
  readonly consoleSessionId: number;
  /** The BMC's: what our packets will be addressed to. */
  readonly bmcSessionId: number;
}

/** The statuses that something depends on; IPMI 2.0, table 13-15. */
export const RMCP_PLUS_STATUS = {
  ok: 0x00,
  noResources: 0x01,
  invalidSessionId: 0x02,
  invalidAuthentication: 0x04,
  invalidRole: 0x09,
  unauthorizedRole: 0x0a,
  noResourcesAtRole: 0x0b,
  unauthorizedName: 0x0d,
  invalidIntegrityCheckValue: 0x0f,
  noCipherSuiteMatch: 0x11,
} as const;

const REQUEST_BYTES = 32;
const RESPONSE_BYTES = 36;
const ALGORITHM_BYTES = 8;

export function encodeOpenSessionRequest(request: OpenSessionRequest): Uint8Array {
  const payload = new Uint8Array(REQUEST_BYTES);
  payload[0] = request.tag;
  payload[1] = request.privilege;
  writeUint32(payload, 4, request.consoleSessionId);
  writeSuite(payload, 8, request.suite);
  return payload;
}

/** Undefined for what is none. `suite` is undefined where it is none of ours. */
export function parseOpenSessionRequest(
  payload: Uint8Array,
): (Omit<OpenSessionRequest, "suite"> & { readonly suite: CipherSuite | undefined }) | undefined {
  const [tag = 0, privilege = 0] = payload;
  const consoleSessionId = readUint32(payload, 4);
  if (payload.length < REQUEST_BYTES || consoleSessionId === 0) return undefined;
  return { tag, privilege, consoleSessionId, suite: readSuite(payload, 8) };
}

/** `suite` is what was asked for; with a status other than 0 the answer is short. */
export function encodeOpenSessionResponse(
  response: OpenSessionResponse & { readonly privilege: number; readonly suite: CipherSuite | undefined },
): Uint8Array {
  const suite = response.status === RMCP_PLUS_STATUS.ok ? response.suite : undefined;
  const payload = new Uint8Array(suite === undefined ? 8 : RESPONSE_BYTES);
  payload[0] = response.tag;
  payload[1] = response.status;
  payload[2] = response.privilege;
  writeUint32(payload, 4, response.consoleSessionId);
  if (suite === undefined) return payload;
  writeUint32(payload, 8, response.bmcSessionId);
  writeSuite(payload, 12, suite);
  return payload;
}

/** Undefined for what is none, and for a yes that names no session. */
export function parseOpenSessionResponse(payload: Uint8Array): OpenSessionResponse | undefined {
  const [tag, status] = payload;
  if (tag === undefined || status === undefined) return undefined;
  const bmcSessionId = readUint32(payload, 8);
  if (status === RMCP_PLUS_STATUS.ok && bmcSessionId === 0) return undefined;
  return { tag, status, consoleSessionId: readUint32(payload, 4), bmcSessionId };
}

function writeSuite(payload: Uint8Array, at: number, suite: CipherSuite): void {
  const { authentication, integrity, confidentiality } = algorithmsOf(suite);
  for (const [type, algorithm] of [authentication, integrity, confidentiality].entries()) {
    payload.set([type, 0, 0, ALGORITHM_BYTES, algorithm], at + type * ALGORITHM_BYTES);
  }
}

function readSuite(payload: Uint8Array, at: number): CipherSuite | undefined {
  const algorithm = (type: number) => payload[at + type * ALGORITHM_BYTES + 4] ?? 0;
  return suiteOfAlgorithms({
    authentication: algorithm(0),
    integrity: algorithm(1),
    confidentiality: algorithm(2),
  });
}
