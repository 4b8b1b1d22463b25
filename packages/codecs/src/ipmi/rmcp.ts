// RMCP (ASF 2.0, 3.2): what every datagram of a BMC's port 623 begins with.

const RMCP_VERSION = 6;
/** Not to be acknowledged: IPMI has its own ways. */
const NO_ACK = 0xff;
const CLASS_ASF = 6;
const CLASS_IPMI = 7;
/** IANA's number of ASF; the one number that goes with its high byte first. */
const ASF_NUMBER = [0x00, 0x00, 0x11, 0xbe] as const;
const ASF_PING = 0x80;
const ASF_PONG = 0x40;

/** The four bytes before every IPMI packet. */
export const RMCP_IPMI_HEADER = [RMCP_VERSION, 0, NO_ACK, CLASS_IPMI] as const;
export const RMCP_HEADER_BYTES = RMCP_IPMI_HEADER.length;

/** What a datagram is by its first bytes. `v15` and `v20` are the two forms of an IPMI packet. */
export type DatagramKind = "asf" | "v15" | "v20";

/** Undefined for what no BMC and no console sends. One look at five bytes. */
export function datagramKind(datagram: Uint8Array): DatagramKind | undefined {
  if (datagram[0] !== RMCP_VERSION || datagram.length <= RMCP_HEADER_BYTES) return undefined;
  if (datagram[3] === CLASS_ASF) return "asf";
  if (datagram[3] !== CLASS_IPMI) return undefined;
  if (datagram[4] === AUTH_NONE) return "v15";
  return datagram[4] === FORMAT_RMCP_PLUS ? "v20" : undefined;
}

/** The authentication type of an IPMI 1.5 packet that proves nothing. */
export const AUTH_NONE = 0;
/** The value in its place that says: this is RMCP+. */
export const FORMAT_RMCP_PLUS = 6;

/** "Is there a BMC?" Many answer nothing: to be silent proves nothing. */
export function encodePresencePing(tag: number): Uint8Array {
  return Uint8Array.of(RMCP_VERSION, 0, NO_ACK, CLASS_ASF, ...ASF_NUMBER, ASF_PING, tag, 0, 0);
}

/** The answer to a ping. */
export interface PresencePong {
  readonly tag: number;
  /** The far end says that it speaks IPMI. */
  readonly ipmi: boolean;
}

/** Undefined for whatever else ASF has. */
export function parsePresencePong(datagram: Uint8Array): PresencePong | undefined {
  if (datagram.length < 28 || datagramKind(datagram) !== "asf") return undefined;
  if (!ASF_NUMBER.every((byte, index) => datagram[4 + index] === byte)) return undefined;
  if (datagram[8] !== ASF_PONG) return undefined;
  return { tag: datagram[9] ?? 0, ipmi: ((datagram[20] ?? 0) & 0x80) !== 0 };
}

/** The tag of a ping; undefined for whatever else ASF has. */
export function parsePresencePing(datagram: Uint8Array): number | undefined {
  const isPing = datagramKind(datagram) === "asf" && datagram.length >= 12 && datagram[8] === ASF_PING;
  return isPing ? datagram[9] : undefined;
}

/** What a BMC that speaks IPMI answers. */
export function encodePresencePong(tag: number): Uint8Array {
  const pong = new Uint8Array(28);
  pong.set([RMCP_VERSION, 0, NO_ACK, CLASS_ASF, ...ASF_NUMBER, ASF_PONG, tag, 0, 16, ...ASF_NUMBER]);
  pong[20] = 0x81;
  return pong;
}
