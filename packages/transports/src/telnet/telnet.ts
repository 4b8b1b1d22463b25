import { type ComPortSettings, TelnetSession, type TelnetSessionSnapshot } from "@confed/codecs";
import { ConfedError, formatHostPort } from "@confed/kernel";
import type { TransportFactory } from "../deps.ts";
import { adoptLink, dialLink } from "../net/dial-link.ts";
import { TELNET_SNAPSHOT_FORMAT, TelnetLink, type TelnetLinkSnapshot } from "./telnet-link.ts";

/** A console behind a terminal server that speaks telnet. */
export interface TelnetOptions {
  /** A name or a numeric address. */
  readonly host: string;
  readonly port: number;
  /** What the far end is told that we are, should it ask. Default `vt220`. */
  readonly terminalType?: string | undefined;
  /**
   * Ask for BINARY both ways (default), and live without where it is refused. False refuses it, for
   * terminal servers that agree and then treat CR as an NVT does. Not for ser2net (4.3), which treats
   * everything as BINARY: it would give the console a NUL after every CR.
   */
  readonly binary?: boolean | undefined;
  /** Ask for these by RFC 2217. A server that does otherwise gets a warning in the log, and the link lives. */
  readonly comPort?: ComPortSettings | undefined;
  readonly connectTimeoutMs?: number | undefined;
}

/**
 * Telnet (RFC 854) with the options a console needs. All 256 byte values pass both ways, with or
 * without BINARY; a break is RFC 2217's where agreed, else IAC BREAK.
 *
 * Throws "invalid_argument" for a terminal type or a rate that telnet cannot carry.
 */
export function telnet({ host, port, connectTimeoutMs, ...session }: TelnetOptions): TransportFactory {
  const newSession = (from?: TelnetSessionSnapshot) =>
    new TelnetSession({ role: "client", ...session }, from);
  newSession(); // Wrong options are found when they are read, not when the console connects.
  return (deps) => ({
    kind: "telnet",
    async open({ signal, sink }) {
      const link = new TelnetLink({ deps, session: newSession(), sink });
      link.begin(await dialLink(deps, { host, port, signal, timeoutMs: connectTimeoutMs }, link.lowerSink));
      return link;
    },
    adopt({ fd, snapshot, sink }) {
      const from = checkSnapshot(snapshot, formatHostPort({ host, port }));
      const link = new TelnetLink({ deps, session: newSession(from.session), sink });
      link.goOn(adoptLink(deps, { host, port }, { fd, snapshot: from.socket, sink: link.lowerSink }), from);
      return link;
    },
  });
}

function checkSnapshot(snapshot: unknown, where: string): TelnetLinkSnapshot {
  const { format } = (snapshot ?? {}) as { readonly format?: unknown };
  if (format === TELNET_SNAPSHOT_FORMAT) return snapshot as TelnetLinkSnapshot;
  const message = `${where}: what is known of its telnet link is of format ${String(format)}, not ${TELNET_SNAPSHOT_FORMAT}`;
  const hint = "another version of the agent opened it; let it reconnect";
  throw new ConfedError("invalid_argument", message, { where, hint });
}
