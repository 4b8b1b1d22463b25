import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import ssh2, { type Algorithms, type AuthContext, type Connection, type ServerChannel } from "ssh2";
import { type HostAddress, knownHostsLine } from "./known-hosts.ts";

/** How a test's server behaves; by default it takes the password "secret" of anybody. */
export interface SshTestServerOptions {
  readonly host?: string;
  /** PEM texts; one fresh ed25519 key unless given. */
  readonly hostKeys?: readonly string[];
  readonly algorithms?: Algorithms;
  readonly authenticate?: (context: AuthContext) => void;
  /** Called when a shell, a command ("exec ...") or a subsystem ("subsystem ...") begins. */
  readonly onChannel?: (channel: ServerChannel, what: string) => void;
  /** What becomes of an RFC 4335 break, which ssh2's own server leaves unanswered. */
  readonly breaks?: "done" | "refused" | "unanswered";
  /** The packet size it claims to take, whatever ssh2 would say. */
  readonly packetBytes?: number;
}

/** An SSH server for tests, on a port of its own. */
export interface SshTestServer {
  readonly address: HostAddress;
  /** What makes the server known. */
  readonly knownHostsLines: readonly string[];
  /** The TCP connections of now. */
  readonly sockets: ReadonlySet<Socket>;
  /** What happened, in order: "pty xterm 80x24", "shell", "window 132x43". */
  readonly events: readonly string[];
  /** Resolves as soon as `condition` holds; asked again at every connect, close and request. */
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

/** For this package's tests only; the simulator has a server of its own. */
export async function startSshTestServer(options: SshTestServerOptions = {}): Promise<SshTestServer> {
  const { host = "127.0.0.1", hostKeys = [makeHostKey()], authenticate = takePassword } = options;
  const sockets = new Set<Socket>();
  const events: string[] = [];
  const checks = new Set<() => void>();
  const happened = (event?: string) => {
    if (event !== undefined) events.push(event);
    for (const check of checks) check();
  };

  const protocol = new ssh2.Server(
    { hostKeys: [...hostKeys], algorithms: options.algorithms ?? {} },
    (connection) => {
      connection.on("error", () => undefined); // Ends of all kinds are what tests do to it.
      connection.on("authentication", (context) => {
        happened(`auth ${context.method}`);
        authenticate(context);
      });
      answerBreaks(connection, options.breaks ?? "refused", happened);
      const { _protocol: internals } = connection as unknown as ServerInternals;
      const confirm = internals.channelOpenConfirm.bind(internals);
      internals.channelOpenConfirm = (remote, local, window, packetBytes) => {
        confirm(remote, local, window, options.packetBytes ?? packetBytes);
      };
      connection.on("session", (accept) => {
        const session = accept();
        session.on(
          "pty",
          (grant, _refuse, { cols, rows, term }: { cols: number; rows: number; term?: string }) => {
            happened(`pty ${term ?? ""} ${cols}x${rows}`);
            (grant as (() => void) | undefined)?.();
          },
        );
        session.on("window-change", (_grant, _refuse, { cols, rows }) => {
          happened(`window ${cols}x${rows}`);
        });
        const begin = (what: string, channel: ServerChannel) => {
          channel.on("error", () => undefined);
          options.onChannel?.(channel, what);
          happened(what);
        };
        session.on("shell", (grant) => {
          begin("shell", grant());
        });
        session.on("exec", (grant, _refuse, { command }) => {
          begin(`exec ${command}`, grant());
        });
        session.on("subsystem", (grant, _refuse, { name }) => {
          begin(`subsystem ${name}`, (grant as () => ServerChannel)());
        });
      });
    },
  );
  // Without noDelay each answer waits for an acknowledgement, 40 ms.
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => {
      sockets.delete(socket);
      happened();
    });
    protocol.injectSocket(socket);
    happened();
  });
  server.listen(0, host);
  await once(server, "listening");
  const address = { host, port: (server.address() as AddressInfo).port };

  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!condition()) return;
        checks.delete(check);
        resolve();
      };
      checks.add(check);
      check();
    });
  return {
    address,
    knownHostsLines: hostKeys.map((text) => knownHostsLine(address, publicKeyOf(text))),
    sockets,
    events,
    until,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await until(() => sockets.size === 0);
    },
  };
}

/** A private key as PEM text. */
export function makeHostKey(type: "ed25519" | "ecdsa" | "rsa" = "ed25519"): string {
  // One in a few hundred keys that ssh2 1.17 makes it cannot read itself.
  for (;;) {
    const text = generateKey(type);
    if (!(ssh2.utils.parseKey(text) instanceof Error)) return text;
  }
}

function generateKey(type: "ed25519" | "ecdsa" | "rsa"): string {
  if (type === "rsa") return ssh2.utils.generateKeyPairSync("rsa", { bits: 2048 }).private;
  if (type === "ecdsa") return ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 }).private;
  return ssh2.utils.generateKeyPairSync("ed25519").private;
}

/** The public half, in wire format. */
export function publicKeyOf(privateKey: string): Buffer {
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  return parsed.getPublicSSH();
}

/** Protocol, channel, type, whether an answer is wanted, data. */
type ChannelRequest = [
  { channelSuccess(id: number): void; channelFailure(id: number): void },
  number,
  string,
  boolean,
  Buffer,
];

interface ServerInternals {
  readonly _protocol: {
    channelOpenConfirm: (remote: number, local: number, window: number, packetBytes: number) => void;
    readonly _handlers: {
      CHANNEL_REQUEST: (...request: ChannelRequest) => void;
    };
  };
  readonly _chanMgr: {
    get(channel: number): { readonly _chanInfo: { readonly outgoing: { readonly id: number } } };
  };
}

// ssh2's server has no event for requests that it does not know.
function answerBreaks(
  connection: Connection,
  answer: "done" | "refused" | "unanswered",
  happened: (event: string) => void,
): void {
  const { _protocol: protocol, _chanMgr: channels } = connection as unknown as ServerInternals;
  const others = protocol._handlers.CHANNEL_REQUEST;
  protocol._handlers.CHANNEL_REQUEST = (...request) => {
    const [self, channel, type, wantReply, data] = request;
    if (type !== "break") {
      others(...request);
      return;
    }
    happened(`break ${data.readUInt32BE(0)}`);
    const { id } = channels.get(channel)._chanInfo.outgoing;
    if (!wantReply || answer === "unanswered") return;
    if (answer === "done") self.channelSuccess(id);
    else self.channelFailure(id);
  };
}

function takePassword(context: AuthContext): void {
  if (context.method === "password" && context.password === "secret") context.accept();
  else context.reject(["password"]);
}
