import type { SecureContext } from "node:tls";
import type { Clock, Logger } from "@confed/kernel";
import type { BreakDefinition } from "../file/break-sequence.ts";
import type { ClientHost, HostTrust } from "../file/host-list.ts";
import type { ConsoleHost, GatewayClient } from "./console-host.ts";
import type { ConsoleTasks } from "./console-tasks.ts";

/** What a gateway of conserver's protocol works with. */
export interface GatewayOptions {
  readonly host: ConsoleHost;
  readonly access: GatewayAccess;
  /** As they are now. */
  readonly breaks: () => ReadonlyMap<string, BreakDefinition>;
  /** As it is now: certificates are renewed. */
  readonly tls: () => GatewayTls;
  /** Names of a client's host, as lists are held against them, and for whoever sees who is there; none without it. */
  readonly namesOf?: ((address: string) => Promise<ClientHost["names"]>) | undefined;
  /** Fewer than the bound of its own: what the process has descriptors for. */
  readonly connectionsMax?: number | undefined;
  /** Knows whose connections are not wanted for a while; without it, everybody's are. */
  readonly doorman?: Doorman | undefined;
  /** Told of every log-in and of every one that failed, of tasks, and of what an administrator did. */
  readonly onEvent?: ((event: GatewayEvent) => void) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For administrators; rejects if it cannot be done. */
  readonly control: (command: GatewayControl, who: GatewayClient) => Promise<void>;
}

/** Shuts out who misbehaves. */
export interface Doorman {
  shutsOut(address: string): boolean;
  blame(address: string, fault: "crash" | "grace" | "auth"): void;
}

/** What somebody did at a gateway besides sessions, which their host audits. */
export interface GatewayEvent {
  readonly what: "login" | "login_failed" | "refused" | "task" | "control";
  readonly user?: string | undefined;
  readonly address: string;
  readonly console?: string | undefined;
  readonly text?: string | undefined;
}

/** Who may come in, and as whom. */
export interface GatewayAccess {
  trustOf(client: ClientHost): HostTrust;
  /** Resolves false for who comes in without one. */
  needsPassword(user: string): Promise<boolean>;
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
  /** From a last word to the end of the connection, for who does not take it. */
  goodbyeMsMax: 2_000,
  /** A line before a console is attached: the longest is a message, the next a list of names. */
  lineBytesMax: 16_384,
  /** Connections at a time; a query of a stock client is a handful, one after the other. */
  connectionsMax: 10_000,
  /**
   * Output that a client does not read: several times of what agents keep to, who leave output out before. Beyond it the
   * client is let go: its console goes on.
   */
  backlogBytesMax: 4_194_304,
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
  /** Rules have changed: hold what is attached to them. */
  recheck(): Promise<void>;
}

/** What one client's session needs to know besides what the gateway does. */
export interface SessionOptions extends GatewayOptions {
  readonly address: string;
  /** How its host is called: by name if that is known. */
  readonly hostName: string;
  readonly tasks: ConsoleTasks;
  /** Its word for who it is counts. */
  readonly trusted: boolean;
  readonly mayBePlain: boolean;
  /** All of the gateway, this one included. */
  readonly sessions: ReadonlySet<PeerSession>;
}
