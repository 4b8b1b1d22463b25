import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** A device with one console that lets anybody in, and counts how many are there at a time. */
export class CountingDevice {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #changed = new Set<() => void>();
  /** Connections since the start. */
  accepted = 0;
  /** The most that there ever were at a time: with one writer never more than 1. */
  mostAtOnce = 0;

  /** For a server that listens; see {@link CountingDevice.start}. */
  constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket: Socket) => {
      this.#accept(socket);
    });
  }

  static async start(): Promise<CountingDevice> {
    const server = createServer();
    const device = new CountingDevice(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return device;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Who is there now. */
  get count(): number {
    return this.#sockets.size;
  }

  feed(text: string): void {
    for (const socket of this.#sockets) socket.write(text);
  }

  /** Resolves as soon as this holds; looked at whenever somebody comes or goes. */
  until(condition: (device: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition(this)) return;
        this.#changed.delete(look);
        resolve();
      };
      this.#changed.add(look);
      look();
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    this.accepted += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#sockets.size);
    socket.on("error", () => undefined);
    socket.resume();
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#tell();
    });
    this.#tell();
  }

  #tell(): void {
    for (const look of this.#changed) look();
  }
}
