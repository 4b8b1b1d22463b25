import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { type Clock, ConfedError, neutralise } from "@confed/kernel";
import { generateSigningKey, type SigningKey, type Subject, verifierOf } from "@confed/trust";
import type { Store } from "../store/store.ts";
import { Failures } from "./failures.ts";
import { PasswordCheck } from "./password.ts";

/** Another way to check a password: the host's own (PAM), later somebody else's (OIDC). */
export interface PasswordSource {
  /** The groups of the user it was the password of; undefined: it was not. */
  check(user: string, password: string): Promise<readonly string[] | undefined>;
}

export interface LoginsDeps {
  readonly store: Store;
  readonly clock: Pick<Clock, "nowMs" | "wallTimeMs">;
  /** Asked for whom the store has no password of; undefined: there is no other way. */
  readonly pam?: PasswordSource | undefined;
  /** Told when what renews a log-in of this user is used a second time: one of the two has stolen it. */
  readonly onReuse?: ((user: string) => void) | undefined;
}

/** What somebody has who is logged in. */
export interface LoginTokens {
  readonly subject: string;
  /** For calls, for the next ten minutes. */
  readonly access: string;
  readonly accessMs: number;
  /** For the next access token, once. */
  readonly refresh: string;
  /** Then a password is asked for again; wall clock. */
  readonly untilMs: number;
}

/** How long what lasts. */
export const LOGIN_LIMITS = {
  accessMs: 10 * 60_000,
  /** A shift with its overtime. */
  loginMs: 12 * 60 * 60_000,
  /** Of one user; the oldest ends for the newest. */
  perUserMax: 32,
} as const;

/**
 * Who is logged in. An access token is signed by this process and looked at without the store; what it is
 * renewed with is in the store as a hash, and each is good once: the second use of one ends the log-in,
 * for one of the two who used it has stolen it.
 */
export class Logins {
  readonly #deps: LoginsDeps;
  readonly #check = new PasswordCheck();
  readonly #failures = new Failures();
  readonly #key: SigningKey = generateSigningKey();
  readonly #verify = verifierOf(this.#key.publicKey);

  constructor(deps: LoginsDeps) {
    this.#deps = deps;
  }

  /**
   * Rejects with "unauthenticated", the same for a wrong password and for a user that is not there; with "read_only_head" where
   * another head keeps who is logged in.
   */
  async login(user: string, password: string): Promise<LoginTokens> {
    const { store, clock, pam } = this.#deps;
    if (store.readOnly !== undefined) throw store.readOnly;
    const name = checkUserName(user);
    this.#failures.check(name, clock.nowMs());
    const known = store.get("users", name)?.value;
    let groups: readonly string[] | undefined;
    if (known?.password === undefined && pam !== undefined) {
      const theirs = await pam.check(name, password);
      groups = theirs && [...new Set([...theirs, ...(known?.groups ?? [])])];
    } else if (await this.#check.matches(password, known?.password)) groups = known?.groups;
    if (groups === undefined) {
      this.#failures.failed(name, clock.nowMs());
      throw new ConfedError("unauthenticated", "wrong user or password", { subject: neutralise(name, 140) });
    }
    this.#failures.succeeded(name);
    return this.#begin(name, groups);
  }

  /**
   * Rejects with "unauthenticated"; the log-in is over then. A head that keeps nobody's log-in gives access for as long as it
   * knows that of the other head as it is, and the same refresh token again: the next one is that head's to give.
   */
  async refresh(token: string): Promise<LoginTokens> {
    const { store, clock, onReuse } = this.#deps;
    const [id, hash] = partsOf(token);
    const entry = store.get("logins", id);
    if (entry === undefined || clock.wallTimeMs() >= entry.value.untilMs) throw over();
    const { value, revision } = entry;
    if (!sameHash(hash, value.refresh)) {
      // Whoever has the one before it has stolen it, or was stolen from: nobody goes on with it.
      if (store.readOnly === undefined && value.before !== undefined && sameHash(hash, value.before)) {
        onReuse?.(value.user);
        await store.commit([{ kind: "logins", key: id, value: undefined }]);
      }
      throw over();
    }
    if (store.readOnly !== undefined) return this.#tokens(id, token.split(".")[1] ?? "", value);
    const secret = newSecret();
    const next = { ...value, refresh: hashOf(secret), before: value.refresh };
    await store.commit([{ kind: "logins", key: id, value: next, ifRevision: revision }]);
    return this.#tokens(id, secret, next);
  }

  /** Resolves with whose log-in it was; undefined: nobody's. */
  async logout(token: string): Promise<string | undefined> {
    const [id, hash] = partsOf(token);
    const entry = this.#deps.store.get("logins", id);
    if (entry === undefined || !sameHash(hash, entry.value.refresh)) return undefined;
    await this.#deps.store.commit([{ kind: "logins", key: id, value: undefined }]);
    return entry.value.user;
  }

  /** Whose token it is: an access token of ours, or an API token. Undefined: nobody's, or not any more. */
  subjectOf(bearer: string): Subject | undefined {
    return bearer.startsWith(API_PREFIX) ? this.#ofApiToken(bearer) : this.#ofAccess(bearer);
  }

  #ofAccess(bearer: string): Subject | undefined {
    const [body = "", signature = ""] = bearer.split(".");
    const bytes = Buffer.from(body, "base64url");
    if (
      bearer.length > BEARER_LENGTH_MAX ||
      !this.#verify?.("confed access v1", bytes, Buffer.from(signature, "base64url"))
    )
      return undefined;
    const { id, untilMs } = JSON.parse(bytes.toString()) as { readonly id: string; readonly untilMs: number };
    const login = this.#deps.store.get("logins", id)?.value;
    if (login === undefined || this.#deps.clock.nowMs() >= untilMs) return undefined;
    return { name: `user:${login.user}`, groups: login.groups };
  }

  #ofApiToken(bearer: string): Subject | undefined {
    const { store, clock } = this.#deps;
    const [id, hash] = partsOf(bearer.slice(API_PREFIX.length));
    const token = store.get("apiTokens", id)?.value;
    if (token === undefined || !sameHash(hash, token.hash)) return undefined;
    if (token.untilMs !== undefined && clock.wallTimeMs() >= token.untilMs) return undefined;
    const user = store.get("users", token.user)?.value;
    return user && { name: `user:${token.user}`, groups: user.groups };
  }

