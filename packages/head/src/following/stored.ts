/** What a writing head has signed, as the copy of its store keeps it. */
export interface StoredStatement {
  /** Base64. */
  readonly body: string;
  readonly signature: string;
  /** Where it was heard. */
  readonly address: string;
}

/** Its one key; the kind is this head's own and never travels. */
export const STATEMENT_KEY = "statement";
