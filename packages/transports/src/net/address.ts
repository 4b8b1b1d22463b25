/** A numeric address. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}
