import type { X509Certificate } from "node:crypto";
import type { MachineIdentity, UserIdentity } from "./peer-identity.ts";

/** What TLS needs on either side. */
export interface TrustMaterial {
  /** PEM: every authority whose certificates may be shown to us. */
  readonly authorities: string;
  /**
   * Whose certificate this is, by the authority that signed it; undefined: nobody's we know. OpenSSL has
   * found it good already: signed by one of the authorities, valid now, meant for this use.
   */
  identify(certificate: X509Certificate): MachineIdentity | UserIdentity | undefined;
  /** Fingerprints of certificates, and serial numbers of machines' ones, that are refused at once, whatever signed them. */
  readonly lockedOut: ReadonlySet<string>;
}

/** Everything that a server needs, as it is now. */
export interface TlsMaterial extends TrustMaterial {
  /** PEM. */
  readonly key: string;
  /** PEM: ours, then its authority's, so that a client which knows only a pin finds that. */
  readonly certificate: string;
  /** The oldest version of TLS that is spoken; 1.3 unless given. For clients of xCAT's time. */
  readonly oldest?: "TLSv1.2" | undefined;
}

/** A client may have no certificate: then it says who it is in some other way. */
export interface ClientTlsMaterial extends TrustMaterial {
  readonly key?: string | undefined;
  readonly certificate?: string | undefined;
}

/**
 * Where TLS material comes from. It may change while connections live: new ones are made with what
 * is current, and those of a certificate that is locked out are ended.
 */
export interface TlsProvider<Material = TlsMaterial> {
  current(): Material;
  /** Told after each change. Returns how to be told no more. */
  watch(onChange: () => void): () => void;
}
