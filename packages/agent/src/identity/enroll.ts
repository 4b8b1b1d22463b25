import type { X509Certificate } from "node:crypto";
import { type Clock, ConfedError, formatHostPort, type HostPort } from "@confed/kernel";
import { identifierFor, parseJoinToken, pinOf } from "@confed/trust";
import { type ClientTlsMaterial, openChannel, pinnedAuthority } from "@confed/wire";
import { adopt, forgetNextKey, nextKey, readIdentity } from "./identity-files.ts";

/** What is needed to become a machine of a cluster. */
export interface EnrollOptions {
  /** Of the identity, made if need be. */
  readonly directory: string;
  readonly id: string;
  /** Numeric. */
  readonly head: HostPort;
  readonly token: string;
  /** PKCS#8, PEM: a key that the cluster knows already; without it, one is made here. */
  readonly key?: string | undefined;
}

export interface EnrollDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** An administrator has to approve this fingerprint. Called once for each that is asked for. */
  readonly onPending: (fingerprint: string) => void;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** Between two questions whether it was approved. */
const ASK_AGAIN_MS = 2_000;

/**
 * Become a machine of a cluster: find its authority by the pin in the token, and only then send the secret and a request; the key stays
 * here. Waits for approval if it must. A try that was cut short is repeated with the same key, for its token may be spent
 * by now. Resolves when the identity is in place.
 */
export async function enroll(options: EnrollOptions, deps: EnrollDeps): Promise<void> {
  const { directory, id, head, key } = options;
  const { clock, signal } = deps;
  const token = parseJoinToken(options.token);
  const { makeKeyPem, makeRequest } = await import("@confed/trust/certificates");
  if (key !== undefined) forgetNextKey(directory);
  const request = Buffer.from(
    await makeRequest(
      nextKey(directory, () => key ?? makeKeyPem()),
      id,
    ),
  );
  const authority = await pinnedAuthority(head, {
    isPinned: (certificate: X509Certificate) => pinOf(certificate) === token.pin,
    timeoutMs: CONNECT_TIMEOUT_MS,
    signal,
  });
  const channel = openChannel("Head", formatHostPort(head), { provider: knowing(authority) });
  try {
    await channel.ready({ timeoutMs: CONNECT_TIMEOUT_MS, signal });
    let told = false;
    for (;;) {
      const given = await channel.client.enroll(
        { tokenId: token.id, secret: token.secret.reveal(), request },
        { signal },
      );
      if (given.certificate !== "") {
        adopt(directory, given);
        break;
      }
      if (!told) deps.onPending(given.pendingFingerprint);
      told = true;
      await pause(clock, signal);
    }
  } finally {
    channel.close();
  }
  if (readIdentity(directory)?.id !== id)
    throw new ConfedError("protocol_error", `the head gave a certificate that is not that of ${id}`, {
      subject: id,
    });
}

/** Nobody yet, who knows one authority. */
function knowing(authority: string) {
  const identify = identifierFor({ machines: authority, users: authority });
  const material: ClientTlsMaterial = { authorities: authority, identify, lockedOut: new Set() };
  return { current: () => material, watch: () => () => undefined };
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ASK_AGAIN_MS, () => {
      signal.removeEventListener("abort", give);
      resolve();
    });
    const give = () => {
      cancel();
      reject(ConfedError.from(signal.reason, "canceled"));
    };
    signal.addEventListener("abort", give, { once: true });
    if (signal.aborted) give();
  });
}
