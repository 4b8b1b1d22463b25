import { ConfedError } from "@confed/kernel";

/** The algorithms a server offers, as its first KEXINIT lists them (RFC 4253 section 7.1). */
export interface ServerAlgorithms {
  readonly kex: readonly string[];
  readonly hostKey: readonly string[];
  readonly cipherToServer: readonly string[];
  readonly cipherToClient: readonly string[];
  readonly macToServer: readonly string[];
  readonly macToClient: readonly string[];
}

/** What a server may say before its identification, all lines together. */
export const GREETING_BYTES_MAX = 64 * 1024;

/**
 * Reads along at the beginning of a connection; sans-I/O. It joins the server's identification
 * into one piece, whatever pieces the network made of it (ssh2 1.17 loses it when it comes in more
 * than two), drops the greeting before it, and notes the offered algorithms, because ssh2 only
 * says that none matched.
 */
export class ServerHello {
  readonly #where: string;
  #line: Buffer = Buffer.alloc(0);
  #greetingBytes = 0;
  #greeting = "";
  #identified = false;
  #packet: Buffer = Buffer.alloc(0);
  #algorithms: ServerAlgorithms | undefined;
  #done = false;

  constructor(where: string) {
    this.#where = where;
  }

  /** Nothing more to learn: what comes may pass unseen. */
  get done(): boolean {
    return this.#done;
  }

  /** Known once the server's KEXINIT has passed. */
  get algorithms(): ServerAlgorithms | undefined {
    return this.#algorithms;
  }

  /**
   * Take what was read; returns what ssh2 may have of it, empty while the identification is not
   * complete. Throws "protocol_error" when this is no SSH-2 server.
   */
  take(bytes: Buffer): Buffer {
    if (!this.#identified) {
      const rest = this.#readIdentification(bytes);
      if (rest === undefined) return NOTHING;
      this.#readPacket(rest.subarray(rest.indexOf(LF) + 1));
      return rest;
    }
    this.#readPacket(bytes);
    return bytes;
  }

  /** The words for a connection that ended before its identification was complete. */
  get silence(): string | undefined {
    if (this.#identified) return undefined;
    const said = this.#greeting === "" ? printable(this.#line.toString("latin1")) : this.#greeting;
    return said === "" ? "closed the connection without a word" : `is not an SSH server: it said "${said}"`;
  }

  /** Returns the identification and all after it, or undefined while it is not complete. */
  #readIdentification(bytes: Buffer): Buffer | undefined {
    let rest = Buffer.concat([this.#line, bytes]);
    for (let end = rest.indexOf(LF); end >= 0; end = rest.indexOf(LF)) {
      const line = rest.toString("latin1", 0, end).replace(/\r$/, "");
      if (line.startsWith("SSH-")) {
        if (!/^SSH-(2\.0|1\.99)-/.test(line))
          throw this.#error(`speaks a version of SSH that is not 2.0: "${printable(line)}"`);
        this.#identified = true;
        return rest;
      }
      if (this.#greeting === "") this.#greeting = printable(line);
      this.#greetingBytes += end + 1;
      rest = rest.subarray(end + 1);
    }
    this.#line = rest;
    if (rest.length > LINE_BYTES_MAX || this.#greetingBytes + rest.length > GREETING_BYTES_MAX) {
      throw this.#error(
        `sent ${this.#greetingBytes + rest.length} bytes without an SSH identification; it began with "${this.#greeting}"`,
      );
    }
    return undefined;
  }

  // The first packet is not encrypted: length, padding length, payload (RFC 4253 section 6).
  #readPacket(bytes: Buffer): void {
    this.#packet = Buffer.concat([this.#packet, bytes]);
    if (this.#packet.length < 4) return;
    const length = this.#packet.readUInt32BE(0);
    if (length <= PACKET_BYTES_MAX && this.#packet.length < 4 + length) return;
    if (length <= PACKET_BYTES_MAX) this.#algorithms = parseKexInit(this.#packet.subarray(5, 4 + length));
    this.#done = true;
    this.#packet = Buffer.alloc(0);
  }

  #error(words: string): ConfedError {
    return new ConfedError("protocol_error", `${this.#where} ${words}`, {
      where: this.#where,
      hint: "check the port: it may belong to another service",
    });
  }
}

/** Text of a server for an error: one short line without control characters. */
export function printable(text: string): string {
  return text
    .slice(0, SERVER_TEXT_MAX)
    .replace(/[^\x20-\x7e]+/g, " ")
    .trim();
}

const NOTHING = Buffer.alloc(0);
const LF = 10;
/** An identification has 255 characters at most (RFC 4253 section 4.2); greetings may be longer. */
const LINE_BYTES_MAX = 8 * 1024;
const SERVER_TEXT_MAX = 200;
/** RFC 4253 section 6.1; ssh2 refuses more as well. */
const PACKET_BYTES_MAX = 35_000;
const MSG_KEXINIT = 20;
const COOKIE_BYTES = 16;

function parseKexInit(payload: Buffer): ServerAlgorithms | undefined {
  if (payload[0] !== MSG_KEXINIT) return undefined;
  const lists: string[][] = [];
  let at = 1 + COOKIE_BYTES;
  while (lists.length < 6) {
    if (payload.length < at + 4) return undefined;
    const length = payload.readUInt32BE(at);
    if (payload.length < at + 4 + length) return undefined;
    lists.push(
      payload
        .toString("latin1", at + 4, at + 4 + length)
        .split(",")
        .map(printable),
    );
    at += 4 + length;
  }
  const [
    kex = [],
    hostKey = [],
    cipherToServer = [],
    cipherToClient = [],
    macToServer = [],
    macToClient = [],
  ] = lists;
  return { kex, hostKey, cipherToServer, cipherToClient, macToServer, macToClient };
}
