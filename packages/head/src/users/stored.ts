/** A local user as a store keeps it. */
export interface StoredUser {
  /** PHC string of argon2id; without it, no password opens this account: certificates and tokens do. */
  readonly password?: string | undefined;
  readonly groups: readonly string[];
  readonly createdMs: number;
}

/** One log-in, from the password to its end; the tokens given for it follow each other. */
export interface StoredLogin {
  readonly user: string;
  readonly groups: readonly string[];
  /** SHA-256 of the refresh token that is good now, and of the one before it, hexadecimal. */
  readonly refresh: string;
  readonly before?: string | undefined;
  readonly createdMs: number;
  readonly untilMs: number;
}

/** A token for programs. */
export interface StoredApiToken {
  readonly user: string;
  /** SHA-256 of the secret, hexadecimal: 256 random bits need no slow hash. */
  readonly hash: string;
  readonly note: string;
  readonly createdMs: number;
  readonly untilMs?: number | undefined;
}