  async #begin(user: string, groups: readonly string[]): Promise<LoginTokens> {
    const { store, clock } = this.#deps;
    const nowMs = clock.wallTimeMs();
    const all = store.list("logins");
    const ended = all.filter(({ value }) => value.untilMs <= nowMs);
    const own = all
      .filter(({ value }) => value.user === user && value.untilMs > nowMs)
      .sort((a, b) => a.value.createdMs - b.value.createdMs);
    const crowded = own.slice(0, Math.max(0, own.length + 1 - LOGIN_LIMITS.perUserMax));
    const id = randomBytes(16).toString("base64url");
    const secret = newSecret();
    const login = {
      user,
      groups,
      refresh: hashOf(secret),
      createdMs: nowMs,
      untilMs: nowMs + LOGIN_LIMITS.loginMs,
    };
    await store.commit([
      ...[...ended.slice(0, 100), ...crowded].map(
        ({ key }) => ({ kind: "logins", key, value: undefined }) as const,
      ),
      { kind: "logins", key: id, value: login },
    ]);
    return this.#tokens(id, secret, login);
  }

  #tokens(
    id: string,
    secret: string,
    { user, untilMs }: { readonly user: string; readonly untilMs: number },
  ): LoginTokens {
    const { accessMs } = LOGIN_LIMITS;
    const body = Buffer.from(
      JSON.stringify({ id, untilMs: Math.floor(this.#deps.clock.nowMs()) + accessMs }),
    );
    const signature = Buffer.from(this.#key.sign("confed access v1", body));
    const access = `${body.toString("base64url")}.${signature.toString("base64url")}`;
    return { subject: user, access, accessMs, refresh: `${id}.${secret}`, untilMs };
  }
}

/** In front of API tokens, so that people and scanners know them when they see one. */
export const API_PREFIX = "confed_";

/** A new API token: what its owner is shown once, and what is stored. */
export function newApiToken(): { readonly id: string; readonly token: string; readonly hash: string } {
  const id = randomBytes(9).toString("base64url").replaceAll("-", "x").replaceAll("_", "x");
  const secret = newSecret();
  return { id, token: `${API_PREFIX}${id}.${secret}`, hash: hashOf(secret) };
}

/** Throws "invalid_argument" for what cannot be the name of a user. */
export function checkUserName(name: string): string {
  if (USER_NAME.test(name)) return name;
  throw new ConfedError("invalid_argument", `"${neutralise(name, 140)}" is not the name of a user`, {
    subject: "user",
    hint: "letters, digits and . _ @ - \\ $, at most 128",
  });
}

const USER_NAME = /^[A-Za-z0-9_][A-Za-z0-9._@\\$-]{0,127}$/;

/** Far above any of ours. */
const BEARER_LENGTH_MAX = 1_024;

function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function partsOf(token: string): [id: string, hash: string] {
  const [id = "", secret = ""] = token.slice(0, BEARER_LENGTH_MAX).split(".");
  return [id, hashOf(secret)];
}

function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function over(): ConfedError {
  return new ConfedError("unauthenticated", "this log-in is over", { hint: "rcons login" });
}
