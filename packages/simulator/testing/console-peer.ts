import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Rack } from "../src/rack.ts";

/** A raw client of a simulated console: keeps all it reads, waits for what a test expects. */
export class ConsolePeer {
  readonly socket: Socket;
  readonly #chunks: Buffer[] = [];
  readonly ended: Promise<void>;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes: Buffer) => this.#chunks.push(bytes));
    socket.on("error", () => undefined);
    this.ended = new Promise((resolve) => {
      socket.on("close", () => {
        resolve();
      });
    });
  }

  static async connect(host: string, port: number | undefined): Promise<ConsolePeer> {
    const socket = connect({ host, port: port ?? 0 });
    const peer = new ConsolePeer(socket);
    await once(socket, "connect");
    return peer;
  }

  /** Resolves when the rack has taken the connection; the kernel connects before that. */
  async accepted(rack: Rack): Promise<void> {
    while ((await rack.stats()).connected === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.bytes.toString("latin1");
  }

  /** Resolves when `enough` holds for all that was read; the test's time limit bounds it. */
  async until(enough: (peer: ConsolePeer) => boolean): Promise<void> {
    while (!enough(this)) await once(this.socket, "data");
  }

  sees(text: string): Promise<void> {
    return this.until((peer) => peer.text.includes(text));
  }

  async close(): Promise<void> {
    this.socket.destroy();
    await this.ended;
  }
}
