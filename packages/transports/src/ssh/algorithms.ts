import { ConfedError } from "@confed/kernel";
import type { CipherAlgorithm, KexAlgorithm, MacAlgorithm, ServerHostKeyAlgorithm } from "ssh2";
import type { ServerAlgorithms } from "./server-hello.ts";

/** What we offer to a server, best first; the shape that ssh2 takes. */
export interface OfferedAlgorithms {
  readonly kex: KexAlgorithm[];
  readonly serverHostKey: ServerHostKeyAlgorithm[];
  readonly cipher: CipherAlgorithm[];
  readonly hmac: MacAlgorithm[];
  readonly compress: ["none"];
}

/** How the offer is made. */
export interface OfferOptions {
  /** Also what is broken or weak, after everything else. */
  readonly legacy: boolean;
  /** Key types known for the host: asked for first, or a known key would look like a changed one. */
  readonly knownTypes?: readonly string[];
  /** Nothing but this key type: how a scan gets at each key of a server. */
  readonly onlyType?: HostKeyType;
}

/** The key types that a scan asks for, by the names people use. */
export const HOST_KEY_TYPES = ["ed25519", "ecdsa", "rsa"] as const;
export type HostKeyType = (typeof HOST_KEY_TYPES)[number];

/**
 * The lists to offer. Our own, not ssh2's: its defaults contain SHA-1, and compression, which
 * would let a server make us unpack without bound.
 */
export function offeredAlgorithms({ legacy, knownTypes = [], onlyType }: OfferOptions): OfferedAlgorithms {
  const all = legacy ? [...MODERN.hostKey, ...LEGACY.hostKey] : MODERN.hostKey;
  const wanted =
    onlyType === undefined ? all : all.filter((name) => keyTypeOfAlgorithm(name).includes(onlyType));
  const known = knownTypes.flatMap((type) => wanted.filter((name) => keyTypeOfAlgorithm(name) === type));
  return {
    kex: legacy ? [...MODERN.kex, ...LEGACY.kex] : MODERN.kex,
    serverHostKey: [...new Set([...known, ...wanted])],
    cipher: legacy ? [...MODERN.cipher, ...LEGACY.cipher] : MODERN.cipher,
    hmac: legacy ? [...MODERN.mac, ...LEGACY.mac] : MODERN.mac,
    compress: ["none"],
  };
}

/**
 * Why an offer and a server have nothing in common, naming what the server has; undefined if they
 * do. The hint names `legacyAlgorithms` where that would help.
 */
export function noCommonAlgorithm(
  where: string,
  offer: OfferedAlgorithms,
  server: ServerAlgorithms,
): ConfedError | undefined {
  const mismatch = findMismatch(offer, server);
  if (mismatch === undefined) return undefined;
  const helps = findMismatch(offeredAlgorithms({ legacy: true }), server) === undefined;
  return new ConfedError(
    "protocol_error",
    `${where} offers only ${mismatch.theirs.slice(0, NAMED_MAX).join(", ")} as ${mismatch.what}`,
    {
      where,
      hint: helps
        ? "these are weak: better update the server; to use them all the same set legacyAlgorithms: true for this console"
        : "update the server's software or its configuration",
    },
  );
}

/** True if the server has keys of other types only. */
export function lacksHostKeyType(offer: OfferedAlgorithms, server: ServerAlgorithms): boolean {
  return !offer.serverHostKey.some((name) => server.hostKey.includes(name));
}

/** How many of a server's algorithms an error names. */
const NAMED_MAX = 8;

interface AlgorithmLists {
  readonly kex: KexAlgorithm[];
  readonly hostKey: ServerHostKeyAlgorithm[];
  readonly cipher: CipherAlgorithm[];
  readonly mac: MacAlgorithm[];
}

const MODERN: AlgorithmLists = {
  kex: [
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
  ],
  hostKey: [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
  ],
  cipher: [
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
  ],
  mac: ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512"],
};

// What BMCs and terminal servers of the last twenty years speak.
const LEGACY: AlgorithmLists = {
  kex: ["diffie-hellman-group-exchange-sha1", "diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"],
  hostKey: ["ssh-rsa", "ssh-dss"],
  cipher: ["aes256-cbc", "aes192-cbc", "aes128-cbc", "3des-cbc"],
  mac: ["hmac-sha1-etm@openssh.com", "hmac-sha1", "hmac-sha1-96", "hmac-md5"],
};

// These ciphers authenticate themselves: no MAC is negotiated with them.
const AEAD = new Set(["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com"]);

function keyTypeOfAlgorithm(name: ServerHostKeyAlgorithm): string {
  return name.startsWith("rsa-sha2-") ? "ssh-rsa" : name; // RFC 8332: another signature, the same key.
}

function findMismatch(
  offer: OfferedAlgorithms,
  server: ServerAlgorithms,
): { what: string; theirs: readonly string[] } | undefined {
  const common = (ours: readonly string[], theirs: readonly string[]) =>
    ours.find((name) => theirs.includes(name));
  if (common(offer.kex, server.kex) === undefined) return { what: "key exchange", theirs: server.kex };
  if (common(offer.serverHostKey, server.hostKey) === undefined)
    return { what: "host key", theirs: server.hostKey };
  for (const [ciphers, macs] of [
    [server.cipherToServer, server.macToServer],
    [server.cipherToClient, server.macToClient],
  ] as const) {
    const cipher = common(offer.cipher, ciphers);
    if (cipher === undefined) return { what: "cipher", theirs: ciphers };
    if (!AEAD.has(cipher) && common(offer.hmac, macs) === undefined) return { what: "MAC", theirs: macs };
  }
  return undefined;
}
