/**
 * Who is at the other end of a connection. The class follows from the authority that signed the
 * certificate, never from a name inside it.
 */
export type PeerIdentity = MachineIdentity | UserIdentity | LocalIdentity | NoIdentity;

/** A head or an agent of this cluster. */
export interface MachineIdentity {
  readonly class: "machine";
  readonly kind: "head" | "agent";
  readonly id: string;
  /** Of the certificate, as `fingerprintOf` writes it. */
  readonly fingerprint: string;
  /** Of the certificate, in hexadecimal digits. */
  readonly serial: string;
}

/** A person or a service with a certificate of an authority for users. */
export interface UserIdentity {
  readonly class: "user";
  readonly id: string;
  readonly fingerprint: string;
  /** The fingerprint of the authority that signed the certificate. */
  readonly issuer: string;
}

/** Somebody of this host, who could open a socket that only one group can open. */
export interface LocalIdentity {
  readonly class: "local";
  readonly group: string;
}

/** Nobody knows yet: no certificate, or one that does not count. */
export interface NoIdentity {
  readonly class: "none";
  /** `host:port` of the peer, for logs. */
  readonly address: string;
  /** Why the certificate that came does not count, for people. */
  readonly rejected?: string | undefined;
}

/** The header with whom a call is made for, JSON, percent-encoded. */
export const BEHALF_HEADER = "confed-behalf";

/** What a service is told of who makes a call, and tells of it. */
export interface Call {
  readonly peer: PeerIdentity;
  /** A token that came with this call alone: somebody's log-in. "" for one that cannot be read. */
  readonly bearer?: string | undefined;
  /**
   * Whom the peer says it makes this call for. Anybody can say so: believed only from who is ourselves, as one
   * process of a host is to another.
   */
  readonly behalf?: PeerIdentity | undefined;
  /**
   * The call has proven who makes it: by a ticket, a token, a password. Its connection may stay. Over
   * TLS a connection without a certificate for which nobody vouches is closed 10 s after it began.
   */
  vouch(): void;
  /** What the call brought as a proof is wrong; somebody who tries again and again is shut out for a while. */
  blame(): void;
}
