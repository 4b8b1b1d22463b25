import { X509Certificate } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import { type ChannelCredentials, credentials, experimental } from "@grpc/grpc-js";
import { boundedConnections } from "./bounded-connections.ts";
import { isLockedOut } from "./identify.ts";
import type { MachineIdentity } from "./peer-identity.ts";
import type { ClientTlsMaterial, TlsProvider } from "./tls-material.ts";

export interface ChannelTls {
  readonly provider: TlsProvider<ClientTlsMaterial>;
  /** The name of the head or agent that must answer; without it any of its kind. */
  readonly id?: string | undefined;
  /** Goes with every call, as it is then: the token of whoever is logged in. */
  readonly bearer?: (() => string | undefined) | undefined;
}

/** The credentials of one channel. */
export interface TlsCredentials {
  readonly credentials: ChannelCredentials;
  /** The machine that the last connection led to. */
  readonly peer: MachineIdentity | undefined;
  /** Why the last server was not taken for the one that it should be, or is not any more, for people. */
  readonly mistaken: string | undefined;
  close(): void;
}

/** Goes with a connection without a name of its own: a certificate's names are checked by us, not by DNS. */
export const TLS_SERVER_NAME = "confed";

/**
 * Credentials that accept one kind of machine of the cluster: signed by its authority for machines,
 * and of that name where one is asked for. Whether an address or a DNS name leads there is no matter.
 */
export function tlsCredentials(
  kind: "head" | "agent",
  { provider, id }: ChannelTls,
  /** Called when the certificate of who is there is locked out: calls that run must end. */
  onLockedOut: () => void,
): TlsCredentials {
  const listeners = new Set<() => void>();
  let found: MachineIdentity | undefined;
  let mistaken: string | undefined;
  const unwatch = provider.watch(() => {
    for (const listener of listeners) listener();
    if (found === undefined || !isLockedOut(found, provider.current())) return;
    mistaken = lockedOutText(found);
    found = undefined;
    onLockedOut();
  });
  // grpc-js asks for the two halves one by one; each listener is called now and after each change.
  const told = new Map<unknown, () => void>();
  const add = <U>(listener: (update: U) => void, read: () => U) => {
    const tell = () => {
      listener(read());
    };
    told.set(listener, tell);
    listeners.add(tell);
    tell();
  };
  const remove = (listener: unknown) => {
    const tell = told.get(listener);
    told.delete(listener);
    if (tell !== undefined) listeners.delete(tell);
  };
  const source = {
    addCaCertificateListener: (listener: (update: { caCertificate: Buffer } | null) => void) => {
      add(listener, () => ({
        caCertificate: Buffer.from(provider.current().authorities),
      }));
    },
    addIdentityCertificateListener: (
      listener: (update: { certificate: Buffer; privateKey: Buffer } | null) => void,
    ) => {
      add(listener, () => {
        const { key = "", certificate = "" } = provider.current();
        return { certificate: Buffer.from(certificate), privateKey: Buffer.from(key) };
      });
    },
    removeCaCertificateListener: remove,
    removeIdentityCertificateListener: remove,
  };
  const check = (_host: string, { raw }: PeerCertificate): Error | undefined => {
    const material = provider.current();
    const peer = material.identify(new X509Certificate(raw));
    mistaken = undefined;
    found = undefined;
    if (peer === undefined || peer.class !== "machine") mistaken = `it is no ${kind} of this cluster`;
    else if (isLockedOut(peer, material)) mistaken = lockedOutText(peer);
    else if (peer.kind !== kind || (id !== undefined && peer.id !== id))
      mistaken = `${kind} ${id ?? ""}`.trimEnd() + ` is expected there, but it is ${peer.kind} ${peer.id}`;
    else found = peer;
    return mistaken === undefined ? undefined : new Error(mistaken);
  };
  const identity = provider.current().key === undefined ? null : source;
  const connections = boundedConnections(
    experimental.createCertificateProviderChannelCredentials(source, identity, {
      checkServerIdentity: check,
    }),
  );
  return {
    credentials: connections.credentials,
    get peer() {
      return found;
    },
    get mistaken() {
      return mistaken;
    },
    close() {
      unwatch();
      connections.close();
    },
  };
}

function lockedOutText({ kind, id }: MachineIdentity): string {
  return `the certificate of ${kind} ${id} is locked out`;
}

/** Without TLS. */
export function plainCredentials(): TlsCredentials {
  return { ...boundedConnections(credentials.createInsecure()), peer: undefined, mistaken: undefined };
}
