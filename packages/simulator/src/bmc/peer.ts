/** Where a datagram came from, and where the answer goes. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}
