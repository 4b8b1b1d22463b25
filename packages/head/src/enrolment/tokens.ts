import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { BlockList, isIP, isIPv4 } from "node:net";
import { type Clock, ConfedError, neutralise, parseSelection, Secret } from "@confed/kernel";
import { formatJoinToken } from "@confed/trust";
import type { Audit } from "@confed/trust/audit";
import type { Entry, Store } from "../store/store.ts";
import type { MachineName, StoredToken } from "./stored.ts";

/** What an administrator asks for. */
export interface TokenWish {
  readonly machine: MachineName;
  /** 0: as usual. */
  readonly ttlMs: number;
  readonly consoles: string;
  readonly cidrs: readonly string[];
  readonly rejoin: StoredToken["rejoin"];
  readonly by: string;
}

export interface TokensDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly audit: Audit;
  /** Of the authority of machines. */
  readonly pin: string;
}

/** Bounds of tokens, with their reasons. */
const TOKEN_LIMITS = {
  /** As long as it takes to go to another terminal. */
  onceMs: 15 * 60_000,
  /** A diskless host comes back whenever it is started. */
  rejoinMs: 365 * 24 * 3_600_000,
  /** A token that nobody remembers is a door that nobody guards. */
  ttlMsMax: 10 * 366 * 24 * 3_600_000,
  /** One for each host of the largest site. */
  countMax: 10_000,
  cidrsMax: 16,
  consolesLengthMax: 64 * 1024,
  /** Used ones are kept so long after their end, to tell whoever comes with one what it was. */
  keptMs: 24 * 3_600_000,
} as const;

/** The tokens of a head: each names one machine, and whoever has it may enrol as that. */
export class Tokens {
  readonly #deps: TokensDeps;

  constructor(deps: TokensDeps) {
    this.#deps = deps;
  }

  list(): readonly Entry<"tokens">[] {
    return this.#deps.store.list("tokens");
  }

  /** The token as one word, shown this once, and when it ends. Rejects with "invalid_argument" and what is wrong. */
  async create(wish: TokenWish): Promise<{ readonly text: string; readonly expiresMs: number }> {
    const { machine, consoles, cidrs, rejoin, by } = wish;
    checkWish(wish);
    const nowMs = this.#deps.clock.wallTimeMs();
    const old = this.list().filter(({ value }) => value.expiresMs + TOKEN_LIMITS.keptMs < nowMs);
    if (this.list().length - old.length >= TOKEN_LIMITS.countMax) {
      throw new ConfedError("resource_exhausted", `there are ${TOKEN_LIMITS.countMax} tokens (countMax)`, {
        hint: "confed token ls, confed token rm ID",
      });
    }
    const id = randomBytes(6).toString("hex");
    const secret = new Secret(randomBytes(32).toString("base64url"));
    const usual = rejoin === undefined ? TOKEN_LIMITS.onceMs : TOKEN_LIMITS.rejoinMs;
    const expiresMs = nowMs + (wish.ttlMs === 0 ? usual : wish.ttlMs);
    const value: StoredToken = {
      ...{ machine, consoles, cidrs, rejoin, expiresMs },
      ...{ secretHash: hashOf(secret), createdMs: nowMs, createdBy: by },
    };
    await this.#deps.store.commit([
      { kind: "tokens", key: id, value, ifRevision: 0 },
      ...old.map(({ key }) => ({ kind: "tokens" as const, key, value: undefined })),
    ]);
    this.#deps.audit.event({
      event: "token.created",
      subject: by,
      agent: machine.id,
      details: { token: id, expiresMs },
    });
    return { text: formatJoinToken({ id, secret, pin: this.#deps.pin }), expiresMs };
  }

  /** Rejects with "not_found". */
  async remove(id: string, by: string): Promise<void> {
    const entry = this.#deps.store.get("tokens", id);
    if (entry === undefined) {
      const subject = neutralise(id, 40);
      throw new ConfedError("not_found", `there is no token ${subject}`, {
        subject,
        hint: "confed token ls",
      });
    }
    await this.#deps.store.commit([
      { kind: "tokens", key: id, value: undefined, ifRevision: entry.revision },
    ]);
    this.#deps.audit.event({
      event: "token.revoked",
      subject: by,
      agent: entry.value.machine.id,
      details: { token: id },
    });
  }

  /**
   * The token, if this is its secret and it may be used from there. Whoever does not know the secret learns nothing but that; throws
   * "unauthenticated" for all of it, "permission_denied" for the wrong place.
   */
  check({
    id,
    secret,
    address,
  }: {
    readonly id: string;
    readonly secret: string;
    readonly address: string;
  }): Entry<"tokens"> {
    const entry = this.#deps.store.get("tokens", id);
    const given = Buffer.from(hashOf(new Secret(secret)), "hex");
    // The same work whether there is one or not.
    const known = Buffer.from(entry?.value.secretHash ?? "0".repeat(64), "hex");
    const same = timingSafeEqual(given, known);
    if (entry === undefined || !same) {
      throw new ConfedError("unauthenticated", "this token is not known here", {
        subject: "token",
        hint: "it is spent, was removed, or is another head's: confed token create makes a new one",
      });
    }
    const { machine, expiresMs, cidrs } = entry.value;
    if (this.#deps.clock.wallTimeMs() >= expiresMs) {
      this.#deps.audit.event({
        event: "token.expired",
        agent: machine.id,
        peer: address,
        details: { token: id },
      });
      throw new ConfedError("unauthenticated", `the token for ${machine.kind} ${machine.id} has expired`, {
        subject: machine.id,
        hint: `confed token create --${machine.kind} ${machine.id}`,
      });
    }
    if (cidrs.length > 0 && !isWithin(address, cidrs)) {
      throw new ConfedError(
        "permission_denied",
        `the token for ${machine.id} is not for use from ${address}`,
        {
          subject: machine.id,
          where: address,
          hint: "its --cidr says from where: confed token ls",
        },
      );
    }
    return entry;
  }
}

