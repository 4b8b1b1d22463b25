import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { type Cancel, systemClock } from "@confed/kernel";

/** Types of frames (RFC 9113, section 6). */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { ack: 1, endStream: 1, endHeaders: 4 } as const;

/** A frame as it came. */
export interface ReceivedFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export interface RawHttp2Options {
  readonly port: number;
  readonly host?: string;
  /** The address to come from. */
  readonly from?: string;
  /** Over TLS with these. */
  readonly tls?: ConnectionOptions;
  /** Say the preface and SETTINGS at once, as every client does. Default true. */
  readonly preface?: boolean;
}

/** An HTTP/2 client that does as it is told and nothing by itself: no acknowledgement, no window, no politeness. */
export class RawHttp2 {
  readonly #socket: Socket;
  readonly #frames: ReceivedFrame[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #nextStream = 1;
  #isClosed = false;
  /** Settles when the server has hung up. */
  readonly closed: Promise<void>;

  /** Over a socket that is connecting. */
  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      this.#read(chunk);
    });
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#isClosed = true;
        resolve();
      });
    });
  }

  /** True while the server has not hung up. */
  get open(): boolean {
    return !this.#isClosed && !this.#socket.destroyed && this.#socket.writable;
  }

  /** Everything that came so far. */
  get frames(): readonly ReceivedFrame[] {
    return this.#frames;
  }

  /** The error code of the GOAWAY, if one came. */
  get goaway(): number | undefined {
    return this.#frames.find(({ type }) => type === FRAME.goaway)?.payload.readUInt32BE(4);
  }

  write(...parts: readonly Uint8Array[]): void {
    if (this.open) this.#socket.write(Buffer.concat(parts));
  }

  /**
   * Write as much as the server takes, again and again, for a time or until it hangs up. Resolves with the
   * number of bytes; those in the air count.
   */
  async flood(make: () => Uint8Array, durationMs: number): Promise<number> {
    const untilMs = systemClock.nowMs() + durationMs;
    let bytes = 0;
    while (this.open && systemClock.nowMs() < untilMs) {
      const part = make();
      bytes += part.length;
      const drained = new Promise<void>((resolve) => {
        this.#socket.write(part, () => {
          resolve();
        });
      });
      let cancel: Cancel | undefined;
      const late = new Promise<void>((resolve) => {
        cancel = systemClock.after(Math.max(0, untilMs - systemClock.nowMs()), resolve);
      });
      await Promise.race([drained, this.closed, late]);
      cancel?.();
    }
    return bytes;
  }

  /** A new stream's number. */
  stream(): number {
    this.#nextStream += 2;
    return this.#nextStream - 2;
  }

  /** Begin a gRPC call and leave it open. Returns its stream. */
  call(path: string, extra: Readonly<Record<string, string>> = {}): number {
    const stream = this.stream();
    this.write(frame(FRAME.headers, FLAG.endHeaders, stream, grpcHeaders(path, extra)));
    return stream;
  }

  /** Resolves with the first frame that `matches`, or undefined when the server hangs up first. */
  async received(matches: (frame: ReceivedFrame) => boolean): Promise<ReceivedFrame | undefined> {
    for (;;) {
      const found = this.#frames.find(matches);
      if (found !== undefined || !this.open) return found;
      await Promise.race([once(this.#socket, "data").catch(() => undefined), this.closed]);
    }
  }

  pause(): void {
    this.#socket.pause();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= FRAME_HEAD_BYTES) {
      const length = this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < FRAME_HEAD_BYTES + length) return;
      // The last ones are enough: floods are answered with floods.
      if (this.#frames.length > FRAMES_KEPT) this.#frames.splice(1, FRAMES_KEPT / 2);
      this.#frames.push({
        type: this.#rest[3] ?? 0,
        flags: this.#rest[4] ?? 0,
        stream: this.#rest.readUInt32BE(5),
        payload: Buffer.from(this.#rest.subarray(FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + length)),
      });
      this.#rest = this.#rest.subarray(FRAME_HEAD_BYTES + length);
    }
  }
}

/** Connect, and shake hands if it is TLS. Resolves also where the server hangs up at once. */
export async function connectRawHttp2({
  port,
  host = "127.0.0.1",
  from,
  tls,
  preface = true,
}: RawHttp2Options): Promise<RawHttp2> {
  const plain = connect({ port, host, localAddress: from, noDelay: true });
  plain.on("error", () => undefined);
  const socket = tls === undefined ? plain : connectTls({ ...tls, socket: plain, ALPNProtocols: ["h2"] });
  const raw = new RawHttp2(socket);
  const connected = once(socket, tls === undefined ? "connect" : "secureConnect");
  await Promise.race([connected.catch(() => raw.closed), raw.closed]);
  if (preface) raw.write(PREFACE, frame(FRAME.settings, 0, 0));
  return raw;
}

const FRAME_HEAD_BYTES = 9;
const FRAMES_KEPT = 4_096;

/** What a client says first (RFC 9113, section 3.4). */
export const PREFACE: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** One frame; `declaredBytes` for one that lies about its length. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = new Uint8Array(0),
  declaredBytes: number = payload.length,
): Buffer {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUIntBE(declaredBytes, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header field without Huffman and without a place in the table (RFC 7541, section 6.2.2), or with one (6.2.1). */
export function headerField(name: string, value: string, indexed = false): Buffer {
  return Buffer.concat([Buffer.from([indexed ? 0x40 : 0]), text(name), text(value)]);
}

/** The headers of a gRPC call. */
export function grpcHeaders(path: string, extra: Readonly<Record<string, string>> = {}): Buffer {
  const fields = {
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": "confed",
    te: "trailers",
    "content-type": "application/grpc",
    ...extra,
  };
  return Buffer.concat(Object.entries(fields).map(([name, value]) => headerField(name, value)));
}

/** A gRPC message; `declaredBytes` for one that lies about its length. */
export function grpcMessage(
  message: Uint8Array,
  {
    compressed = false,
    declaredBytes = message.length,
  }: { compressed?: boolean; declaredBytes?: number } = {},
): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed ? 1 : 0;
  head.writeUInt32BE(declaredBytes, 1);
  return Buffer.concat([head, message]);
}

/** A string with its length (RFC 7541, section 5.2). */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length: number[] = [];
  if (bytes.length < 127) length.push(bytes.length);
  else {
    length.push(127);
    let rest = bytes.length - 127;
    for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}
