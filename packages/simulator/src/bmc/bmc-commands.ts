import { COMPLETION, encodeActivated, IPMI_COMMAND, type IpmiRequest, NETFN_APP } from "@confed/codecs";
import type { Bmc } from "./bmc.ts";
import type { BmcSession } from "./bmc-session.ts";

/** A completion code and what follows it. */
export interface CommandAnswer {
  readonly code: number;
  readonly data: readonly number[];
}

/** Commands that other clients send and we do not. */
const FOREIGN_COMMAND = {
  getChannelPayloadSupport: 0x4e,
  getChannelPayloadVersion: 0x4f,
  getChannelCipherSuites: 0x54,
} as const;

const DONE: CommandAnswer = { code: COMPLETION.ok, data: [] };
const UNKNOWN: CommandAnswer = { code: COMPLETION.invalidCommand, data: [] };

/** The answer to a command outside of any session: what a BMC can do. */
export function answerSessionless(bmc: Bmc, request: IpmiRequest): CommandAnswer {
  if (request.netFn !== NETFN_APP) return UNKNOWN;
  if (request.command === IPMI_COMMAND.getChannelAuthCapabilities) {
    const withV20 = ((request.data[0] ?? 0) & 0x80) !== 0;
    const versions = bmc.faults.deniesV20 ? 1 : 3;
    const status = 0x04 | (bmc.user.bmcKey === undefined ? 0 : 0x20);
    return {
      code: COMPLETION.ok,
      data: [1, withV20 ? 0x97 : 0x17, status, withV20 ? versions : 0, 0, 0, 0, 0],
    };
  }
  return request.command === FOREIGN_COMMAND.getChannelCipherSuites ? cipherSuites(bmc, request) : UNKNOWN;
}

/** The answer to a command of a session; undefined if it gets lost on the way. */
export function answerCommand(
  bmc: Bmc,
  session: BmcSession,
  request: IpmiRequest,
): CommandAnswer | undefined {
  if (request.netFn !== NETFN_APP) return UNKNOWN;
  switch (request.command) {
    case IPMI_COMMAND.setSessionPrivilege:
      return { code: COMPLETION.ok, data: [request.data[0] ?? session.privilege] };
    case IPMI_COMMAND.activatePayload:
      return activate(bmc, session, request);
    case IPMI_COMMAND.deactivatePayload:
      if (bmc.owner === 0) return { code: COMPLETION.payloadTaken, data: [] };
      if (bmc.owner === session.options.bmcSessionId) bmc.endSol({ notice: false });
      else if (!bmc.faults.keepsOwner) bmc.endSol({ notice: true });
      return DONE;
    case IPMI_COMMAND.getPayloadActivationStatus:
      return { code: COMPLETION.ok, data: [1, bmc.owner === 0 ? 0 : 1, 0] };
    case IPMI_COMMAND.getPayloadInstanceInfo:
      return bmc.faults.hasNoInstanceInfo ? UNKNOWN : { code: COMPLETION.ok, data: ownerBytes(bmc) };
    case IPMI_COMMAND.getDeviceId:
      return { code: COMPLETION.ok, data: [0x20, 1, 1, 0, 0x02, 0x8f, 0, 0, 0, 0, 0] };
    case IPMI_COMMAND.closeSession:
      bmc.closeSession(session);
      return DONE;
    case FOREIGN_COMMAND.getChannelPayloadSupport:
      return { code: COMPLETION.ok, data: [3, 0, 0x3f, 0, 0, 0, 0, 0] };
    case FOREIGN_COMMAND.getChannelPayloadVersion:
      return { code: COMPLETION.ok, data: [0x10] };
    default:
      return answerSessionless(bmc, request);
  }
}

function activate(bmc: Bmc, session: BmcSession, { data }: IpmiRequest): CommandAnswer | undefined {
  const { faults } = bmc;
  if (faults.activateCode !== 0) return { code: faults.activateCode, data: [] };
  if (faults.passesThrough && data[2] !== ALERTS_SUCCEED) return { code: COMPLETION.invalidField, data: [] };
  if (!bmc.activate(session)) return { code: COMPLETION.payloadTaken, data: [] };
  if (faults.losesActivateAnswers > 0) {
    faults.losesActivateAnswers -= 1;
    return undefined;
  }
  const { port } = bmc;
  const said = { own: port, swapped: ((port & 0xff) << 8) | (port >> 8), default: 623 }[faults.port];
  const { inboundBytes } = faults;
  return {
    code: COMPLETION.ok,
    data: [...encodeActivated({ inboundBytes, outboundBytes: inboundBytes, port: said })],
  };
}

/** Alone: neither encryption nor authentication is asked for. */
const ALERTS_SUCCEED = 0x08;

/** Session, its user, its privilege, and its channel: more than anybody asks for. */
function ownerBytes({ owner }: Bmc): number[] {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(owner);
  return [...bytes];
}

/** IPMI 2.0, 22.15.2: a record a suite, cut into pieces of 16 bytes. */
function cipherSuites({ suites }: Bmc, { data }: IpmiRequest): CommandAnswer {
  const records = suites.flatMap((id) => [0xc0, id]);
  const at = ((data[2] ?? 0) & 0x3f) * 16;
  return { code: COMPLETION.ok, data: [1, ...records.slice(at, at + 16)] };
}
