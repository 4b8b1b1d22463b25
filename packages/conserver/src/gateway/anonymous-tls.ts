import { createSecureContext, type SecureContext } from "node:tls";

/**
 * Encryption without certificates, as conserver offers it where none is configured: against listening only. Whoever
 * is between client and server can be either, so people must ask for it by an option; TLS 1.3 has nothing like it.
 */
export function anonymousTls(): SecureContext {
  return createSecureContext({
    ciphers: "aNULL:@SECLEVEL=0",
    minVersion: "TLSv1.2",
    maxVersion: "TLSv1.2",
  });
}
