import { existsSync, readFileSync } from "node:fs";
import { type Clock, ConfedError, formatHostPort, type HostPort } from "@confed/kernel";
import type { ChannelTls, Client } from "@confed/wire";
import { certificatePath, readCertificate } from "./certificate-file.ts";
import { clientTls } from "./client-tls.ts";
import {
  type Credentials,
  changeCredential,
  credentialPath,
  type Env,
  type HeadCredential,
  type Login,
  readCredentials,
} from "./credential-file.ts";

/** How to come to a peer as somebody. */
export interface Introduction {
  readonly tls: ChannelTls;
  /** The peer may also be one of this host that does without TLS. */
  readonly mayBePlain: boolean;
  /**
   * Called once the head is there and before anything else is asked: sees that the log-in holds, and renews it. Rejects with
   * "unauthenticated" when it is over.
   */
  readonly present?: ((head: Client<"Head">, signal: AbortSignal) => Promise<void>) | undefined;
}

/** Ask for a new one while the old one surely holds. */
const RENEW_BEFORE_MS = 60_000;

/**
 * Who this person is to heads and agents, by the environment: CONFED_TOKEN, else the log-in of `rcons login`, else a
 * certificate. Files are read when somebody is dialled.
 */
export class ClientIdentity {
  readonly #env: Env;
  readonly #clock: Clock;

  constructor(env: Env, clock: Clock) {
    this.#env = env;
    this.#clock = clock;
  }

  /** Undefined: nothing is known of it, and it is spoken to without TLS. */
  toHead(to: HostPort): Introduction | undefined {
    if (to.host.startsWith("unix:")) return undefined;
    const path = credentialPath(this.#env);
    const head = formatHostPort(to);
    const all: Credentials = path === undefined ? {} : readCredentials(path);
    const known = all[head];
    const authority = this.#authority() ?? known?.authority;
    if (authority === undefined) return undefined;
    const { CONFED_TOKEN: token } = this.#env;
    if (token !== undefined && token !== "")
      return { tls: clientTls([authority], undefined, () => token), mayBePlain: false };
    const loginAt = known?.loginAt ?? head;
    const login = all[loginAt]?.login;
    if (path === undefined || login === undefined) {
      const file = known?.certificate ?? certificatePath(this.#env);
      const certificate = file === undefined ? undefined : readCertificate(file);
      return { tls: clientTls([authority], certificate), mayBePlain: false };
    }
    if ("token" in login)
      return { tls: clientTls([authority], undefined, () => login.token), mayBePlain: false };
    let current: Login = login;
    const tls = clientTls([authority], undefined, () => current.access);
    return {
      tls,
      mayBePlain: false,
      present: async (client, signal) => {
        if (current.accessUntilMs - this.#clock.wallTimeMs() > RENEW_BEFORE_MS) {
          try {
            await client.whoAmI({}, { signal });
            return;
          } catch (reason) {
            // A head that has started anew signs with another key.
            if (ConfedError.from(reason).code !== "unauthenticated") throw reason;
          }
        }
        current = await this.#renew(path, loginAt, { client, signal, stale: current });
      },
    };
  }

  /** An agent of any cluster that this person knows; undefined where there is none. */
  toAgent(to: HostPort): Introduction | undefined {
    if (to.host.startsWith("unix:")) return undefined;
    const path = credentialPath(this.#env);
    const known: Credentials = path === undefined ? {} : readCredentials(path);
    const own = this.#authority();
    const authorities = [
      ...new Set([
        ...(own === undefined ? [] : [own]),
        ...Object.values(known).map(({ authority }) => authority),
      ]),
    ];
    if (authorities.length === 0) return undefined;
    // Of another cluster's head that is gone, as a demonstration's: that must not keep anybody from this agent.
    const files = Object.values(known).flatMap(({ certificate: file }) => file ?? []);
    const file = files.find((one) => existsSync(one)) ?? certificatePath(this.#env);
    const certificate = file === undefined ? undefined : readCertificate(file);
    return { tls: clientTls(authorities, certificate), mayBePlain: true };
  }

  #authority(): string | undefined {
    const { CONFED_CA: path } = this.#env;
    if (path === undefined || path === "") return undefined;
    try {
      return readFileSync(path, "utf8");
    } catch (reason) {
      const { code, rawMessage } = ConfedError.from(reason);
      throw new ConfedError(code, `the authority cannot be read: ${rawMessage}`, {
        subject: "CONFED_CA",
        where: path,
        cause: reason,
      });
    }
  }

  /** One process of this person renews; the others find what it was given. */
  async #renew(
    path: string,
    head: string,
    {
      client,
      signal,
      stale,
    }: { readonly client: Client<"Head">; readonly signal: AbortSignal; readonly stale: Login },
  ): Promise<Login> {
    const over = new ConfedError("unauthenticated", `your log-in at ${head} is over`, {
      subject: stale.subject,
      hint: `rcons --head ${head} login`,
    });
    const next = await changeCredential(path, head, {
      clock: this.#clock,
      change: async (known): Promise<HeadCredential | undefined> => {
        const login = known?.login;
        if (known === undefined || login === undefined || "token" in login) throw over;
        if (login.access !== stale.access) return known;
        try {
          return {
            ...known,
            login: loginOf(await client.login({ refreshToken: login.refresh }, { signal }), this.#clock),
          };
        } catch (reason) {
          throw ConfedError.from(reason).code === "unauthenticated" ? over : reason;
        }
      },
    });
    if (next?.login === undefined || "token" in next.login) throw over;
    return next.login;
  }
}

/** What a head gave for a password or a refresh token, as it is kept. */
export function loginOf(
  { subject, accessToken, accessMs, refreshToken, untilMs }: Awaited<ReturnType<Client<"Head">["login"]>>,
  clock: Pick<Clock, "wallTimeMs">,
): Login {
  const accessUntilMs = clock.wallTimeMs() + accessMs;
  return { subject, access: accessToken, accessUntilMs, refresh: refreshToken, untilMs };
}
