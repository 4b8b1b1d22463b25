import { ConfedError, neutralise } from "@confed/kernel";
import { type Authority, isStatementOf, signStatement } from "@confed/trust/certificates";

/** What a writing head says of its store at one moment. */
export interface Statement {
  /** Which head. */
  readonly writer: string;
  readonly revision: number;
  /** Of everything in it; see `StoreDigest`. */
  readonly digest: string;
  /** Its wall clock. */
  readonly atMs: number;
}

/** A statement as it travels. */
export interface SignedStatement {
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

export function formatStatement(authority: Pick<Authority, "key">, statement: Statement): SignedStatement {
  const body = Buffer.from(JSON.stringify(statement));
  return { body, signature: signStatement(authority, body) };
}

/** Throws "unauthenticated" for one that the authority with this certificate (PEM) has not signed. */
export function readStatement({ body, signature }: SignedStatement, authorityPem: string): Statement {
  if (!isStatementOf(authorityPem, body, signature))
    throw new ConfedError("unauthenticated", "it is not signed by the authority of this cluster");
  // What the authority has signed is of this form, or of a later one that has more.
  const { writer, revision, digest, atMs } = JSON.parse(Buffer.from(body).toString()) as Statement;
  return { writer: neutralise(writer, 140), revision, digest, atMs };
}
