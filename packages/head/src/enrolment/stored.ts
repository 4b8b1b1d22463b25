/** A machine of a cluster, as certificates name it. */
export interface MachineName {
  readonly kind: "agent" | "head";
  readonly id: string;
}

/** A token, as a store keeps it: whoever reads the store cannot use it. */
export interface StoredToken {
  /** SHA-256 of the secret, hexadecimal. That has 256 random bits: nothing slower is needed. */
  readonly secretHash: string;
  readonly machine: MachineName;
  readonly createdMs: number;
  /** By whom, for people. */
  readonly createdBy: string;
  readonly expiresMs: number;
  /** Consoles that the agent may claim; "": any. */
  readonly consoles: string;
  /** Where it may be used from; empty: anywhere. */
  readonly cidrs: readonly string[];
  /** Set for one that may be used again: what else proves who uses it. */
  readonly rejoin?: { readonly by: "key"; readonly pin: string } | { readonly by: "approval" } | undefined;
  /** The key that has used it: asked again with that one, the answer is the same. */
  readonly usedBy?: string | undefined;
}

/** A machine that was enrolled. */
export interface StoredMachine {
  readonly machine: MachineName;
  readonly state: "enrolled" | "locked" | "revoked";
  /** Why it is locked or revoked, for people; "" while it is neither. */
  readonly why: string;
  readonly sinceMs: number;
  /** Certificates that were given since it was first enrolled. */
  readonly generation: number;
  readonly current: StoredCertificate;
  /**
   * Serials of the certificates before it, the newest first: who asks for a renewal with one of them holds a copy. Not those of an
   * earlier enrolment.
   */
  readonly former: readonly string[];
  /** The machine has come with the current one: the one before it, kept for an answer that was lost, is void. */
  readonly confirmed: boolean;
  readonly consoles: string;
}

export interface StoredCertificate {
  /** Lower-case hexadecimal digits. */
  readonly serial: string;
  /** SHA-256 of it, lower-case hexadecimal digits. */
  readonly fingerprint: string;
  /** Of its key. */
  readonly pin: string;
  readonly notAfterMs: number;
  readonly pem: string;
}

/** A list as the authority of machines has signed it. */
export interface StoredRevokedHeads {
  /** JSON. */
  readonly body: string;
  /** Base64. */
  readonly signature: string;
}

/** Somebody with a token that asks for an administrator's approval. */
export interface StoredPending {
  readonly machine: MachineName;
  readonly tokenId: string;
  /** Of the key that shall be certified. */
  readonly pin: string;
  readonly address: string;
  readonly sinceMs: number;
  readonly approved: boolean;
}
