import { identifierFor } from "@confed/trust";
import type { ChannelTls, ClientTlsMaterial } from "@confed/wire";
import type { ClientCertificate } from "./certificate-file.ts";

/** TLS to machines of the clusters with these authorities (PEM, one each), showing this certificate if there is one. */
export function clientTls(
  authorities: readonly string[],
  certificate?: ClientCertificate,
  bearer?: () => string | undefined,
): ChannelTls {
  // Only machines are dialled: who signed users is no matter.
  const identifiers = authorities.map((pem) => identifierFor({ machines: pem, users: pem }));
  const material: ClientTlsMaterial = {
    ...certificate,
    authorities: authorities.join(""),
    identify(shown) {
      for (const identify of identifiers) {
        const found = identify(shown);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    lockedOut: new Set(),
  };
  return { provider: { current: () => material, watch: () => () => undefined }, bearer };
}
