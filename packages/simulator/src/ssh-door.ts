import type { Socket } from "node:net";
import { ConfedError } from "@confed/kernel";
import ssh2, { type AuthContext, type ParsedKey, type ServerChannel, type Session } from "ssh2";
import type { ConsoleLink } from "./console-link.ts";
import type { RackSshOptions } from "./rack-options.ts";
import type { SimConsole } from "./sim-console.ts";
import { makeSshKeyPair } from "./ssh-key-pair.ts";

/** The ssh variant of a rack: one host key for all its consoles. */
export interface SshDoor {
  /** The public host key as known_hosts has it: `ssh-ed25519 AAAA...`. */
  readonly hostKey: string;
  /** Serve ssh on this socket; after the login every shell, command or subsystem is the console. Owns the socket. */
  open(socket: Socket, console: SimConsole): void;
}

/** Throws "invalid_argument" for keys that cannot be read. Making a host key takes about a millisecond. */
export function sshDoor(options: RackSshOptions): SshDoor {
  const privateKey = options.hostKey ?? makeSshKeyPair().private;
  const hostKey = readKey(privateKey, "ssh.hostKey");
  const authorizedKey =
    options.authorizedKey === undefined ? undefined : readKey(options.authorizedKey, "ssh.authorizedKey");
  return {
    hostKey: `${hostKey.type} ${hostKey.getPublicSSH().toString("base64")}`,
    open: (socket, console) => {
      serve(socket, console, hostKey, (context) => mayEnter(context, options, authorizedKey));
    },
  };
}

function readKey(text: string, subject: string): ParsedKey {
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) {
    throw new ConfedError("invalid_argument", `${subject}: ${parsed.message}`, { subject, cause: parsed });
  }
  return Array.isArray(parsed) ? (parsed[0] as ParsedKey) : parsed;
}

function mayEnter(
  context: AuthContext,
  options: RackSshOptions,
  authorizedKey: ParsedKey | undefined,
): boolean {
  if (context.username !== options.user) return false;
  if (context.method === "password") return context.password === options.password;
  if (context.method !== "publickey" || authorizedKey === undefined) return false;
  if (!context.key.data.equals(authorizedKey.getPublicSSH())) return false;
  // Without a signature the client only asks whether the key would do.
  if (context.signature === undefined || context.blob === undefined) return true;
  return authorizedKey.verify(context.blob, context.signature, context.hashAlgo);
}

function serve(
  socket: Socket,
  console: SimConsole,
  hostKey: ParsedKey,
  admit: (context: AuthContext) => boolean,
): void {
  // A Server that never listens, for this one socket: ssh2 does not say which local address a
  // client came to, so which console it wants is kept in this closure.
  const server = new ssh2.Server({ hostKeys: [{ key: hostKey }] }, (client) => {
    let failed = false;
    client.on("error", () => {
      failed = true;
    });
    client.on("authentication", (context) => {
      if (admit(context)) context.accept();
      else context.reject(["password", "publickey"]);
    });
    client.on("session", (accept) => {
      serveSession(accept(), (channel) => {
        attachChannel(channel, console, {
          socket,
          end: () => {
            client.end();
          },
          failed: () => failed || socket.errored !== null,
        });
      });
    });
  });
  server.on("error", () => {
    socket.destroy();
  });
  server.injectSocket(socket);
}

function serveSession(session: Session, onChannel: (channel: ServerChannel) => void): void {
  for (const request of ["pty", "window-change", "env", "signal"] as const) {
    // `accept` is there only if the client wants an answer.
    session.on(request as "pty", (accept: (() => void) | undefined) => accept?.());
  }
  for (const request of ["shell", "exec", "subsystem"] as const) {
    session.on(request as "shell", (accept) => {
      onChannel(accept());
    });
  }
}

interface SshConnection {
  readonly socket: Socket;
  end(): void;
  failed(): boolean;
}

function attachChannel(channel: ServerChannel, console: SimConsole, connection: SshConnection): void {
  const { socket } = connection;
  const link: ConsoleLink = {
    kind: "ssh",
    write: (bytes) => {
      if (channel.writable) channel.write(bytes);
    },
    pendingBytes: () => channel.writableLength + socket.writableLength,
    pauseInput: () => {
      channel.pause();
    },
    resumeInput: () => {
      channel.resume();
    },
    hangUp: () => {
      channel.exit(0);
      channel.end();
    },
    reset: () => {
      socket.destroy();
    },
  };
  const events = console.attach(link);
  channel.on("data", (bytes: Buffer) => {
    events.input(bytes);
  });
  channel.on("drain", () => {
    events.drained();
  });
  channel.on("end", () => {
    events.inputEnded();
  });
  channel.on("error", () => undefined);
  channel.on("close", () => {
    events.closed(connection.failed());
    connection.end();
  });
}
