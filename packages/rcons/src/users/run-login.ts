import { ConfedError, type ErrorCode, EXIT, formatHostPort, type HostPort, neutralise } from "@confed/kernel";
import type { Client } from "@confed/wire";
import { certificatePath, readCertificate } from "../identity/certificate-file.ts";
import { loginOf } from "../identity/client-identity.ts";
import { clientTls } from "../identity/client-tls.ts";
import { changeCredential, credentialPath, type HeadCredential } from "../identity/credential-file.ts";
import { timeText } from "../render/time-text.ts";
import { numericAddresses } from "../route/numeric-addresses.ts";
import type { Targets } from "../route/targets.ts";
import { untilInterrupted } from "../route/with-peer.ts";
import type { World } from "../world.ts";
import { findAuthority } from "./find-authority.ts";
import { readSecret } from "./read-secret.ts";

/** What commander makes of the command line of `rcons login`. */
export interface LoginFlags {
  /** Without it: by the certificate that this person has, else as whoever runs this. */
  readonly user?: string | undefined;
  readonly pin?: string | undefined;
  readonly ca?: string | undefined;
  readonly token?: true;
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * `rcons login`: make sure which cluster the head belongs to, say who we are, and keep what the head gives: the first that
 * takes it. The others that are named are known as of the same cluster from then on, and the log-in is good there.
 */
export function runLogin(world: World, targets: Targets, flags: LoginFlags): Promise<number> {
  const path = credentialPath(world.env);
  if (targets.kind !== "heads" || targets.heads.some(({ host }) => host.startsWith("unix:")))
    throw new ConfedError("invalid_argument", "one logs in at a head", { hint: "rcons --head HOST login" });
  if (path === undefined) {
    throw new ConfedError("failed_precondition", "there is no place for credentials", {
      hint: "set HOME, or CONFED_CREDENTIALS to a file",
    });
  }
  let secret: Promise<string> | undefined;
  const logIn = async (first: HostPort, signal: AbortSignal): Promise<void> => {
    const { clock } = world;
    const options = { clock, timeoutMs: CONNECT_TIMEOUT_MS, signal };
    const [address = ""] = await numericAddresses(first, options);
    const authority = await findAuthority(world, { head: first, address, path, signal, ...flags });
    const certificate =
      flags.user === undefined && flags.token !== true ? certificatePath(world.env) : undefined;
    // Asked for once, however many heads are tried.
    if (certificate === undefined) secret ??= secretOf(world, flags);
    const said = await secret;
    const token = flags.token === true ? said : undefined;
    const tls = clientTls(
      [authority],
      certificate === undefined ? undefined : readCertificate(certificate),
      () => token,
    );
    const { openChannel } = await import("@confed/wire");
    const channel = openChannel("Head", address, tls);
    try {
      await channel.ready({ timeoutMs: CONNECT_TIMEOUT_MS, signal });
      const user = flags.user ?? world.subject().replace(/@[^@]*$/, "");
      const credential: HeadCredential =
        certificate === undefined && token === undefined
          ? {
              authority,
              login: loginOf(
                await passwordLogin(channel.client, { user, password: said ?? "" }, signal),
                clock,
              ),
            }
          : await known(channel.client, { authority, certificate, token }, signal);
      const keep = (head: HostPort, change: HeadCredential) =>
        changeCredential(path, formatHostPort(head), { clock, change: async () => change });
      await keep(first, credential);
      const { login } = credential;
      // One log-in is good at all of them, and renewed where it was begun.
      const elsewhere =
        login === undefined || "token" in login ? credential : { authority, loginAt: formatHostPort(first) };
      for (const head of targets.heads) if (head !== first) await keep(head, elsewhere);
      world.stdout.write(`${saidOf(formatHostPort(first), credential, certificate)}\n`);
    } finally {
      channel.close();
    }
  };
  return untilInterrupted(world, async (signal) => {
    let failure: ConfedError | undefined;
    for (const head of targets.heads) {
      try {
        await logIn(head, signal);
        return EXIT.ok;
      } catch (reason) {
        const error = ConfedError.from(reason);
        if (signal.aborted || !ELSEWHERE.has(error.code)) throw error;
        failure ??= error;
      }
    }
    throw failure ?? new ConfedError("invalid_argument", "no head is named");
  });
}

/** Another head may take it: this one cannot be reached, or keeps no log-ins. */
const ELSEWHERE: ReadonlySet<ErrorCode> = new Set([
  "head_unreachable",
  "deadline_exceeded",
  "name_unresolved",
  "connection_refused",
  "host_unreachable",
  "connection_reset",
  "unavailable",
  "read_only_head",
]);

async function secretOf(world: World, { user, token }: LoginFlags): Promise<string> {
  if (token === true) return readSecret(world, "API token: ");
  return readSecret(world, `Password of ${neutralise(user ?? world.subject())}: `);
}

function passwordLogin(
  client: Client<"Head">,
  password: { readonly user: string; readonly password: string },
  signal: AbortSignal,
) {
  return client.login({ password }, { signal });
}

/** Whom the head takes us for already. */
async function known(
  client: Client<"Head">,
  {
    authority,
    certificate,
    token,
  }: {
    readonly authority: string;
    readonly certificate: string | undefined;
    readonly token: string | undefined;
  },
  signal: AbortSignal,
): Promise<HeadCredential> {
  const { subject } = await client.whoAmI({}, { signal });
  return token === undefined ? { authority, certificate } : { authority, login: { subject, token } };
}

function saidOf(head: string, { login }: HeadCredential, certificate: string | undefined): string {
  if (login === undefined) return `logged in at ${head} by ${certificate ?? "a certificate"}`;
  const who = neutralise(login.subject, 140);
  return "token" in login
    ? `logged in at ${head} as ${who}, by an API token`
    : `logged in at ${head} as ${who}, until ${timeText(login.untilMs)}`;
}
