import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, Secret, silentLogger } from "@confed/kernel";
import type { Link, LinkSink } from "../transport.ts";
import { ssh } from "./ssh.ts";
import type { SshOptions } from "./ssh-options.ts";
import { type SshTestServer, type SshTestServerOptions, startSshTestServer } from "./ssh-test-server.ts";

/** Opens a console behind what was started; `more` overrides user root, password "secret" and strict keys. */
export type OpenConsole<S> = (
  more?: Partial<SshOptions>,
) => Promise<{ readonly sink: S; readonly link: Link }>;

/** A known_hosts file, servers and consoles behind them, for one test. */
export class SshTestBench<C extends Clock, S extends LinkSink> {
  readonly clock: C;
  readonly directory: string;
  /** The known_hosts file. */
  readonly path: string;
  readonly #makeSink: () => S;
  readonly #servers: SshTestServer[] = [];
  readonly #rawServers: Server[] = [];
  readonly #rawSockets = new Set<Socket>();

  constructor(clock: C, makeSink: () => S) {
    this.clock = clock;
    this.#makeSink = makeSink;
    this.directory = mkdtempSync(join(tmpdir(), "confed-ssh-"));
    this.path = join(this.directory, "known_hosts");
  }

  /** Start a server and make it, alone, known. */
  async start(
    options: SshTestServerOptions = {},
  ): Promise<{ readonly server: SshTestServer; readonly where: string; readonly open: OpenConsole<S> }> {
    const server = await startSshTestServer(options);
    this.#servers.push(server);
    writeFileSync(this.path, `${server.knownHostsLines.join("\n")}\n`);
    const { host, port } = server.address;
    return { server, where: `${host}:${port}`, open: (more) => this.#open(port, more) };
  }

  /** Start what is only a socket. */
  async startRaw(
    onConnection: (socket: Socket) => void,
  ): Promise<{ readonly where: string; readonly open: OpenConsole<S> }> {
    const server = createServer({ noDelay: true }, (socket) => {
      this.#rawSockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => this.#rawSockets.delete(socket));
      onConnection(socket);
    });
    this.#rawServers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    return { where: `127.0.0.1:${port}`, open: (more) => this.#open(port, more) };
  }

  /** Waits until no client holds a connection to an SSH server: a leak makes the test fail here. */
  async end(): Promise<void> {
    for (const server of this.#servers) {
      await server.until(() => server.sockets.size === 0);
      await server.close();
    }
    for (const socket of this.#rawSockets) socket.destroy();
    for (const server of this.#rawServers) await new Promise((resolve) => server.close(resolve));
    rmSync(this.directory, { recursive: true });
  }

  async #open(
    port: number,
    more: Partial<SshOptions> = {},
  ): Promise<{ readonly sink: S; readonly link: Link }> {
    const sink = this.#makeSink();
    const resolver = { resolve: async () => [{ address: "127.0.0.1", family: 4 as const }] };
    const transport = ssh({
      host: "127.0.0.1",
      port,
      user: "root",
      password: async () => new Secret("secret"),
      knownHosts: { path: this.path },
      ...more,
    })({ clock: this.clock, logger: silentLogger, resolver });
    return { sink, link: await transport.open({ signal: new AbortController().signal, sink }) };
  }
}
