import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContext } from "node:tls";
import type { ConserverSettings } from "@confed/config";
import { anonymousTls, type ConserverFile, type GatewayTls } from "@confed/conserver";
import { ConfedError } from "@confed/kernel";
import type { TlsProvider } from "@confed/wire";

/** What a gateway's encryption comes from. */
export interface GatewayTlsSources {
  readonly settings: ConserverSettings;
  readonly file: ConserverFile | undefined;
  /** The identity of this machine, where it has one. */
  readonly identity: TlsProvider | undefined;
}

/**
 * How clients are encrypted: with the certificate that settings name, else that of the conserver.cf, else this machine's
 * identity, else without any if that was asked for. Throws "failed_precondition" for a file that is no certificate and key.
 */
export function gatewayTls({ settings, file, identity }: GatewayTlsSources): GatewayTls {
  const { plain, anonymousTls: anonymous, clientAuthorities } = settings;
  const certificate = settings.certificate ?? file?.settings.sslcredentials;
  const authorities =
    clientAuthorities ??
    (file?.settings.sslreqclientcert === true ? file.settings.sslcacertificatefile : undefined);
  const rest = { requestCert: authorities !== undefined, plainFrom: plain };
  const ca = authorities === undefined ? undefined : read(authorities);
  if (certificate !== undefined) {
    const pem = read(certificate);
    return { context: contextOf(pem, pem, ca, certificate), ...rest };
  }
  if (identity !== undefined) {
    const { key, certificate: cert } = identity.current();
    return { context: contextOf(key, cert, ca, "this machine's identity"), ...rest };
  }
  return { context: anonymous ? anonymousTls() : undefined, ...rest, requestCert: false };
}

/** TLS 1.2 as well: clients of conserver are as old as their distributions. */
function contextOf(key: string, cert: string, ca: string | undefined, where: string): SecureContext {
  try {
    return createSecureContext({ key, cert, ...(ca === undefined ? {} : { ca }), minVersion: "TLSv1.2" });
  } catch (cause) {
    const why = ConfedError.from(cause).rawMessage;
    throw new ConfedError("failed_precondition", `no certificate and key for conserver's clients: ${why}`, {
      where,
      hint: "one file of PEM with both, as sslcredentials has it",
      cause,
    });
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const { rawMessage } = ConfedError.from(cause);
    throw new ConfedError("failed_precondition", `cannot be read: ${rawMessage}`, { where: path, cause });
  }
}
