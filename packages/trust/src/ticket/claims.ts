import { isVerb, type Verb, type VerbSet, verbSet, verbsIn } from "../policy/verbs.ts";

/** What whoever signed it allows, to whom. */
export interface Permission {
  /** `user:anna`. */
  readonly subject: string;
  readonly groups: readonly string[];
  readonly verbs: VerbSet;
  /** A selection; of an attach, the one console. */
  readonly consoles: string;
  /** The policy it was decided by. */
  readonly policyRevision: number;
  /** Raw Ed25519 key of the client, base64url. "": of nobody, good only from a head itself. */
  readonly clientKey: string;
}

/** What a ticket says. Times are in the clock of one life of one agent, which only that life reads. */
export interface TicketClaims extends Permission {
  /** Unique; used once. */
  readonly id: string;
  readonly agent: string;
  /** The life of the agent: random, new with each start of its process. */
  readonly epoch: string;
  readonly issuedMs: number;
  readonly expiresMs: number;
  /** How long a session may last that begins with it. */
  readonly sessionMs: number;
}

/** What a resume token says. */
export interface ResumeClaims extends Permission {
  readonly agent: string;
  readonly sessionId: string;
  /** Wall clock of the agent: the one clock that outlives its process. */
  readonly untilMs: number;
}

/** Far above any ticket for one console; a head's own for a selection may name many. */
export const CLAIMS_BYTES_MAX = 64 * 1024;

/** The signed bytes of a ticket. */
export function encodeTicket(claims: TicketClaims): Uint8Array {
  return encode(TICKET, claims);
}

/** Undefined for anything that is not exactly a ticket's claims. */
export function decodeTicket(body: Uint8Array): TicketClaims | undefined {
  return decode(TICKET, body) as TicketClaims | undefined;
}

/** The signed bytes of a resume token. */
export function encodeResume(claims: ResumeClaims): Uint8Array {
  return encode(RESUME, claims);
}

/** Undefined for anything that is not exactly a resume token's claims. */
export function decodeResume(body: Uint8Array): ResumeClaims | undefined {
  return decode(RESUME, body) as ResumeClaims | undefined;
}

type Kind = "text" | "texts" | "verbs" | "number";
type Shape<T> = { readonly [Key in keyof Required<T>]: Kind };

const PERMISSION: Shape<Permission> = {
  subject: "text",
  groups: "texts",
  verbs: "verbs",
  consoles: "text",
  policyRevision: "number",
  clientKey: "text",
};

const TICKET: Shape<TicketClaims> = {
  ...PERMISSION,
  id: "text",
  agent: "text",
  epoch: "text",
  issuedMs: "number",
  expiresMs: "number",
  sessionMs: "number",
};

const RESUME: Shape<ResumeClaims> = { ...PERMISSION, agent: "text", sessionId: "text", untilMs: "number" };

function encode<T extends Permission>(shape: Shape<T>, claims: T): Uint8Array {
  const fields: Record<string, unknown> = {};
  for (const key in shape) fields[key] = claims[key];
  fields["verbs"] = verbsIn(claims.verbs);
  return Buffer.from(JSON.stringify(fields));
}

// Only what we sign is decoded, and only after its signature held: this guards against our own other
// versions. Nothing unknown is ignored, for it might be what limits the rest.
function decode<T extends Permission>(shape: Shape<T>, body: Uint8Array): object | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const fields = value as Record<string, unknown>;
  const keys = Object.keys(shape);
  if (Object.keys(fields).length !== keys.length) return undefined;
  for (const key of keys) if (!IS[shape[key as keyof T]](fields[key])) return undefined;
  return { ...fields, verbs: verbSet(fields["verbs"] as Verb[]) };
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

const IS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === "string",
  texts: isTexts,
  verbs: (value) => isTexts(value) && value.every(isVerb),
  number: (value) => typeof value === "number" && Number.isFinite(value) && value >= 0,
};
