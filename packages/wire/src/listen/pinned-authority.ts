import { X509Certificate } from "node:crypto";
import { connect, type DetailedPeerCertificate } from "node:tls";
import { ConfedError, type HostPort } from "@confed/kernel";
import { TLS_SERVER_NAME } from "./client-tls.ts";

export interface PinnedOptions {
  /** Whether an authority's key is the one that was pinned, by a way that is trusted. */
  readonly isPinned: (authority: X509Certificate) => boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * The certificate (PEM) of the authority behind a server, by its pin: for the first contact, when
 * nothing else is known. Nothing is sent but a handshake. Rejects with "auth_failed" where the server
 * shows no authority with that key, with "head_unreachable" where nobody answers.
 */
export function pinnedAuthority(
  address: HostPort,
  { isPinned, timeoutMs, signal }: PinnedOptions,
): Promise<string> {
  const where = `${address.host}:${address.port}`;
  return new Promise((resolve, reject) => {
    const fail = (reason: unknown) => {
      socket.destroy();
      reject(ConfedError.from(reason));
    };
    // Whether the chain is good is what the real connection finds out, with the authority found here.
    const socket = connect({
      ...address,
      servername: TLS_SERVER_NAME,
      ALPNProtocols: ["h2"],
      rejectUnauthorized: false,
    });
    socket.setTimeout(timeoutMs, () => {
      fail(
        new ConfedError("deadline_exceeded", `${where} has not answered within ${timeoutMs} ms`, { where }),
      );
    });
    socket.once("error", (cause) => {
      const why = ConfedError.from(cause).rawMessage;
      fail(
        new ConfedError("head_unreachable", `head ${where} cannot be reached: ${why}`, {
          ...{ where, cause },
          hint: "is this the address of a head, and is it running?",
        }),
      );
    });
    socket.once("close", () => {
      fail(new ConfedError("connection_reset", `${where} hung up during the handshake`, { where }));
    });
    const give = () => {
      fail(signal.reason);
    };
    signal.addEventListener("abort", give, { once: true });
    socket.once("close", () => {
      signal.removeEventListener("abort", give);
    });
    if (signal.aborted) give();
    socket.once("secureConnect", () => {
      const found = chainOf(socket.getPeerCertificate(true)).find((one) => one.ca && isPinned(one));
      if (found !== undefined) resolve(found.toString());
      else
        fail(
          new ConfedError("auth_failed", `${where} does not belong to the cluster of this token or pin`, {
            where,
            hint: "is this the address of a head of that cluster? Its authority's key is not the pinned one",
          }),
        );
      socket.destroy();
    });
  });
}

function chainOf(first: DetailedPeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = [];
  // The last one names itself its issuer; of a chain that is cut short, Node leaves that out.
  let one: DetailedPeerCertificate | undefined = first;
  while (one !== undefined && chain.length < CHAIN_MAX) {
    chain.push(new X509Certificate(one.raw));
    const issuer: DetailedPeerCertificate | undefined = one.issuerCertificate;
    one = issuer === one ? undefined : issuer;
  }
  return chain;
}

/** Ours is two long. */
const CHAIN_MAX = 8;
