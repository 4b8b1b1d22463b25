import { ConfedError, Secret } from "@confed/kernel";

/** What an administrator gives to a machine that shall join: who is asked, and how either side knows the other. */
export interface JoinToken {
  /** Names it in lists. */
  readonly id: string;
  /** 256 random bits, base64url. */
  readonly secret: Secret;
  /** Of the authority of machines: what the head must prove. */
  readonly pin: string;
}

/** As one word, to be copied and pasted. */
export function formatJoinToken({ id, secret, pin }: JoinToken): string {
  return `${PREFIX}.${id}.${secret.reveal()}.${Buffer.from(pin, "hex").toString("base64url")}`;
}

/** The inverse. Throws "invalid_argument"; the text itself is never shown. */
export function parseJoinToken(text: string): JoinToken {
  const [, id, secret, pin] = TOKEN.exec(text.trim()) ?? [];
  if (id !== undefined && secret !== undefined && pin !== undefined)
    return { id, secret: new Secret(secret), pin: Buffer.from(pin, "base64url").toString("hex") };
  throw new ConfedError("invalid_argument", "this is no token for joining a cluster", {
    subject: "token",
    hint: "it is one word that begins with confed1, as `confed token create --agent NAME` printed it",
  });
}

const PREFIX = "confed1";
const TOKEN = /^confed1\.([0-9a-f]{12})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/;
