import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningAgent, startAgent } from "@confed/agent";
import { loadAgentConfig, type SocketSettings } from "@confed/config";
import { type RunningHead, startHead } from "@confed/head";
import { silentLogger, systemClock } from "@confed/kernel";
import {
  Attached,
  MemoryStore,
  recordedAudit,
  type SocketConsole,
  startSocketConsole,
  TestAuthority,
  TestTls,
} from "@confed/testkit";
import { generateSigningKey, prove, type SigningKey, type Verb } from "@confed/trust";
import {
  type Channel,
  type ClientTlsMaterial,
  type Open,
  openChannel,
  type ServiceName,
  type TlsMaterial,
} from "@confed/wire";

/** A head and its agents in TLS, with roles, and people with certificates; for one test. */
export class GuardedRig {
  readonly authority = new TestAuthority();
  readonly store = new MemoryStore();
  /** What head and agents audit. */
  readonly audit = recordedAudit();
  /** For whatever a test needs; gone at its end. */
  readonly directory = mkdtempSync(join(tmpdir(), "guarded-"));
  readonly #closers: (() => unknown)[] = [];
  #head: RunningHead | undefined;
  #headPort = 0;
  readonly devices = new Map<string, SocketConsole>();

  /** Never aborted, and one for each call: calls end with their channels. */
  get signal(): AbortSignal {
    return new AbortController().signal;
  }

  get headAddress(): string {
    return `127.0.0.1:${this.#headPort}`;
  }

  async startHead(): Promise<void> {
    this.#head = await startHead(
      { listen: { host: "127.0.0.1", port: this.#headPort }, joinGraceMs: 0 },
      {
        ...{ clock: systemClock, logger: silentLogger, version: "1.0" },
        resolveHost: async (host) => [host],
        audit: this.audit,
        guard: { tls: this.#machine("head/h1"), store: this.store },
      },
    );
    this.#headPort = this.#head.port;
  }

  async killHead(): Promise<void> {
    await this.#head?.close();
    this.#head = undefined;
  }

  /** The state directory of an agent. */
  stateOf(id: string): string {
    return join(this.directory, id);
  }

  /** Its consoles are played by the test. `as`: the name in its certificate, if that is another. */
  async startAgent(
    id: string,
    consoles: readonly string[],
    {
      as = id,
      port = 0,
      sockets = [],
    }: {
      readonly as?: string;
      readonly port?: number;
      readonly sockets?: readonly SocketSettings[];
    } = {},
  ): Promise<RunningAgent> {
    const table = [];
    for (const name of consoles) {
      const device = this.devices.get(name) ?? (await startSocketConsole({ host: "127.0.0.1", port: 0 }));
      if (!this.devices.has(name)) this.#closers.unshift(() => device.close());
      this.devices.set(name, device);
      const at = (device.server.address() as AddressInfo).port;
      table.push({
        name,
        transport: "tcp",
        host: "127.0.0.1",
        port: at,
        labels: { rack: `r${name.at(-1)}` },
      });
    }
    const path = join(this.directory, `${id}.json`);
    writeFileSync(
      path,
      JSON.stringify({
        agent: {
          id,
          listen: `127.0.0.1:${port}`,
          heads: [this.headAddress],
          state: join(this.directory, id),
          sockets,
        },
        logs: { path: join(this.directory, "&.log") },
        consoles: table,
      }),
    );
    const loaded = await loadAgentConfig(path);
    if (loaded.ok === undefined) throw new Error(JSON.stringify(loaded.faults));
    const agent = await startAgent(loaded.ok, {
      ...{ clock: systemClock, logger: silentLogger, version: "1.0", env: {}, residentBytes: () => 0 },
      openAudit: () => this.audit,
      guard: { tls: this.#machine(`agent/${as}`), authority: () => this.authority.authorities, machine: as },
    });
    this.#closers.push(() => agent.stop());
    return agent;
  }

  /** Give roles: replaces what this subject or group had. */
  async grant(to: string, ...roles: string[]): Promise<void> {
    await this.store.commit([{ kind: "bindings", key: to, value: { roles } }]);
  }

  async role(
    name: string,
    ...rules: [effect: "allow" | "deny", verbs: readonly Verb[], consoles: string][]
  ): Promise<void> {
    const value = { rules: rules.map(([effect, verbs, consoles]) => ({ effect, verbs, consoles })) };
    await this.store.commit([{ kind: "roles", key: name, value }]);
  }

  async revoke(subject: string): Promise<void> {
    await this.store.commit([{ kind: "revocations", key: subject, value: { atMs: 0 } }]);
  }

  /** A channel as this person has it, or as whoever has no certificate. */
  channel<S extends ServiceName>(service: S, address: string, user?: string): Channel<S> {
    const provider = new TestTls<ClientTlsMaterial>({
      ...this.#trust(),
      ...(user === undefined ? {} : this.authority.issue({ name: `user/${user}` }, "users")),
    });
    const channel = openChannel(service, address, { provider });
    this.#closers.push(() => {
      channel.close();
    });
    return channel;
  }

  /** A channel with a token instead of a certificate. */
  bearing<S extends ServiceName>(service: S, address: string, bearer: string): Channel<S> {
    const channel = openChannel(service, address, {
      provider: new TestTls(this.#trust()),
      bearer: () => bearer,
    });
    this.#closers.push(() => {
      channel.close();
    });
    return channel;
  }

