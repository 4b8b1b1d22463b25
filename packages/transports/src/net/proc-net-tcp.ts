import { isIPv4 } from "node:net";
import { endianness } from "node:os";
import { invariant } from "@confed/kernel";

/** What names a TCP connection. */
export interface SocketEndpoints {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** What the kernel knows of a connection's output. */
export interface TcpProgress {
  /** Sent or queued, and not acknowledged by the far end. */
  readonly unackedBytes: number;
  /**
   * Retransmissions and window probes since the far end last acknowledged anything. A far end
   * that is alive but takes no data (a terminal server under XOFF) answers the probes, which
   * resets this.
   */
  readonly unanswered: number;
}

/** How /proc/net/tcp and tcp6 write a connection: "0100007F:1F90 0100007F:C350". */
export function procNetKey({ localAddress, localPort, remoteAddress, remotePort }: SocketEndpoints): string {
  return `${hexAddress(localAddress)}:${hexPort(localPort)} ${hexAddress(remoteAddress)}:${hexPort(remotePort)}`;
}

/**
 * The rows of /proc/net/tcp or tcp6 that are wanted, by key. See proc(5) and get_tcp4_sock() in
 * net/ipv4/tcp_ipv4.c for the columns; what does not look like a row is skipped.
 */
export function parseProcNetTcp(text: string, wanted: ReadonlySet<string>): Map<string, TcpProgress> {
  const found = new Map<string, TcpProgress>();
  for (let start = 0; start < text.length; ) {
    let end = text.indexOf("\n", start);
    if (end === -1) end = text.length;
    // Of 10,000 rows a handful is wanted: nothing is split before the key has matched.
    const match = ROW_KEY.exec(text.slice(start, Math.min(end, start + ROW_KEY_CHARS_MAX)));
    const key = match?.[1];
    if (key !== undefined && wanted.has(key)) {
      const [, queues = "", , retransmits = "", , probes = ""] = text
        .slice(start + (match?.[0].length ?? 0), end)
        .trim()
        .split(/ +/);
      const unackedBytes = Number.parseInt(queues, 16);
      const unanswered = Number.parseInt(retransmits, 16) + Number.parseInt(probes, 10);
      if (Number.isFinite(unackedBytes) && Number.isFinite(unanswered))
        found.set(key, { unackedBytes, unanswered });
    }
    start = end + 1;
  }
  return found;
}

const ROW_KEY = /^ *\d+: ([0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:[0-9A-F]{4}) /;
/** "sl: " of any width and two IPv6 addresses with ports. */
const ROW_KEY_CHARS_MAX = 100;

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, "0");
}

// Every 32 bits of an address are printed as one number, so their bytes come in the machine's order.
function hexAddress(address: string): string {
  const bytes = addressBytes(address);
  let hex = "";
  for (let word = 0; word < bytes.length; word += 4) {
    const four = bytes.slice(word, word + 4);
    if (endianness() === "LE") four.reverse();
    hex += Buffer.from(four).toString("hex").toUpperCase();
  }
  return hex;
}

function addressBytes(address: string): number[] {
  if (isIPv4(address)) return address.split(".").map(Number);
  // RFC 4291 2.2; a zone is not part of the address, and sockets never report dotted quads but
  // in the last place.
  const [plain = ""] = address.split("%");
  const [head = "", tail] = plain.split("::");
  const front = groupBytes(head);
  const back = groupBytes(tail ?? "");
  const bytes = [...front, ...Array.from({ length: 16 - front.length - back.length }, () => 0), ...back];
  invariant(bytes.length === 16 && (tail !== undefined || back.length === 0), `not an address: ${address}`);
  return bytes;
}

function groupBytes(groups: string): number[] {
  if (groups === "") return [];
  return groups.split(":").flatMap((group) => {
    if (isIPv4(group)) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
