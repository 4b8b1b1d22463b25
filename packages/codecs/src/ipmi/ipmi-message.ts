import { AUTH_NONE, datagramKind, RMCP_HEADER_BYTES, RMCP_IPMI_HEADER } from "./rmcp.ts";

/** A request, or what a BMC's software sees of one. */
export interface IpmiRequest {
  readonly netFn: number;
  readonly command: number;
  /** 0 to 63; the answer has the same. */
  readonly sequence: number;
  /** A view into what was parsed. */
  readonly data: Uint8Array;
}

/** An answer. `code` is the completion code, 0 for done. */
export interface IpmiResponse extends IpmiRequest {
  readonly code: number;
}

/** What a parsed message is worth. */
export interface IpmiParseOptions {
  /** Some BMCs cannot add; what an integrity code covers needs no sum. */
  readonly ignoreChecksums?: boolean | undefined;
}

const BMC_ADDRESS = 0x20;
const CONSOLE_ADDRESS = 0x81;
/** Addresses, function, number, command and two sums. */
const REQUEST_BYTES_MIN = 7;
/** What an IPMI 1.5 packet has before its message: authentication, sequence, session, length. */
const V15_HEADER_BYTES = RMCP_HEADER_BYTES + 10;

/** To the BMC. */
export function encodeIpmiRequest({ netFn, command, sequence, data }: IpmiRequest): Uint8Array {
  return encodeMessage([BMC_ADDRESS, netFn << 2], [CONSOLE_ADDRESS, sequence << 2, command, ...data]);
}

/** From the BMC, to the request of the same numbers. */
export function encodeIpmiResponse({ netFn, command, sequence, code, data }: IpmiResponse): Uint8Array {
  return encodeMessage(
    [CONSOLE_ADDRESS, (netFn | 1) << 2],
    [BMC_ADDRESS, sequence << 2, command, code, ...data],
  );
}

/** Undefined for what is no request, or is damaged. */
export function parseIpmiRequest(message: Uint8Array): IpmiRequest | undefined {
  const netFn = (message[1] ?? 0) >>> 2;
  if (message.length < REQUEST_BYTES_MIN || netFn % 2 !== 0 || !sumsHold(message)) return undefined;
  return { ...numbersOf(message, netFn), data: message.subarray(6, -1) };
}

/** Undefined for what is no answer, or is damaged. `netFn` is that of the request. */
export function parseIpmiResponse(
  message: Uint8Array,
  { ignoreChecksums = false }: IpmiParseOptions = {},
): IpmiResponse | undefined {
  const netFn = (message[1] ?? 0) >>> 2;
  if (message.length <= REQUEST_BYTES_MIN || netFn % 2 !== 1) return undefined;
  if (!ignoreChecksums && !sumsHold(message)) return undefined;
  return { ...numbersOf(message, netFn - 1), code: message[6] ?? 0, data: message.subarray(7, -1) };
}

/** An IPMI message outside of any session: IPMI 1.5's form, which every BMC answers. */
export function encodeV15Packet(message: Uint8Array): Uint8Array {
  const packet = new Uint8Array(V15_HEADER_BYTES + message.length);
  packet.set([...RMCP_IPMI_HEADER, AUTH_NONE]);
  packet[V15_HEADER_BYTES - 1] = message.length;
  packet.set(message, V15_HEADER_BYTES);
  return packet;
}

/** The message of such a packet, a view; undefined for any other packet, or one that is cut short. */
export function parseV15Packet(datagram: Uint8Array): Uint8Array | undefined {
  if (datagramKind(datagram) !== "v15" || datagram.length < V15_HEADER_BYTES) return undefined;
  const inSession = datagram.subarray(RMCP_HEADER_BYTES + 1, V15_HEADER_BYTES - 1).some((byte) => byte !== 0);
  const end = V15_HEADER_BYTES + (datagram[V15_HEADER_BYTES - 1] ?? 0);
  return inSession || end > datagram.length ? undefined : datagram.subarray(V15_HEADER_BYTES, end);
}

function encodeMessage(head: readonly number[], body: readonly number[]): Uint8Array {
  return Uint8Array.of(...head, checksum(head), ...body, checksum(body));
}

function numbersOf(message: Uint8Array, netFn: number): Omit<IpmiRequest, "data"> {
  return { netFn, sequence: (message[4] ?? 0) >>> 2, command: message[5] ?? 0 };
}

function sumsHold(message: Uint8Array): boolean {
  return checksum(message.subarray(0, 3)) === 0 && checksum(message.subarray(3)) === 0;
}

/** Two's complement of the sum of bytes: with it, the sum is 0. */
function checksum(bytes: Iterable<number>): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
}