  /** A channel through a local socket. */
  local<S extends ServiceName>(service: S, path: string): Channel<S> {
    const channel = openChannel(service, `unix:${path}`);
    this.#closers.push(() => {
      channel.close();
    });
    return channel;
  }

  /** A channel as a machine of the cluster has it. */
  machineChannel<S extends ServiceName>(service: S, address: string, name: string): Channel<S> {
    const channel = openChannel(service, address, { provider: this.#machine(name) });
    this.#closers.push(() => {
      channel.close();
    });
    return channel;
  }

  /** Resolve at the head and attach at the agent, as rcons does it. */
  async attach(
    user: string | { readonly bearer: string },
    open: Open & { readonly console: string },
    route: "direct" | "relay" = "direct",
  ) {
    const key = generateSigningKey();
    const head =
      typeof user === "string"
        ? this.channel("Head", this.headAddress, user)
        : this.bearing("Head", this.headAddress, user.bearer);
    const { direct, relayTicket } = await head.client.resolve(
      { console: open.console, clientKey: key.publicKey },
      { signal: this.signal },
    );
    const [way] = direct;
    if (way === undefined) throw new Error("the agent advertises nothing");
    const ticket = route === "direct" ? way.ticket : relayTicket;
    const client = route === "direct" ? this.channel("Agent", way.address).client : head.client;
    const attached = await this.present(client.attach({ signal: this.signal }), { ...open, ticket }, key);
    return { attached, key, ticket, address: way.address };
  }

  /** Open a stream, and prove what is asked for. */
  async present(stream: Attached["stream"], open: Open, key: SigningKey): Promise<Attached> {
    const attached = new Attached(stream, { mode: "WRITE", subject: "a@liar", ...open });
    const hello = () => attached.messages.find((message) => message.hello)?.hello;
    await attached.until(() => attached.ended !== undefined || Boolean(hello()));
    const { agent = "", nonce = Buffer.alloc(0), proveId = "" } = hello() ?? {};
    if (proveId !== "") stream.send({ prove: { signature: prove(key, { id: proveId, agent, nonce }) } });
    return attached;
  }

  /** Resolves when the head knows these consoles as connected. */
  async known(...names: readonly string[]): Promise<void> {
    await this.grant("user:rig", "admin");
    const { client } = this.channel("Head", this.headAddress, "rig");
    const waiting = new Set(names);
    const watch = client.watch({}, { signal: this.signal });
    await new Promise<void>((resolve) => {
      watch.receive(
        ({ statuses }) => {
          for (const { name, state } of statuses?.consoles ?? [])
            if (state === "CONNECTED") waiting.delete(name);
          if (waiting.size === 0) resolve();
        },
        () => undefined,
      );
    });
    watch.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
    await this.#head?.close();
    this.authority[Symbol.dispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #machine(name: string): TestTls<TlsMaterial> {
    return new TestTls<TlsMaterial>({ ...this.#trust(), ...this.authority.issue({ name }) });
  }

  #trust() {
    const { authorities, identify } = this.authority;
    return { authorities, identify, lockedOut: new Set<string>() };
  }
}