function checkWish({ machine, ttlMs, consoles, cidrs }: TokenWish): void {
  const wrong = (what: string, hint: string) =>
    new ConfedError("invalid_argument", what, { subject: machine.id, hint });
  if (ttlMs < 0 || ttlMs > TOKEN_LIMITS.ttlMsMax || !Number.isSafeInteger(ttlMs))
    throw wrong("a token cannot live so long", "--ttl 15m, at most ten years");
  if (cidrs.length > TOKEN_LIMITS.cidrsMax)
    throw wrong(`more than ${TOKEN_LIMITS.cidrsMax} networks (cidrsMax)`, "name fewer");
  for (const cidr of cidrs) blockListOf([cidr]);
  if (consoles === "") return;
  if (machine.kind === "head") throw wrong("a head has no consoles", "leave --consoles out");
  if (consoles.length > TOKEN_LIMITS.consolesLengthMax)
    throw wrong("the selection is too long (consolesLengthMax)", 'ranges and patterns: "r1n[01-99]", "r1n*"');
  const { include, exclude } = parseSelection(consoles);
  // An agent says itself what labels and groups its consoles have: they cannot hold it to anything.
  if ([include, exclude].some(({ groups, labels }) => groups.size > 0 || labels.length > 0))
    throw wrong(
      "groups and labels do not bind an agent, which says them itself",
      'names, ranges and patterns: "r1n[01-99]", "r1n*"',
    );
}

function isWithin(address: string, cidrs: readonly string[]): boolean {
  const plain = address.startsWith("::ffff:") ? address.slice(7) : address;
  const family = isIPv4(plain) ? "ipv4" : "ipv6";
  return isIP(plain) !== 0 && blockListOf(cidrs).check(plain, family);
}

function blockListOf(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = "", bits = isIPv4(network) ? "32" : "128"] = cidr.split("/");
    const family = isIPv4(network) ? "ipv4" : "ipv6";
    const most = family === "ipv4" ? 32 : 128;
    if (isIP(network) === 0 || !/^[0-9]{1,3}$/.test(bits) || Number(bits) > most) {
      throw new ConfedError("invalid_argument", `"${neutralise(cidr, 60)}" is no network`, {
        subject: "--cidr",
        hint: "10.0.0.0/8, or fd00::/8",
      });
    }
    list.addSubnet(network, Number(bits), family);
  }
  return list;
}

function hashOf(secret: Secret): string {
  return createHash("sha256").update(secret.reveal()).digest("hex");
}
