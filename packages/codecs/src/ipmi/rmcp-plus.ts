import type { Aes128Cbc, Ciphers } from "@confed/kernel";
import type { CipherSuite } from "./cipher-suite.ts";
import { readUint16, readUint32, writeUint16, writeUint32 } from "./little-endian.ts";
import { datagramKind, FORMAT_RMCP_PLUS, RMCP_HEADER_BYTES, RMCP_IPMI_HEADER } from "./rmcp.ts";

/** What a packet carries; IPMI 2.0, table 13-16. */
export const PAYLOAD_TYPE = {
  ipmi: 0x00,
  sol: 0x01,
  oem: 0x02,
  openSessionRequest: 0x10,
  openSessionResponse: 0x11,
  rakp1: 0x12,
  rakp2: 0x13,
  rakp3: 0x14,
  rakp4: 0x15,
} as const;

/** A datagram taken apart, nothing of it proved yet. Views into it. */
export interface RmcpPlusPacket {
  readonly payloadType: number;
  readonly encrypted: boolean;
  readonly authenticated: boolean;
  /** Of the receiver; 0 outside of sessions. */
  readonly sessionId: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
  /** What the integrity code covers but for its last two bytes: where the trailer begins. */
  readonly trailerAt: number;
}

/** The keys of one session, for either end of it. */
export interface SessionKeys {
  readonly suite: CipherSuite;
  readonly integrityKey: Uint8Array;
  readonly cipherKey: Uint8Array;
  /** That key in use, from the first packet that needs it. */
  cipher?: Aes128Cbc;
}

