import { PRIVILEGE } from "@confed/codecs";
import { formatHostPort, systemCiphers } from "@confed/kernel";
import type { TransportFactory } from "../deps.ts";
import { withConnectDeadline } from "../net/connect-deadline.ts";
import { BmcMemory } from "./bmc-memory.ts";
import { checkCredential, readCredentials } from "./credentials.ts";
import { IPMI_CREDENTIAL_LIMITS, IPMI_PORT, type IpmiOptions } from "./ipmi-options.ts";
import { ipmiSharedOf } from "./ipmi-shared.ts";
import { openIpmiLink } from "./open-ipmi-link.ts";

/** Tried in this order; BMCs that have only one of them refuse the other in many ways. */
const SUITES = [17, 3] as const;
/** The highest that is granted, as SOL wants administrators on some BMCs. */
const PRIVILEGES = [PRIVILEGE.administrator, PRIVILEGE.operator, PRIVILEGE.user] as const;

/**
 * Serial over LAN of IPMI 2.0 (RMCP+), spoken in this process: no child, one UDP socket for many BMCs.
 * One transport owns one BMC; what it learns of it, it keeps: the suite that works, credentials that
 * were refused (they are not tried again), and how often it took SOL from somebody.
 *
 * Throws "invalid_argument" for a user name that IPMI cannot carry.
 */
export function ipmi(options: IpmiOptions): TransportFactory {
  const { host, port = IPMI_PORT, user, privilege, suite, connectTimeoutMs } = options;
  const where = formatHostPort({ host, port });
  checkCredential("user", Buffer.from(user), IPMI_CREDENTIAL_LIMITS.userBytesMax, where);
  const privileges = privilege === undefined ? PRIVILEGES : [PRIVILEGE[privilege]];
  return (deps) => {
    const shared = ipmiSharedOf(deps);
    const memory = new BmcMemory(systemCiphers);
    return {
      kind: "ipmi",
      open: ({ signal, sink, force = false, asked = force }) =>
        withConnectDeadline(
          { clock: deps.clock, where, signal, timeoutMs: connectTimeoutMs },
          async (inner) => {
            const credentials = await readCredentials(options, where);
            const fingerprint = memory.fingerprintOf(credentials.digestible);
            const refusal = asked || force ? undefined : memory.refusalOf(fingerprint);
            if (refusal !== undefined) throw refusal;
            const addresses = await deps.resolver.resolve(host, inner);
            // What worked is tried first; where it does not any more, the BMC was changed.
            const suites =
              suite === undefined ? [...new Set([memory.suite ?? SUITES[0], ...SUITES])] : [suite];
            return shared.logins.through({
              signal: inner,
              first: asked || force,
              dial: () =>
                openIpmiLink(
                  { shared, memory, logger: deps.logger },
                  {
                    where,
                    port,
                    user,
                    addresses,
                    credentials,
                    fingerprint,
                    suites,
                    privileges,
                    quirks: options.quirks ?? [],
                  },
                  { signal: inner, sink, force },
                ),
            });
          },
        ),
    };
  };
}
