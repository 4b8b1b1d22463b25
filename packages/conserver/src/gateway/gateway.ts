import type { Server as NetServer, Socket } from "node:net";
import { createServer } from "node:net";
import { ConfedError, formatHostPort, type HostPort, isLoopbackHost } from "@confed/kernel";
import type { ClientHost } from "../file/host-list.ts";
import { ClientSession } from "./client-session.ts";
import { ConsoleTasks } from "./console-tasks.ts";
import { GATEWAY_LIMITS, type GatewayOptions } from "./gateway-options.ts";

/** Speaks conserver's protocol, master and group in one, on one port or several. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #servers: NetServer[] = [];
  readonly #sessions = new Set<ClientSession>();
  /** Whose names are being asked for. */
  readonly #arriving = new Set<Socket>();
  readonly #tasks = new ConsoleTasks();

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /**
   * Resolves with where it listens; rejects with "conflict" if the port is taken. `inherited`: a descriptor that listens there
   * already, the gateway's from now on.
   */
  async listen(address: HostPort, inherited?: number): Promise<HostPort> {
    const server = createServer(
      { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS },
      (socket) => {
        this.#arrived(socket);
      },
    );
    await new Promise<void>((resolve, reject) => {
      server.once("error", (reason) => {
        const error = ConfedError.from(reason);
        const message = `cannot listen for conserver's clients: ${error.rawMessage}`;
        reject(new ConfedError(error.code, message, { where: formatHostPort(address), cause: reason }));
      });
      if (inherited === undefined) server.listen({ ...address, backlog: BACKLOG }, resolve);
      else server.listen({ fd: inherited }, BACKLOG, resolve);
    });
    server.on("error", (reason) => {
      // Out of descriptors, say: those connected stay, the next accept may work.
      this.#options.logger.error("the gateway's listener failed", { error: reason.message });
    });
    this.#servers.push(server);
    const bound = server.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
    return { host: address.host, port };
  }

  /** Of what it listens with, in the order of `listen`, for a process that is to inherit it. Of a closed one, none. */
  get descriptors(): readonly (number | undefined)[] {
    return this.#servers.map((server) => {
      const { _handle: handle } = server as { _handle?: { readonly fd?: number } | null };
      return handle?.fd;
    });
  }

  /** Rules have changed: who is attached is held to them from now on. Never rejects. */
  async recheck(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.recheck().catch(() => undefined)));
  }

  /** Tells everybody who is attached, closes their connections and stops listening. */
  async close(): Promise<void> {
    const closed = this.#servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => {
            resolve();
          });
        }),
    );
    this.#tasks.close();
    for (const socket of this.#arriving) socket.destroy();
    for (const session of this.#sessions) session.end("[-- Console server shutting down --]\r\n");
    await Promise.all(closed);
  }

  #arrived(socket: Socket): void {
    const address = (socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.)/i, "");
    const { doorman, namesOf } = this.#options;
    if (doorman?.shutsOut(address) === true) {
      socket.destroy();
      return;
    }
    if (namesOf === undefined) {
      this.#accept(socket, address, []);
      return;
    }
    // It may go away meanwhile.
    socket.on("error", () => socket.destroy());
    const [longest] = this.#arriving;
    if (this.#arriving.size >= this.#connectionsMax) longest?.destroy();
    this.#arriving.add(socket);
    socket.once("close", () => this.#arriving.delete(socket));
    void namesOf(address)
      .catch(() => undefined)
      .then((names) => {
        this.#arriving.delete(socket);
        if (!socket.destroyed) this.#accept(socket, address, names);
      });
  }

  get #connectionsMax(): number {
    return Math.min(
      GATEWAY_LIMITS.connectionsMax,
      this.#options.connectionsMax ?? GATEWAY_LIMITS.connectionsMax,
    );
  }

  #accept(socket: Socket, address: string, names: ClientHost["names"]): void {
    const { access, tls, onEvent } = this.#options;
    const trust = access.trustOf({ address, names });
    if (trust === "rejected") {
      onEvent?.({ what: "refused", address, text: "its host is refused" });
      socket.end("access from your host refused\r\n");
      socket.on("error", () => undefined);
      return;
    }
    if (this.#sessions.size >= this.#connectionsMax && !this.#makeRoom()) {
      socket.end("too many users are attached\r\n");
      socket.on("error", () => undefined);
      return;
    }
    const { plainFrom } = tls();
    const session = new ClientSession(socket, {
      ...this.#options,
      address,
      hostName: names?.[0] ?? address,
      tasks: this.#tasks,
      trusted: trust === "trusted",
      mayBePlain: plainFrom === "anywhere" || (plainFrom === "loopback" && isLoopbackHost(address)),
      sessions: this.#sessions,
    });
    this.#sessions.add(session);
    void session.ended.then(() => this.#sessions.delete(session));
  }

  /** Whoever comes is let in: who has been there longest without a name goes, else without a console. False: all work. */
  #makeRoom(): boolean {
    const all = [...this.#sessions];
    const out =
      all.find(({ user }) => user === undefined) ?? all.find(({ console }) => console === undefined);
    if (out === undefined) return false;
    this.#sessions.delete(out);
    out.end("");
    return true;
  }
}

/** A client that has vanished holds its keyboard until this finds out. */
const KEEPALIVE_MS = 60_000;

/** A storm of clients is accepted when there is time: the system keeps so many. */
const BACKLOG = 4_096;
