import type { SecureContext } from "node:tls";
import type { Clock, Logger } from "@confed/kernel";
import type { BreakDefinition } from "../file/break-sequence.ts";
import type { ClientHost, HostTrust } from "../file/host-list.ts";
import type { ConsoleHost } from "./console-host.ts";

/** What a gateway of conserver's protocol works with. */
export interface GatewayOptions {
  readonly host: ConsoleHost;
  readonly access: GatewayAccess;
  readonly breaks: ReadonlyMap<string, BreakDefinition>;
  readonly tls: GatewayTls;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For administrators; rejects if it cannot be done. */
  readonly control: (command: GatewayControl) => Promise<void>;
}

/** Who may come in, and as whom. */
export interface GatewayAccess {
  trustOf(client: ClientHost): HostTrust;
  /** Resolves whether it is the password; also for users that do not exist, and as slowly. */
  checkPassword(user: string, password: string): Promise<boolean>;
  isAdmin(user: string): boolean;
  isLimited(user: string): boolean;
}

/** How clients are encrypted. */
export interface GatewayTls {
  /** Undefined: what is asked for `ssl` is refused. */
  readonly context: SecureContext | undefined;
  /** A client must have a certificate of a known authority. */
  readonly requestCert: boolean;
  /** From where clients are taken that do not encrypt. `anywhere` is an option that people must ask for. */
  readonly plainFrom: "nowhere" | "loopback" | "anywhere";
}

export type GatewayControl = "quit" | "reconfigure" | "reopen_logs" | "bring_up";

/** Bounds of a gateway. */
export const GATEWAY_LIMITS = {
  /** From the first byte to the log-in; whoever types a password needs some of it. */
  loginMsMax: 30_000,
  /** A line before a console is attached: the longest is a message, the next a list of names. */
  lineBytesMax: 16_384,
  /** Connections at a time; a query of a stock client is a handful, one after the other. */
  connectionsMax: 10_000,
  /** Output that a client does not read. Beyond it the client is let go: its console goes on. */
  backlogBytesMax: 1_048_576,
} as const;

/** A client as the others of its gateway see it. */
export interface PeerSession {
  /** Undefined before the log-in. */
  readonly user: string | undefined;
  /** `user@address`. */
  readonly acid: string;
  /** Where it came in. */
  readonly port: number;
  /** The console that is attached. */
  readonly console: string | undefined;
  /** A line for whoever looks at a console; nothing where none is attached. */
  tell(text: string): void;
  /** Say a last word and close. */
  end(text: string): void;
}

/** What one client's session needs to know besides what the gateway does. */
export interface SessionOptions extends GatewayOptions {
  readonly address: string;
  /** Its word for who it is counts. */
  readonly trusted: boolean;
  readonly mayBePlain: boolean;
  /** All of the gateway, this one included. */
  readonly sessions: ReadonlySet<PeerSession>;
}
