import { concatBytes, readUint32, writeUint32 } from "./little-endian.ts";

// The four messages in which both ends prove that they know the password; IPMI 2.0, 13.20 to 13.23.

/** From the console: who wants in, and 16 random bytes. */
export interface Rakp1 {
  readonly tag: number;
  readonly bmcSessionId: number;
  readonly random: Uint8Array;
  /** The privilege, and bit 4: the user is looked up by name alone. */
  readonly role: number;
  readonly user: Uint8Array;
}

/** From the BMC: its random bytes, who it is, and the proof that it knows the password. */
export interface Rakp2 {
  readonly tag: number;
  readonly status: number;
  readonly consoleSessionId: number;
  readonly random: Uint8Array;
  readonly guid: Uint8Array;
  /** Empty with a refusal, and in suite 0. */
  readonly code: Uint8Array;
}

/** From the console: its proof. */
export interface Rakp3 {
  readonly tag: number;
  readonly status: number;
  readonly bmcSessionId: number;
  readonly code: Uint8Array;
}

/** From the BMC: the proof that it has the same keys. */
export interface Rakp4 {
  readonly tag: number;
  readonly status: number;
  readonly consoleSessionId: number;
  readonly code: Uint8Array;
}

export const RANDOM_BYTES = 16;
const GUID_BYTES = 16;
/** Where the name begins; it may be empty. */
const RAKP1_BYTES_MIN = 28;
/** A name is at most 16 bytes. */
const USER_BYTES_MAX = 16;
const HEAD_BYTES = 8;
/** Where the code begins; suite 0 has none. */
const RAKP2_BYTES_MIN = HEAD_BYTES + RANDOM_BYTES + GUID_BYTES;

/** `wholeUser`: with NULs behind the name, so that its field has all the bytes it may have. */
export function encodeRakp1(rakp1: Rakp1 & { readonly wholeUser?: boolean | undefined }): Uint8Array {
  const { tag, bmcSessionId, random, role, user, wholeUser = false } = rakp1;
  const field = new Uint8Array(wholeUser ? USER_BYTES_MAX : user.length);
  field.set(user);
  return concatBytes(head(tag, 0, bmcSessionId), random, Uint8Array.of(role, 0, 0, user.length), field);
}

/** Undefined for what is none. */
export function parseRakp1(payload: Uint8Array): Rakp1 | undefined {
  const userBytes = payload[27] ?? 0;
  if (payload.length < RAKP1_BYTES_MIN + userBytes || userBytes > USER_BYTES_MAX) return undefined;
  return {
    tag: payload[0] ?? 0,
    bmcSessionId: readUint32(payload, 4),
    random: payload.slice(HEAD_BYTES, HEAD_BYTES + RANDOM_BYTES),
    role: payload[24] ?? 0,
    user: payload.slice(RAKP1_BYTES_MIN, RAKP1_BYTES_MIN + userBytes),
  };
}

/** With a refusal: no more than the head. */
export function encodeRakp2({ tag, status, consoleSessionId, random, guid, code }: Rakp2): Uint8Array {
  const start = head(tag, status, consoleSessionId);
  return status === 0 ? concatBytes(start, random, guid, code) : start;
}

/** Undefined for what is none. Copies: it outlives its datagram. */
export function parseRakp2(payload: Uint8Array): Rakp2 | undefined {
  const start = parseHead(payload);
  if (start === undefined || (start.status === 0 && payload.length < RAKP2_BYTES_MIN)) return undefined;
  return {
    tag: start.tag,
    status: start.status,
    consoleSessionId: start.sessionId,
    random: payload.slice(HEAD_BYTES, HEAD_BYTES + RANDOM_BYTES),
    guid: payload.slice(HEAD_BYTES + RANDOM_BYTES, RAKP2_BYTES_MIN),
    code: payload.slice(RAKP2_BYTES_MIN),
  };
}

export function encodeRakp3({ tag, status, bmcSessionId, code }: Rakp3): Uint8Array {
  return concatBytes(head(tag, status, bmcSessionId), code);
}

/** Undefined for what is none. */
export function parseRakp3(payload: Uint8Array): Rakp3 | undefined {
  const start = parseHead(payload);
  if (start === undefined) return undefined;
  return {
    tag: start.tag,
    status: start.status,
    bmcSessionId: start.sessionId,
    code: payload.subarray(HEAD_BYTES),
  };
}

export function encodeRakp4({ tag, status, consoleSessionId, code }: Rakp4): Uint8Array {
  return concatBytes(head(tag, status, consoleSessionId), code);
}

/** Undefined for what is none. */
export function parseRakp4(payload: Uint8Array): Rakp4 | undefined {
  const start = parseHead(payload);
  if (start === undefined) return undefined;
  return {
    tag: start.tag,
    status: start.status,
    consoleSessionId: start.sessionId,
    code: payload.subarray(HEAD_BYTES),
  };
}

function head(tag: number, status: number, sessionId: number): Uint8Array {
  const bytes = Uint8Array.of(tag, status, 0, 0, 0, 0, 0, 0);
  writeUint32(bytes, 4, sessionId);
  return bytes;
}

/** A refusal may end after its status. */
function parseHead(
  payload: Uint8Array,
): { readonly tag: number; readonly status: number; readonly sessionId: number } | undefined {
  const [tag, status] = payload;
  if (tag === undefined || status === undefined) return undefined;
  if (status === 0 && payload.length < HEAD_BYTES) return undefined;
  return { tag, status, sessionId: readUint32(payload, 4) };
}
