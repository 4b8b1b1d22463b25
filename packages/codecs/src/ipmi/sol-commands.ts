import type { CipherSuite } from "./cipher-suite.ts";
import { readUint16, readUint32, writeUint16, writeUint32 } from "./little-endian.ts";

/** The commands that are spoken, all of the application's function; IPMI 2.0, chapters 20, 22 and 24. */
export const IPMI_COMMAND = {
  getDeviceId: 0x01,
  getChannelAuthCapabilities: 0x38,
  setSessionPrivilege: 0x3b,
  closeSession: 0x3c,
  activatePayload: 0x48,
  deactivatePayload: 0x49,
  getPayloadActivationStatus: 0x4a,
  getPayloadInstanceInfo: 0x4b,
} as const;
export const NETFN_APP = 6;

/** Completion codes that something depends on. */
export const COMPLETION = {
  ok: 0x00,
  /** Activate: SOL is another session's. Deactivate: it is nobody's. */
  payloadTaken: 0x80,
  payloadDisabled: 0x81,
  payloadLimit: 0x82,
  cannotEncrypt: 0x83,
  mustEncrypt: 0x84,
  invalidCommand: 0xc1,
  invalidField: 0xcc,
  insufficientPrivilege: 0xd4,
  disabled: 0xd6,
} as const;

/** The privileges that a console can be opened with; IPMI 2.0, table 22-28. */
export const PRIVILEGE = { user: 2, operator: 3, administrator: 4 } as const;
export type PrivilegeName = keyof typeof PRIVILEGE;

/** The payload SOL, its only instance. */
const SOL_INSTANCE = [1, 1] as const;
/** "The channel this comes by", with bit 7: and what there is of IPMI 2.0. */
const THIS_CHANNEL = 0x0e;
const WITH_V20 = 0x80;

/** `plain` leaves IPMI 2.0 out of the question, for BMCs that refuse it otherwise. */
export function authCapabilitiesRequest(privilege: number, { plain = false } = {}): Uint8Array {
  return Uint8Array.of(plain ? THIS_CHANNEL : THIS_CHANNEL | WITH_V20, privilege);
}

/** Whether the answer says that the BMC speaks IPMI 2.0; its other bits are too often wrong to be used. */
export function speaksV20(data: Uint8Array): boolean {
  return ((data[1] ?? 0) & 0x80) !== 0 && ((data[3] ?? 0) & 0x02) !== 0;
}

/** How SOL is activated. */
export interface ActivateOptions {
  readonly suite: CipherSuite;
  /** Serial alerts succeed while SOL is active, and nothing else is asked for: ipmitool's `i82571spt`. */
  readonly passThrough?: boolean | undefined;
}

const ENCRYPT = 0x80;
const AUTHENTICATE = 0x40;
/** Of serial alerts while SOL is active; the value that nearly all BMCs take. */
const ALERTS_DEFERRED = 0x04;
const ALERTS_SUCCEED = 0x08;

/** Everything of a suite is asked for: some BMCs refuse SOL without. */
export function activatePayloadRequest({ suite, passThrough = false }: ActivateOptions): Uint8Array {
  const protection = (suite.encrypted ? ENCRYPT : 0) | (suite.codeBytes > 0 ? AUTHENTICATE : 0);
  const wanted = passThrough ? ALERTS_SUCCEED : protection | ALERTS_DEFERRED;
  return Uint8Array.of(...SOL_INSTANCE, wanted, 0, 0, 0);
}

/** What a BMC says about the SOL it activated. */
export interface ActivatedPayload {
  /** Largest payload to the BMC, the SOL header included; may be nonsense. */
  readonly inboundBytes: number;
  readonly outboundBytes: number;
  readonly port: number;
}

/** Undefined for an answer that is cut short. */
export function parseActivated(data: Uint8Array): ActivatedPayload | undefined {
  if (data.length < 10) return undefined;
  return { inboundBytes: readUint16(data, 4), outboundBytes: readUint16(data, 6), port: readUint16(data, 8) };
}

export function encodeActivated({ inboundBytes, outboundBytes, port }: ActivatedPayload): Uint8Array {
  const data = new Uint8Array(12).fill(0xff, 10);
  writeUint16(data, 4, inboundBytes);
  writeUint16(data, 6, outboundBytes);
  writeUint16(data, 8, port);
  return data;
}

export function deactivatePayloadRequest(): Uint8Array {
  return Uint8Array.of(...SOL_INSTANCE, 0, 0, 0, 0);
}

export function payloadInstanceInfoRequest(): Uint8Array {
  return Uint8Array.of(...SOL_INSTANCE);
}

/** The session that SOL belongs to; 0 if to none, undefined for an answer that is cut short. */
export function parsePayloadOwner(data: Uint8Array): number | undefined {
  return data.length < 4 ? undefined : readUint32(data, 0);
}

/** `sessionId` as the BMC names it. */
export function closeSessionRequest(sessionId: number): Uint8Array {
  const data = new Uint8Array(4);
  writeUint32(data, 0, sessionId);
  return data;
}
