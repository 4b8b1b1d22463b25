import { ConfedError, type ErrorCode } from "@confed/kernel";

/** At which moment of a connection something failed; the same errno means different things. */
export type SocketMoment = "connecting" | "connected";

/**
 * What a socket reports, in words for an operator. `where` is the far end as configured
 * (`host:port` or a path); the errno stays readable in `cause`.
 */
export function socketError(reason: unknown, where: string, moment: SocketMoment): ConfedError {
  if (reason instanceof ConfedError) return reason;
  const { code, message } =
    reason instanceof Error
      ? (reason as NodeJS.ErrnoException)
      : { code: undefined, message: String(reason) };
  const known = code === undefined ? undefined : WORDS[moment][code];
  if (known === undefined) {
    const error = ConfedError.from(reason, "unavailable");
    return new ConfedError(error.code, `${where}: ${message}`, { where, cause: reason });
  }
  return new ConfedError(known.code, `${where}: ${known.words}`, { where, hint: known.hint, cause: reason });
}

interface Meaning {
  readonly code: ErrorCode;
  readonly words: string;
  readonly hint?: string;
}

const NO_ROUTE: Meaning = {
  code: "host_unreachable",
  words: "host unreachable",
  hint: "check that the host is up and that this machine has a route to it",
};
const RESET: Meaning = { code: "connection_reset", words: "connection reset by the far end" };

// errno(3), connect(2), unix(7).
const WORDS: Readonly<Record<SocketMoment, Readonly<Record<string, Meaning>>>> = {
  connecting: {
    ECONNREFUSED: {
      code: "connection_refused",
      words: "connection refused",
      hint: "nothing listens there; check the port and the service",
    },
    EHOSTUNREACH: NO_ROUTE,
    ENETUNREACH: NO_ROUTE,
    EHOSTDOWN: NO_ROUTE,
    // What Linux says for an IPv6 address on a machine without IPv6.
    EADDRNOTAVAIL: NO_ROUTE,
    ECONNRESET: RESET,
    ETIMEDOUT: {
      code: "deadline_exceeded",
      words: "no answer",
      hint: "check that the host is up and that no firewall drops the connection",
    },
    ENOENT: {
      code: "device_missing",
      words: "no such socket",
      hint: "check the path and that the program behind it runs",
    },
    ENOTSOCK: { code: "device_missing", words: "not a socket", hint: "check the path" },
    ENOTDIR: {
      code: "device_missing",
      words: "no such socket",
      hint: "a part of the path is not a directory",
    },
    EACCES: {
      code: "permission_denied",
      words: "permission denied",
      hint: "this process may not open it; check owner and mode",
    },
    EPERM: {
      code: "permission_denied",
      words: "permission denied",
      hint: "a firewall of this machine refuses the connection",
    },
    EMFILE: {
      code: "resource_exhausted",
      words: "this process has no file descriptor left",
      hint: "raise LimitNOFILE",
    },
    ENFILE: {
      code: "resource_exhausted",
      words: "this machine has no file descriptor left",
      hint: "raise fs.file-max",
    },
    // A Unix socket whose backlog is full: connect(2) does not wait there.
    EAGAIN: { code: "unavailable", words: "the program behind the socket does not accept connections now" },
  },
  connected: {
    ECONNRESET: RESET,
    EPIPE: RESET,
    // Keepalive or retransmission gave up.
    ETIMEDOUT: { code: "peer_silent", words: "the far end stopped answering" },
    EHOSTUNREACH: NO_ROUTE,
    ENETUNREACH: NO_ROUTE,
    EHOSTDOWN: NO_ROUTE,
  },
};
