import { ConfedError, formatHostPort, type Secret } from "@confed/kernel";
import ssh2, { type ParsedKey } from "ssh2";
import type { TransportDeps } from "../deps.ts";
import { withConnectDeadline } from "../net/connect-deadline.ts";
import { dial } from "../net/dial.ts";
import type { OpenOptions } from "../transport.ts";
import { offeredAlgorithms } from "./algorithms.ts";
import { type HostKeyCheck, prepareHostKeyCheck } from "./host-key-check.ts";
import { type Credentials, Login } from "./login.ts";
import { SshConnection } from "./ssh-connection.ts";
import { linkOrRefusal, type SshLink } from "./ssh-link.ts";
import type { SshOptions } from "./ssh-options.ts";
import { SshSocket } from "./ssh-socket.ts";

const DEFAULT_PORT = 22;
const KEEPALIVE_MS = 15_000;
/** From the connection to the end of the key exchange, however long the whole may take. */
const HANDSHAKE_TIMEOUT_MS = 30_000;
const TERMINAL_TYPE = "xterm-256color";
const TERMINAL_SIZE = { cols: 80, rows: 24 };

/** What {@link ssh} does to open a link: connect, know the server, log in, start a session. */
export async function openSession(
  deps: TransportDeps,
  options: SshOptions,
  { signal, sink }: OpenOptions,
): Promise<SshLink> {
  const { host, port = DEFAULT_PORT, connectTimeoutMs: timeoutMs, keepaliveMs = KEEPALIVE_MS } = options;
  const where = formatHostPort({ host, port });
  let connection: SshConnection | undefined;
  try {
    return await withConnectDeadline({ clock: deps.clock, where, signal, timeoutMs }, async (inner) => {
      const credentials = await unlessAborted(inner, readCredentials(options, where));
      const hostKey = await unlessAborted(
        inner,
        prepareHostKeyCheck({ host, port }, where, options.knownHosts),
      );
      const socket = await dial(deps, { host, port, signal: inner, timeoutMs }, () => new SshSocket(where));
      connection = new SshConnection({
        socket,
        where,
        algorithms: offeredAlgorithms({
          legacy: options.legacyAlgorithms ?? false,
          knownTypes: hostKey.knownTypes,
        }),
        verifyHostKey: (key) => hostKey.verify(key),
        user: options.user,
        login: (refused) => new Login(where, credentials, refused),
        keepaliveMs,
      });
      await logIn(deps, connection, hostKey, inner);
      return await openChannel(connection, options, inner, (channel, made) =>
        linkOrRefusal(made, channel, { sink, clock: deps.clock, keepaliveMs }),
      );
    });
  } catch (reason) {
    connection?.close();
    await connection?.closed;
    const error = ConfedError.from(reason);
    if (error.code !== "deadline_exceeded" || connection === undefined) throw error;
    throw new ConfedError(
      error.code,
      `${where}: ${error.rawMessage}, still waiting for ${connection.stage}`,
      {
        where,
        hint: "the host answers, its SSH server does not: check its load, or raise connectTimeoutMs",
        cause: error,
      },
    );
  }
}

async function readCredentials(options: SshOptions, where: string): Promise<Credentials> {
  const { user, password, privateKey, passphrase, agentSocket } = options;
  const [word, keyText, phrase] = await Promise.all([password?.(), privateKey?.(), passphrase?.()]);
  return {
    user,
    password: word,
    agentSocket,
    key: keyText === undefined ? undefined : readKey(keyText, phrase, where),
  };
}

function readKey(text: Secret, passphrase: Secret | undefined, where: string): ParsedKey {
  const parsed = ssh2.utils.parseKey(text.reveal(), passphrase?.reveal());
  const key: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error || !isParsedKey(key) || !key.isPrivateKey()) {
    throw new ConfedError(
      "auth_failed",
      `the private key for ${where} cannot be used: ${key instanceof Error ? key.message : "it is not a private key"}`,
      {
        subject: "privateKey",
        where,
        hint: "check the file and its passphrase",
      },
    );
  }
  return key;
}

function isParsedKey(value: unknown): value is ParsedKey {
  return typeof value === "object" && value !== null && "isPrivateKey" in value;
}

async function logIn(
  { clock }: TransportDeps,
  connection: SshConnection,
  hostKey: HostKeyCheck,
  signal: AbortSignal,
): Promise<void> {
  const { client, where } = connection;
  let remembered: Promise<void> | undefined;
  const cancel = clock.after(HANDSHAKE_TIMEOUT_MS, () => {
    connection.fail(
      new ConfedError("deadline_exceeded", `the SSH handshake took longer than ${HANDSHAKE_TIMEOUT_MS} ms`, {
        where,
      }),
    );
  });
  client.once("handshake", () => {
    cancel();
    remembered = hostKey.remember();
    remembered.catch((reason: unknown) => {
      // Trust on first use that is not taken down would be trust on every use.
      connection.fail(ConfedError.from(reason));
    });
  });
  try {
    await connection.reach<true>(signal, (reached) => {
      client.once("ready", () => {
        reached(true);
      });
    });
    await remembered;
  } finally {
    cancel();
  }
}

function openChannel<T>(
  connection: SshConnection,
  { command, subsystem, terminalType: term = TERMINAL_TYPE }: SshOptions,
  signal: AbortSignal,
  use: (channel: ssh2.ClientChannel, connection: SshConnection) => T | ConfedError,
): Promise<T> {
  const { client, where } = connection;
  return connection.reach(signal, (reached) => {
    const onOpened = (error: Error | undefined, channel: ssh2.ClientChannel) => {
      // Used at once: what the console prints may already be in the packet after this one.
      const used = error === undefined ? use(channel, connection) : sessionRefused(where, error);
      if (used instanceof ConfedError) connection.fail(used);
      else reached(used);
    };
    const pty = { term, ...TERMINAL_SIZE };
    try {
      if (subsystem !== undefined) client.subsys(subsystem, onOpened);
      else if (command !== undefined) client.exec(command, { pty }, onOpened);
      else client.shell(pty, onOpened);
    } catch {
      connection.close(); // Not connected any more: `reach` says why.
    }
  });
}

/** RFC 4254 section 5.1 gives reasons for a channel; requests on it are only refused. */
function sessionRefused(where: string, error: Error): ConfedError {
  const { reason } = error as { readonly reason?: unknown };
  const code =
    reason === 1 ? "permission_denied" : reason === 4 ? "resource_exhausted" : "failed_precondition";
  return new ConfedError(code, `${where} refused the session: ${error.message}`, {
    where,
    hint: "check command, subsystem and what the server allows this user",
  });
}

/** For work that cannot be stopped, only left alone: reading files. */
function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      reject(ConfedError.from(signal.reason));
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener("abort", onAbort);
    });
  });
}
