import { type Cancel, type Clock, ConfedError } from "@confed/kernel";
import type ssh2 from "ssh2";
import { type CloseReason, LINK_LIMITS, type Link, type LinkSink } from "../transport.ts";
import { printable } from "./server-hello.ts";
import { packetBytesMax, queuedBytes, requestBreak } from "./ssh-break.ts";
import type { SshConnection } from "./ssh-connection.ts";

/** What a link needs besides its connection. */
export interface SshLinkOptions {
  readonly sink: LinkSink;
  readonly clock: Clock;
  /** A server that sends nothing for three of these, not even an answer to our asking, is gone. */
  readonly keepaliveMs: number;
}

/**
 * One session channel as a Link; owns the connection from the moment it is made.
 *
 * `pause` stops the socket, not the channel: a channel holds back only after 3 MiB. While paused
 * nothing of the server is seen, its window for our input included.
 */
export class SshLink implements Link {
  readonly pausable = true;
  readonly #connection: SshConnection;
  readonly #channel: ssh2.ClientChannel;
  readonly #options: SshLinkOptions;
  readonly #released: Promise<void>;
  #reason: CloseReason | undefined;
  /** Set by the exit status or the close of the channel, which outrank how the socket ended. */
  #sessionEnd: CloseReason | undefined;
  #paused = false;
  /** Who waits for a write to be done, or for the end. */
  readonly #waiting = new Set<() => void>();
  #cancelKeepalive: Cancel = () => undefined;
  #cancelEndWait: Cancel = () => undefined;

  constructor(connection: SshConnection, channel: ssh2.ClientChannel, options: SshLinkOptions) {
    this.#connection = connection;
    this.#channel = channel;
    this.#options = options;
    const { sink, clock } = options;
    const ends = [connection.closed];
    // Once for all of them: a promise that lives as long as the link keeps each reaction as long.
    void connection.closed.then(() => {
      for (const resolve of this.#waiting) resolve();
      this.#waiting.clear();
    });
    for (const stream of [channel, channel.stderr]) {
      // ssh2 emits its own "close" after "end": the last bytes were delivered then.
      ends.push(
        new Promise((resolve) => {
          stream.once("close", () => {
            resolve();
          });
        }),
      );
      stream.on("error", (error: Error) => {
        this.#fail(new ConfedError("internal", `${connection.where}: ${error.message}`, { cause: error }));
      });
      stream.on("data", (bytes: Buffer) => {
        if (this.#reason?.by !== "local") sink.onData(bytes);
      });
    }
    channel.on("exit", (...[code, signal]: readonly unknown[]) => {
      this.#sessionEnd = sessionEnd(connection.where, code, signal);
    });
    channel.once("end", () => {
      // The exit status and the close usually follow; a server may also leave it at that.
      this.#cancelEndWait = clock.after(CLOSE_AFTER_EOF_MS, () => {
        this.#end();
      });
    });
    channel.once("close", () => {
      // ssh2 emits this also for channels of a socket that is gone.
      if (!connection.socket.destroyed) this.#sessionEnd ??= { by: "remote" };
      this.#end();
    });
    this.#released = Promise.all(ends).then(() => {
      this.#cancelKeepalive();
      this.#cancelEndWait();
      sink.onClosed(this.#closeReason());
    });
    this.#watchSilence(connection.socket.bytesRead, 0);
  }

  write(bytes: Uint8Array): number {
    if (this.#connection.ended || this.#reason !== undefined || !this.#channel.writable) return 0;
    const backlog = this.#backlogBytes();
    if (backlog + bytes.length > LINK_LIMITS.writeBacklogBytesMax) return -1;
    if (bytes.length > 0) {
      // Copied: what the window does not let through stays in the channel.
      this.#attempt(() => this.#channel.write(Buffer.from(bytes)));
    }
    return this.#backlogBytes();
  }

  async drained(): Promise<void> {
    while (!this.#connection.ended && this.#backlogBytes() > 0) await this.#nextProgress();
  }

  pause(): void {
    this.#paused = true;
    this.#connection.socket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#connection.ended) this.#connection.socket.resume();
  }

  sendBreak(durationMs: number): Promise<void> {
    const { where, client } = this.#connection;
    const linkEnded = new ConfedError("console_down", `${where}: the link ended before the break was sent`, {
      where,
    });
    return new Promise((resolve, reject) => {
      const cancel = this.#options.clock.after(BREAK_ANSWER_MS, () => {
        reject(
          new ConfedError(
            "deadline_exceeded",
            `${where} did not answer the break within ${BREAK_ANSWER_MS} ms`,
            { where },
          ),
        );
      });
      const settle = (error?: ConfedError) => {
        cancel();
        if (error === undefined) resolve();
        else reject(error);
      };
      void this.#connection.closed.then(() => {
        settle(linkEnded);
      });
      const asked =
        !this.#connection.ended &&
        this.#attempt(() =>
          requestBreak(client, this.#channel, durationMs, (sent) => {
            if (sent) settle();
            else if (this.#connection.ended || !this.#channel.writable) settle(linkEnded);
            else
              settle(
                new ConfedError("failed_precondition", `${where} does not support a break (RFC 4335) here`, {
                  where,
                  hint: "use the way to send a break of the device itself",
                }),
              );
          }),
        );
      if (asked !== true && !this.#connection.ended)
        settle(new ConfedError("failed_precondition", "this version of ssh2 cannot send a break", { where }));
    });
  }

  resize(columns: number, rows: number): void {
    if (this.#connection.ended || !isSize(columns) || !isSize(rows)) return;
    this.#attempt(() => {
      this.#channel.setWindow(rows, columns, 0, 0);
    });
  }

  close(): Promise<void> {
    this.#reason ??= { by: "local" };
    this.#connection.close();
    return this.#released;
  }

  #backlogBytes(): number {
    return (
      this.#channel.writableLength +
      this.#connection.socket.writableLength +
      queuedBytes(this.#connection.client)
    );
  }

  /** Resolves when some of the backlog may have gone. */
  #nextProgress(): Promise<void> {
    const { socket, client } = this.#connection;
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      const done = () => {
        this.#waiting.delete(resolve);
        resolve();
      };
      // Writes are done in order: an empty one is done when all before it are.
      if (this.#channel.writableLength > 0) this.#channel.write(NOTHING, done);
      else if (queuedBytes(client) > 0) client.once("handshake", done);
      else socket.write(NOTHING, done);
    });
  }

  /** Ask again every keepalive interval whether anything came; any byte proves life. */
  #watchSilence(bytesBefore: number, silentTimes: number): void {
    const { clock, keepaliveMs } = this.#options;
    this.#cancelKeepalive = clock.after(keepaliveMs, () => {
      const { socket, where } = this.#connection;
      // Who does not read cannot tell silence.
      const silent = !this.#paused && socket.bytesRead === bytesBefore ? silentTimes + 1 : 0;
      if (silent < SILENT_TIMES_MAX) this.#watchSilence(socket.bytesRead, silent);
      else {
        this.#fail(
          new ConfedError("peer_silent", `${where} has not answered for ${silent * keepaliveMs} ms`, {
            where,
            hint: "check that the host is up and reachable",
          }),
        );
      }
    });
  }

  /** Calls into a protocol that may have failed a moment ago throw; the end is under way then. */
  #attempt<T>(act: () => T): T | undefined {
    try {
      return act();
    } catch (reason) {
      this.#fail(
        new ConfedError(
          "protocol_error",
          `${this.#connection.where}: ${printable(ConfedError.from(reason).rawMessage)}`,
          { cause: reason },
        ),
      );
      return undefined;
    }
  }

  #fail(error: ConfedError): void {
    this.#connection.fail(error);
  }

  #end(): void {
    this.#connection.close();
  }

  #closeReason(): CloseReason {
    if (this.#reason !== undefined) return this.#reason;
    if (this.#sessionEnd !== undefined) return this.#sessionEnd;
    const error = this.#connection.failure;
    return error === undefined ? { by: "remote" } : { by: "failure", error };
  }
}

