import { ConfedError, EXIT, formatHostPort, type HostPort, neutralise } from "@confed/kernel";
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
 * `rcons login`: make sure which cluster the head belongs to, say who we are, and keep what the head gives. Heads that
 * are named further on are known as of the same cluster from then on.
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
  return untilInterrupted(world, async (signal) => {
    const { clock } = world;
    const [first, ...others] = targets.heads;
    if (first === undefined) throw new ConfedError("invalid_argument", "no head is named");
    const options = { clock, timeoutMs: CONNECT_TIMEOUT_MS, signal };
    const [address = ""] = await numericAddresses(first, options);
    const authority = await findAuthority(world, { head: first, address, path, signal, ...flags });
    const certificate =
      flags.user === undefined && flags.token !== true ? certificatePath(world.env) : undefined;
    const secret = certificate === undefined ? await secretOf(world, flags) : undefined;
    const token = flags.token === true ? secret : undefined;
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
                await passwordLogin(channel.client, { user, password: secret ?? "" }, signal),
                clock,
              ),
            }
          : await known(channel.client, { authority, certificate, token }, signal);
      const keep = (head: HostPort, change: HeadCredential) =>
        changeCredential(path, formatHostPort(head), { clock, change: async () => change });
      await keep(first, credential);
      for (const head of others) await keep(head, { authority });
      world.stdout.write(`${said(formatHostPort(first), credential, certificate)}\n`);
      return EXIT.ok;
    } finally {
      channel.close();
    }
  });
}

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

function said(head: string, { login }: HeadCredential, certificate: string | undefined): string {
  if (login === undefined) return `logged in at ${head} by ${certificate ?? "a certificate"}`;
  const who = neutralise(login.subject, 140);
  return "token" in login
    ? `logged in at ${head} as ${who}, by an API token`
    : `logged in at ${head} as ${who}, until ${timeText(login.untilMs)}`;
}
