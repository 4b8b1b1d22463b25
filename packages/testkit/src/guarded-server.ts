import { type ChildProcess, fork } from "node:child_process";
import type { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Channel, type ClientTlsMaterial, openChannel } from "@confed/wire";
import { Attached } from "./attached.ts";
import type { GuardedFigures, GuardedStart } from "./guarded-server-main.ts";
import { connectRawHttp2, type RawHttp2, type RawHttp2Options } from "./raw-http2.ts";
import { TestTls } from "./test-authority.ts";

const MAIN = fileURLToPath(new URL("../dist/guarded-server-main.js", import.meta.url));

/** How somebody hostile comes. */
export interface HostileOptions extends Partial<Pick<RawHttp2Options, "from" | "preface">> {
  /** With a user's certificate. */
  readonly certified?: boolean;
  /** Without TLS. */
  readonly plain?: boolean;
}

/** A server over TLS in a process of its own, to be attacked: what it costs can be measured from outside. */
export class GuardedServer {
  readonly #child: ChildProcess;
  readonly #start: GuardedStart;
  readonly #channels: Channel<"Agent">[] = [];

  constructor(child: ChildProcess, start: GuardedStart) {
    this.#child = child;
    this.#start = start;
  }

  get port(): number {
    return this.#start.port;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Its memory after a garbage collection, and more. */
  async measure(): Promise<GuardedFigures> {
    const answered = once(this.#child, "message");
    this.#child.send("measure");
    const [figures] = (await answered) as [GuardedFigures];
    return figures;
  }

  /** A real user's channel, with a certificate unless told otherwise. */
  channel(certified = true): Channel<"Agent"> {
    const { authorities, user } = this.#start;
    const material: ClientTlsMaterial = {
      authorities,
      lockedOut: new Set(),
      identify: (certificate: X509Certificate) => ({
        ...{ class: "machine", kind: "agent", id: "sn01" },
        fingerprint: certificate.fingerprint256,
        serial: certificate.serialNumber,
      }),
      ...(certified ? user : {}),
    };
    const channel = openChannel("Agent", `127.0.0.1:${this.port}`, { provider: new TestTls(material) });
    this.#channels.push(channel);
    return channel;
  }

  /** Attach as a real user, over a connection of its own. */
  async attach(): Promise<{ readonly attached: Attached; readonly channel: Channel<"Agent"> }> {
    const channel = this.channel();
    const stream = channel.client.attach({ signal: new AbortController().signal });
    const attached = new Attached(stream, { console: "n1" });
    await attached.whenOpened();
    return { attached, channel };
  }

  /** Somebody who does not keep to the protocol, with a user's certificate or without one. */
  hostile({ certified = false, plain = false, ...options }: HostileOptions = {}): Promise<RawHttp2> {
    const { port } = this;
    const { authorities, user } = this.#start;
    const own = certified ? { key: user.key, cert: user.certificate } : {};
    if (plain) return connectRawHttp2({ port, ...options });
    const tls = { ca: authorities, rejectUnauthorized: false, ...own };
    return connectRawHttp2({ port, tls, ...options });
  }

  async close(): Promise<void> {
    for (const channel of this.#channels) channel.close();
    const gone = once(this.#child, "exit");
    this.#child.disconnect();
    await gone;
  }
}

/** Start one; `plain`: without TLS. */
export async function startGuardedServer({ plain = false } = {}): Promise<GuardedServer> {
  const child = fork(MAIN, plain ? ["--plain"] : [], { execArgv: ["--expose-gc"] });
  const [start] = (await once(child, "message")) as [GuardedStart];
  return new GuardedServer(child, start);
}
