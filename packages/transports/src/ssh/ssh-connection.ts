import { ConfedError, InvariantError } from "@confed/kernel";
import ssh2 from "ssh2";
import { socketError } from "../net/socket-error.ts";
import { noCommonAlgorithm, type OfferedAlgorithms } from "./algorithms.ts";
import type { Login } from "./login.ts";
import { printable } from "./server-hello.ts";
import type { SshSocket } from "./ssh-socket.ts";

/** What a connection waits for, as an error names it. */
export type SshStage = "its identification" | "the key exchange" | "the login" | "a session";

/** What a connection needs; it owns the socket. */
export interface SshConnectionOptions {
  /** Connected. */
  readonly socket: SshSocket;
  readonly where: string;
  readonly algorithms: OfferedAlgorithms;
  /** Judges every key the server shows, at each key exchange; an error ends the connection. */
  readonly verifyHostKey: (key: Buffer) => ConfedError | undefined;
  readonly user: string;
  /** Made last, because its refusal ends this connection. None: only the key exchange is wanted. */
  readonly login?: (refused: (error: ConfedError) => void) => Login;
  readonly keepaliveMs?: number;
}

/**
 * One connection to an SSH server, up to its end. ssh2 reports failures in five places; here they
 * become one: the first ConfedError stays, the socket is destroyed, and `closed` settles when it
 * is gone. Nothing here throws or emits.
 */
export class SshConnection {
  readonly client: ssh2.Client;
  readonly socket: SshSocket;
  readonly where: string;
  /** Resolves when the socket is closed. */
  readonly closed: Promise<void>;
  readonly #algorithms: OfferedAlgorithms;
  readonly #login: Login | undefined;
  #stage: SshStage = "the key exchange";
  #failure: ConfedError | undefined;
  #ended = false;

  constructor(options: SshConnectionOptions) {
    const { socket, where, algorithms } = options;
    this.client = new ssh2.Client();
    this.socket = socket;
    this.where = where;
    this.#algorithms = algorithms;
    this.#login = options.login?.((error) => {
      this.fail(error);
    });
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        resolve();
      });
    });
    this.#listenToSocket();
    this.#listenToClient();
    this.client.connect({
      sock: socket,
      username: options.user,
      algorithms: { ...algorithms },
      hostVerifier: (key: Buffer) => {
        const error = options.verifyHostKey(key);
        if (error !== undefined) this.#failure ??= error;
        return error === undefined;
      },
      // Without a login this never answers: whoever scans goes after the key exchange.
      authHandler: this.#login?.next ?? (() => undefined),
      readyTimeout: 0, // Deadlines are ours: they come from the Clock.
      // ssh2 only asks; whether the far end lives is judged in `SshLink`, by any byte it sends.
      keepaliveInterval: options.keepaliveMs ?? 0,
      keepaliveCountMax: Number.POSITIVE_INFINITY,
    });
  }

  /** What it waits for now. */
  get stage(): SshStage {
    return this.socket.hello.silence === undefined ? this.#stage : "its identification";
  }

  /** The first thing that went wrong. */
  get failure(): ConfedError | undefined {
    return this.#failure;
  }

  /** True from the first sign of the end on: nothing may be sent any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** End the connection because of `error`, unless it has already failed. Idempotent. */
  fail(error: ConfedError): void {
    this.#failure ??= error;
    this.#end();
  }

  /** Leave in an orderly way: says so to the server, does not wait for it. Idempotent. */
  close(): void {
    if (!this.#ended) {
      try {
        this.client.end();
      } catch {
        // A protocol that has already failed has nothing to say.
      }
    }
    this.#end();
  }

  /**
   * Wait for a step: `begin` is given what to call when it is reached. Rejects, after the socket
   * is closed, with the failure of the connection, or with the signal's reason.
   */
  reach<T>(signal: AbortSignal, begin: (reached: (value: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.fail(ConfedError.from(signal.reason));
      };
      const stop = () => {
        signal.removeEventListener("abort", onAbort);
      };
      void this.closed.then(() => {
        stop();
        reject(this.#failure ?? this.#hungUp());
      });
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
      begin((value) => {
        stop();
        resolve(value);
      });
    });
  }

  #end(): void {
    this.#ended = true;
    this.#login?.close();
    this.socket.destroy();
  }

  // Before `connect`, so that these run before ssh2's own listeners take the protocol apart.
  #listenToSocket(): void {
    this.socket.on("error", (error) => {
      this.socket.flush();
      this.#failure ??= error instanceof ConfedError ? error : socketError(error, this.where, "connected");
    });
    this.socket.once("end", () => {
      this.#ended = true;
      // After ssh2 has seen the end as well. What is unsent now will never be read.
      process.nextTick(() => {
        this.#end();
      });
    });
    this.socket.once("close", () => {
      this.#ended = true;
      this.#login?.close();
    });
  }

  #listenToClient(): void {
    this.client.once("handshake", () => {
      this.#stage = "the login";
    });
    this.client.once("ready", () => {
      this.#stage = "a session";
    });
    // Never taken off: ssh2 may emit errors long after the end.
    this.client.on("error", (error: Error & { readonly level?: string; readonly code?: unknown }) => {
      // What our own callbacks threw comes back through ssh2's parser; a bug stays a bug.
      if (error instanceof InvariantError) throw error;
      if (
        error.level === "agent" ||
        (error.level === "client-authentication" && this.#stage === "the login")
      ) {
        this.#login?.note(error.message);
        return;
      }
      if (error.level === "client-socket") return; // The socket's own listener knows.
      this.fail(this.#explain(error));
    });
    this.client.on("change password", () => {
      this.#login?.note("the password has expired and must be changed on the server");
      this.fail(this.#login?.failure() ?? this.#hungUp());
    });
  }

  #explain(error: Error & { readonly code?: unknown }): ConfedError {
    const { where } = this;
    if (typeof error.code === "number") {
      // SSH_MSG_DISCONNECT. sshd says "Too many authentication failures" so.
      if (this.#stage === "the login" && this.#login?.begun === true)
        return this.#login.failure(error.message);
      return new ConfedError("hung_up", `${where} ended the connection: "${printable(error.message)}"`, {
        where,
      });
    }
    const { algorithms } = this.socket.hello;
    const mismatch =
      error.message.includes("no matching") && algorithms !== undefined
        ? noCommonAlgorithm(where, this.#algorithms, algorithms)
        : undefined;
    if (mismatch !== undefined) return mismatch;
    if (error.message === "Connection lost before handshake") return this.#hungUp();
    return new ConfedError("protocol_error", `${where} broke the SSH protocol: ${printable(error.message)}`, {
      where,
      cause: error,
    });
  }

  #hungUp(): ConfedError {
    const { where } = this;
    const { silence } = this.socket.hello;
    if (silence !== undefined) {
      const code = silence.startsWith("is not") ? "protocol_error" : "hung_up";
      return new ConfedError(code, `${where} ${silence}`, {
        where,
        hint: "check the port, and whether the server limits connections",
      });
    }
    if (this.#stage === "the login" && this.#login?.begun === true) {
      this.#login.note("it closed the connection");
      return this.#login.failure();
    }
    return new ConfedError("hung_up", `${where} closed the connection while we waited for ${this.stage}`, {
      where,
    });
  }
}