/** As many unanswered keepalives as OpenSSH's ServerAliveCountMax. */
const SILENT_TIMES_MAX = 3;
/** Far more than a server needs between the end of output and the end of the channel. */
const CLOSE_AFTER_EOF_MS = 1_000;
/** The answer is one round trip; sshd breaks for up to half a second before. */
const BREAK_ANSWER_MS = 10_000;
const NOTHING = new Uint8Array(0);

// RFC 4254 section 6.7 has 32 bits; no terminal has more than this.
function isSize(count: number): boolean {
  return Number.isInteger(count) && count > 0 && count <= 10_000;
}

/** RFC 4254 section 6.10; status 0 is an orderly end. */
function sessionEnd(where: string, code: unknown, signal: unknown): CloseReason {
  if (code === 0) return { by: "remote" };
  const how = typeof code === "number" ? `with status ${code}` : `by signal ${printable(String(signal))}`;
  return {
    by: "failure",
    error: new ConfedError("process_exited", `the session on ${where} ended ${how}`, { where }),
  };
}

/**
 * Make a link of a session that has just been granted. Returns the reason instead if the server
 * set bounds that no data can pass: ssh2 would loop for ever on packets of size 0.
 */
export function linkOrRefusal(
  connection: SshConnection,
  channel: ssh2.ClientChannel,
  options: SshLinkOptions,
): SshLink | ConfedError {
  const packetBytes = packetBytesMax(channel);
  if (packetBytes === undefined || packetBytes >= PACKET_BYTES_MIN)
    return new SshLink(connection, channel, options);
  return new ConfedError("protocol_error", `${connection.where} takes packets of ${packetBytes} bytes only`, {
    where: connection.where,
  });
}

/** RFC 4253 section 6.1 asks for 32768; nothing real is below 256. */
const PACKET_BYTES_MIN = 256;