/** What to seal. */
export interface SealedContent {
  readonly payloadType: number;
  /** Of the receiver. */
  readonly sessionId: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

/** Why a datagram was dropped. */
export type DropCause =
  /** No packet of IPMI, or cut short. */
  | "malformed"
  /** It should have an integrity code and has none. */
  | "unprotected"
  /** Its integrity code is not that of its content. */
  | "bad_code"
  /** Its code is right, and what it encloses is not padded as it must be. */
  | "bad_pad"
  /** It is for a session that is not this one. */
  | "wrong_session"
  /** It was here before. */
  | "replayed"
  /** It was overtaken by the packet that came after it: SOL goes one at a time, so it came before, too. */
  | "overtaken"
  /** It is in order, and nobody waits for it. */
  | "unexpected";

const ENCRYPTED = 0x80;
const AUTHENTICATED = 0x40;
const TYPE_MASK = 0x3f;
const HEADER_BYTES = RMCP_HEADER_BYTES + 12;
/** Inserted after the type of an OEM payload: whose it is. */
const OEM_BYTES = 6;
const IV_BYTES = 16;
const BLOCK_BYTES = 16;
const NEXT_HEADER = 0x07;
const PAD_BYTE = 0xff;

/** A packet outside of any session: the messages that open one. */
export function encodeUnprotected(payloadType: number, payload: Uint8Array): Uint8Array {
  return encodeHeader({ payloadType, sessionId: 0, sequence: 0, payload }, payload.length, 0);
}

/** Undefined for whatever is no such packet. Proves nothing. */
export function parseRmcpPlus(datagram: Uint8Array): RmcpPlusPacket | undefined {
  if (datagramKind(datagram) !== "v20" || datagram.length < HEADER_BYTES) return undefined;
  const flags = datagram[5] ?? 0;
  const payloadType = flags & TYPE_MASK;
  const at = payloadType === PAYLOAD_TYPE.oem ? 6 + OEM_BYTES : 6;
  const payloadAt = at + 10;
  const saidAt = payloadAt + readUint16(datagram, at + 8);
  // Old BMCs of Supermicro say one byte more than there is, in messages that have nothing behind the payload.
  const isSetUp = payloadType >= PAYLOAD_TYPE.openSessionRequest;
  const trailerAt = isSetUp ? Math.min(saidAt, datagram.length) : saidAt;
  if (trailerAt > datagram.length) return undefined;
  return {
    payloadType,
    encrypted: (flags & ENCRYPTED) !== 0,
    authenticated: (flags & AUTHENTICATED) !== 0,
    sessionId: readUint32(datagram, at),
    sequence: readUint32(datagram, at + 4),
    payload: datagram.subarray(payloadAt, trailerAt),
    trailerAt,
  };
}

/** A packet of a session. Costs an HMAC and, with an encrypted suite, one AES of the payload. */
export function sealPacket(content: SealedContent, keys: SessionKeys, ciphers: Ciphers): Uint8Array {
  const { suite, integrityKey } = keys;
  const payload = suite.encrypted ? encryptPayload(content.payload, keys, ciphers) : content.payload;
  const padBytes = suite.codeBytes === 0 ? 0 : integrityPadBytes(payload.length);
  const trailerBytes = suite.codeBytes === 0 ? 0 : padBytes + 2 + suite.codeBytes;
  const packet = encodeHeader({ ...content, payload }, payload.length, trailerBytes);
  packet[5] =
    content.payloadType | (suite.encrypted ? ENCRYPTED : 0) | (trailerBytes > 0 ? AUTHENTICATED : 0);
  if (suite.hash === undefined || trailerBytes === 0) return packet;
  const codeAt = packet.length - suite.codeBytes;
  packet.fill(PAD_BYTE, HEADER_BYTES + payload.length, codeAt - 2);
  packet[codeAt - 2] = padBytes;
  packet[codeAt - 1] = NEXT_HEADER;
  const code = ciphers.hmac(suite.hash, integrityKey, packet.subarray(RMCP_HEADER_BYTES, codeAt));
  packet.set(code.subarray(0, suite.codeBytes), codeAt);
  return packet;
}

/**
 * The payload of a packet of a session, proved and decrypted, or why it is to be dropped. The code is
 * verified before anything of the content is looked at. Which session it is for, and whether it was
 * here before, is the caller's to know.
 */
export function openPacket(
  datagram: Uint8Array,
  packet: RmcpPlusPacket,
  keys: SessionKeys,
  ciphers: Ciphers,
): Uint8Array | DropCause {
  const { suite, integrityKey } = keys;
  if (suite.hash !== undefined && suite.codeBytes > 0) {
    if (!packet.authenticated) return "unprotected";
    const codeAt = datagram.length - suite.codeBytes;
    if (codeAt < packet.trailerAt + 2) return "malformed";
    const code = ciphers.hmac(suite.hash, integrityKey, datagram.subarray(RMCP_HEADER_BYTES, codeAt));
    const given = datagram.subarray(codeAt);
    if (!ciphers.equal(code.subarray(0, suite.codeBytes), given)) return "bad_code";
  }
  if (!packet.encrypted) return packet.payload;
  return suite.encrypted ? decryptPayload(packet.payload, keys, ciphers) : "malformed";
}

function encodeHeader(
  { payloadType, sessionId, sequence, payload }: SealedContent,
  payloadBytes: number,
  trailerBytes: number,
): Uint8Array {
  const packet = new Uint8Array(HEADER_BYTES + payloadBytes + trailerBytes);
  packet.set([...RMCP_IPMI_HEADER, FORMAT_RMCP_PLUS, payloadType]);
  writeUint32(packet, 6, sessionId);
  writeUint32(packet, 10, sequence);
  writeUint16(packet, 14, payloadBytes);
  packet.set(payload, HEADER_BYTES);
  return packet;
}

/** So that what the code covers is a multiple of four bytes long. */
function integrityPadBytes(payloadBytes: number): number {
  return (4 - ((HEADER_BYTES - RMCP_HEADER_BYTES + payloadBytes + 2) % 4)) % 4;
}

/** IV, then the payload with its padding 1, 2, 3, ..., n and the n. */
function encryptPayload(payload: Uint8Array, keys: SessionKeys, ciphers: Ciphers): Uint8Array {
  const padBytes = (BLOCK_BYTES - ((payload.length + 1) % BLOCK_BYTES)) % BLOCK_BYTES;
  const blocks = new Uint8Array(payload.length + padBytes + 1);
  blocks.set(payload);
  for (let pad = 1; pad <= padBytes; pad += 1) blocks[payload.length + pad - 1] = pad;
  blocks[blocks.length - 1] = padBytes;
  const sealed = new Uint8Array(IV_BYTES + blocks.length);
  const iv = ciphers.randomBytes(IV_BYTES);
  sealed.set(iv);
  keys.cipher ??= ciphers.aes128Cbc(keys.cipherKey);
  sealed.set(keys.cipher.encrypt(iv, blocks), IV_BYTES);
  return sealed;
}

function decryptPayload(sealed: Uint8Array, keys: SessionKeys, ciphers: Ciphers): Uint8Array | DropCause {
  if (sealed.length < IV_BYTES + BLOCK_BYTES || sealed.length % BLOCK_BYTES !== 0) return "malformed";
  const iv = sealed.subarray(0, IV_BYTES);
  keys.cipher ??= ciphers.aes128Cbc(keys.cipherKey);
  const blocks = keys.cipher.decrypt(iv, sealed.subarray(IV_BYTES));
  const padBytes = blocks[blocks.length - 1] ?? 0;
  const payloadBytes = blocks.length - 1 - padBytes;
  if (padBytes >= BLOCK_BYTES) return "bad_pad";
  for (let pad = 1; pad <= padBytes; pad += 1) {
    if (blocks[payloadBytes + pad - 1] !== pad) return "bad_pad";
  }
  return blocks.subarray(0, payloadBytes);
}
