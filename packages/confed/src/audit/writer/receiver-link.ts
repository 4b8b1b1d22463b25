import { createSocket } from "node:dgram";
import { connect } from "node:net";
import type { ForwardTarget } from "@confed/config";
import { ConfedError } from "@confed/kernel";
import { octetCounted } from "@confed/trust/audit";
import { unacknowledgedBytes } from "./tcp-queue.ts";

/** A way to a receiver of syslog, while it is open. */
export interface ReceiverLink {
  /** True: more would only wait here; `onDrained` tells when not. */
  readonly full: boolean;
  send(message: string): void;
  /** 0: everything sent has arrived at the far end's host, as far as can be known. */
  unacknowledgedBytes(): number | undefined;
  close(): void;
}

export interface ReceiverEvents {
  readonly onOpen: () => void;
  readonly onDrained: () => void;
  /** Once; never after `close`. */
  readonly onClosed: (reason: ConfedError) => void;
}

/** Begin to connect. */
export function connectReceiver(target: ForwardTarget, events: ReceiverEvents): ReceiverLink {
  return target.over === "udp" ? overUdp(target, events) : overTcp(target, events);
}

function overTcp(
  { host, port }: ForwardTarget,
  { onOpen, onDrained, onClosed }: ReceiverEvents,
): ReceiverLink {
  const socket = connect({ host, port, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
  let failure: Error | undefined;
  let closed = false;
  socket.once("connect", onOpen);
  socket.on("drain", onDrained);
  socket.on("error", (error) => {
    failure = error;
  });
  // A receiver has nothing to say; read, so that its end is seen.
  socket.resume();
  socket.once("end", () => socket.destroy());
  socket.once("close", () => {
    if (closed) return;
    closed = true;
    const gone = new ConfedError("hung_up", "the receiver closed the connection");
    onClosed(failure === undefined ? gone : ConfedError.from(failure, "unavailable"));
  });
  return {
    get full() {
      return socket.writableLength >= BACKLOG_BYTES_MAX;
    },
    send(message) {
      socket.write(octetCounted(message));
    },
    unacknowledgedBytes() {
      if (socket.writableLength > 0) return socket.writableLength;
      const { localPort, remotePort } = socket;
      return localPort === undefined || remotePort === undefined
        ? undefined
        : unacknowledgedBytes(localPort, remotePort);
    },
    close() {
      closed = true;
      socket.destroy();
    },
  };
}

function overUdp(
  { host, port }: ForwardTarget,
  { onOpen, onDrained, onClosed }: ReceiverEvents,
): ReceiverLink {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  let waitingBytes = 0;
  let closed = false;
  const failed = (error: Error) => {
    if (closed) return;
    closed = true;
    onClosed(ConfedError.from(error, "unavailable"));
  };
  socket.on("error", failed);
  // Connected, so that a port where nobody listens is told.
  socket.once("connect", () => {
    if (!closed) onOpen();
  });
  socket.connect(port, host);
  return {
    get full() {
      return waitingBytes >= BACKLOG_BYTES_MAX;
    },
    send(message) {
      const bytes = Buffer.from(message);
      waitingBytes += bytes.byteLength;
      socket.send(bytes, (error) => {
        const wasFull = waitingBytes >= BACKLOG_BYTES_MAX;
        waitingBytes -= bytes.byteLength;
        if (error !== null) failed(error);
        else if (wasFull && waitingBytes < BACKLOG_BYTES_MAX) onDrained();
      });
    },
    unacknowledgedBytes: () => waitingBytes,
    close() {
      closed = true;
      socket.close();
    },
  };
}

/** Waiting here rather than in the files. */
const BACKLOG_BYTES_MAX = 256 * 1024;

const KEEP_ALIVE_MS = 60_000;
