/** A numeric address. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Names to addresses as the host's own programs see them: /etc/hosts and search domains count. */
export interface NameResolver {
  /**
   * The addresses of a host, best first, never empty; a numeric address gives itself at once.
   * Rejects with "name_unresolved" naming the host, or with the signal's reason.
   */
  resolve(host: string, signal: AbortSignal): Promise<readonly Address[]>;
}
