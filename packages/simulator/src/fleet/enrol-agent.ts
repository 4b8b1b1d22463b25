import { ConfedError, formatHostPort, type HostPort, Scope } from "@confed/kernel";
import { identifierFor, type JoinToken, parseCertificate, parseJoinToken, pinOf } from "@confed/trust";
import { makeKeyPem, makeRequest } from "@confed/trust/certificates";
import {
  type ClientTlsMaterial,
  openChannel,
  pinnedAuthority,
  type TlsMaterial,
  type TlsProvider,
} from "@confed/wire";

/** TLS material of a simulated agent, by its name. */
export type IdentityOf = (agent: string) => Promise<TlsProvider>;

export interface EnrolmentPlace {
  /** In the state directory of a head that has the authorities: whoever may open it is its administrator. */
  readonly socket: string;
  /** Where that head listens; numeric. */
  readonly head: HostPort;
  readonly signal: AbortSignal;
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Make simulated agents machines of a cluster, each as `confed agent enroll` makes a real one: a token, a key of its own, a
 * request. Keys stay in memory: a fleet that starts anew is enrolled anew. Not renewed, so good for a week.
 */
export function enrolmentAt({ socket, head, signal }: EnrolmentPlace): IdentityOf {
  let found: Promise<string> | undefined;
  // Found once: whoever shakes hands again and again, and says nothing, is shut out.
  const authorityOf = ({ pin }: JoinToken) =>
    (found ??= pinnedAuthority(head, {
      isPinned: (certificate) => pinOf(certificate) === pin,
      timeoutMs: CONNECT_TIMEOUT_MS,
      signal,
    }));
  return async (agent) => {
    const scope = new Scope();
    try {
      const administrator = openChannel("Head", `unix:${socket}`);
      scope.own(() => {
        administrator.close();
      });
      await administrator.ready({ timeoutMs: CONNECT_TIMEOUT_MS, signal });
      const createToken = { machine: { kind: "agent", id: agent } };
      const { token: text } = await administrator.client.enrolment({ createToken }, { signal });
      const token = parseJoinToken(text);
      const provider = steady(knowing(await authorityOf(token)));
      const channel = openChannel("Head", formatHostPort(head), { provider });
      scope.own(() => {
        channel.close();
      });
      await channel.ready({ timeoutMs: CONNECT_TIMEOUT_MS, signal });
      const key = makeKeyPem();
      const request = Buffer.from(await makeRequest(key, agent));
      const asked = { tokenId: token.id, secret: token.secret.reveal(), request };
      const { certificate, machines, users } = await channel.client.enroll(asked, { signal });
      if (certificate === "") throw new ConfedError("failed_precondition", `${agent} waits for approval`);
      parseCertificate(certificate, `the certificate of ${agent}`);
      return steady<TlsMaterial>({
        key,
        certificate: certificate + machines,
        authorities: machines + users,
        identify: identifierFor({ machines, users }),
        lockedOut: new Set(),
      });
    } finally {
      await scope.close();
    }
  };
}

/** Nobody yet, who knows one authority. */
function knowing(authority: string): ClientTlsMaterial {
  const identify = identifierFor({ machines: authority, users: authority });
  return { authorities: authority, identify, lockedOut: new Set() };
}

function steady<Material>(material: Material): TlsProvider<Material> {
  return { current: () => material, watch: () => () => undefined };
}
