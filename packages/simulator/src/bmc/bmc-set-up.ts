import {
  CIPHER_SUITES,
  encodeOpenSessionResponse,
  encodeRakp2,
  encodeRakp4,
  encodeUnprotected,
  PAYLOAD_TYPE,
  PRIVILEGE,
  parseOpenSessionRequest,
  parseRakp1,
  parseRakp3,
  RMCP_PLUS_STATUS,
  type RmcpPlusPacket,
} from "@confed/codecs";
import { systemCiphers } from "@confed/kernel";
import type { Bmc } from "./bmc.ts";
import { BmcSession } from "./bmc-session.ts";
import type { Peer } from "./peer.ts";

/** The answer to a message that opens a session; undefined for what deserves none. */
export function answerSetUp(bmc: Bmc, peer: Peer, packet: RmcpPlusPacket): Uint8Array | undefined {
  switch (packet.payloadType) {
    case PAYLOAD_TYPE.openSessionRequest:
      return answerOpenSession(bmc, peer, packet.payload);
    case PAYLOAD_TYPE.rakp1:
      return answerRakp1(bmc, packet.payload);
    case PAYLOAD_TYPE.rakp3:
      return answerRakp3(bmc, packet.payload);
    default:
      return undefined;
  }
}

function answerOpenSession(bmc: Bmc, peer: Peer, payload: Uint8Array): Uint8Array | undefined {
  const request = parseOpenSessionRequest(payload);
  if (request === undefined) return undefined;
  const { tag, consoleSessionId, suite } = request;
  const offered = bmc.suites.map((id) => CIPHER_SUITES[id]).find((other) => other === suite);
  const answer = (status: number, bmcSessionId = 0) => {
    // The highest there is for whoever leaves it open.
    const privilege = request.privilege || PRIVILEGE.administrator;
    const response = { tag, status, privilege, consoleSessionId, bmcSessionId, suite };
    return encodeUnprotected(PAYLOAD_TYPE.openSessionResponse, encodeOpenSessionResponse(response));
  };
  if (bmc.faults.openStatus !== 0) return answer(bmc.faults.openStatus);
  if (offered === undefined) return answer(RMCP_PLUS_STATUS.noCipherSuiteMatch);
  if (bmc.sessions.size >= bmc.faults.sessionsMax) return answer(RMCP_PLUS_STATUS.noResources);
  const session = new BmcSession({
    suite: offered,
    consoleSessionId,
    bmcSessionId: Buffer.from(systemCiphers.randomBytes(4)).readUInt32LE() || 1,
    guid: bmc.guid,
    openPrivilege: request.privilege,
    peer,
  });
  bmc.sessions.set(session.options.bmcSessionId, session);
  bmc.forgetHalfOpen(session);
  return answer(RMCP_PLUS_STATUS.ok, session.options.bmcSessionId);
}

function answerRakp1(bmc: Bmc, payload: Uint8Array): Uint8Array | undefined {
  const rakp1 = parseRakp1(payload);
  const session = rakp1 && bmc.sessions.get(rakp1.bmcSessionId);
  if (rakp1 === undefined || session === undefined || session.open) return undefined;
  if (bmc.faults.passesThrough && payload.length < WHOLE_RAKP1_BYTES) return undefined;
  const name = bmc.faults.padsUsers ? bmc.user.user.padEnd(16, "\0") : bmc.user.user;
  const isKnown = Buffer.from(rakp1.user).toString() === name;
  const status =
    bmc.faults.rakp2Status || (isKnown ? RMCP_PLUS_STATUS.ok : RMCP_PLUS_STATUS.unauthorizedName);
  if (status !== RMCP_PLUS_STATUS.ok) bmc.closeSession(session);
  session.privilege = rakp1.role & 0x0f;
  const role = bmc.faults.hashesOpenPrivilege
    ? session.options.openPrivilege | (rakp1.role & NAME_ONLY)
    : rakp1.role;
  const proven = bmc.faults.passesThrough ? role & ~NAME_ONLY : role;
  const { rakp2Code } = session.prove({ ...rakp1, role: proven }, { ...bmc.user, user: name });
  const rakp2 = {
    tag: rakp1.tag,
    status,
    consoleSessionId: session.options.consoleSessionId,
    random: session.bmcRandom,
    guid: bmc.guid,
    code: bmc.faults.longCodes ? Buffer.concat([rakp2Code, Buffer.alloc(1)]) : rakp2Code,
  };
  const answer = encodeUnprotected(PAYLOAD_TYPE.rakp2, encodeRakp2(rakp2));
  if (bmc.faults.longLengths) answer[LENGTH_AT] = (answer[LENGTH_AT] ?? 0) + 1;
  return answer;
}

/** In RAKP 1: the user is looked up by name alone. */
const NAME_ONLY = 0x10;
/** With all that a user's name may have. */
const WHOLE_RAKP1_BYTES = 44;
/** Where a packet says how long its payload is. */
const LENGTH_AT = 14;

function answerRakp3(bmc: Bmc, payload: Uint8Array): Uint8Array | undefined {
  const rakp3 = parseRakp3(payload);
  const session = rakp3 && bmc.sessions.get(rakp3.bmcSessionId);
  if (rakp3 === undefined || session?.rakp === undefined) return undefined;
  const { rakp3Code, rakp4Code } = session.rakp;
  const isProved = rakp3.status === 0 && systemCiphers.equal(rakp3Code, rakp3.code);
  if (isProved) session.open = true;
  else bmc.closeSession(session);
  // Whoever says that our proof was wrong wants no answer.
  if (rakp3.status !== 0) return undefined;
  const isBare = bmc.faults.padsUsers && session.options.suite.codeBytes === 0;
  const status = isProved ? RMCP_PLUS_STATUS.ok : RMCP_PLUS_STATUS.invalidIntegrityCheckValue;
  const rakp4 = {
    tag: rakp3.tag,
    status,
    consoleSessionId: session.options.consoleSessionId,
    code: isProved && !isBare ? rakp4Code : new Uint8Array(0),
  };
  return encodeUnprotected(PAYLOAD_TYPE.rakp4, encodeRakp4(rakp4));
}
