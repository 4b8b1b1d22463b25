/** The algorithms of one cipher suite; IPMI 2.0, table 22-19. */
export interface CipherSuite {
  readonly id: CipherSuiteId;
  /** Keys and the exchange of RAKP messages: RAKP-HMAC-SHA1 or RAKP-HMAC-SHA256. */
  readonly hash: "sha1" | "sha256" | undefined;
  /** Bytes of an integrity code (HMAC-SHA1-96 or HMAC-SHA256-128); 0 where packets carry none. */
  readonly codeBytes: 0 | 12 | 16;
  /** AES-CBC-128. */
  readonly encrypted: boolean;
}

/** The numbers of the suites that are spoken; all others have algorithms that are broken or unknown to BMCs. */
export const CIPHER_SUITE_IDS = [0, 1, 2, 3, 15, 16, 17] as const;
export type CipherSuiteId = (typeof CIPHER_SUITE_IDS)[number];

/** Every suite by its number. Suite 0 proves nothing to anybody: whoever knows a user's name is in. */
export const CIPHER_SUITES: Readonly<Record<CipherSuiteId, CipherSuite>> = {
  0: { id: 0, hash: undefined, codeBytes: 0, encrypted: false },
  1: { id: 1, hash: "sha1", codeBytes: 0, encrypted: false },
  2: { id: 2, hash: "sha1", codeBytes: 12, encrypted: false },
  3: { id: 3, hash: "sha1", codeBytes: 12, encrypted: true },
  15: { id: 15, hash: "sha256", codeBytes: 0, encrypted: false },
  16: { id: 16, hash: "sha256", codeBytes: 16, encrypted: false },
  17: { id: 17, hash: "sha256", codeBytes: 16, encrypted: true },
};

/** A suite as the three numbers of an Open Session message. */
export interface SuiteAlgorithms {
  readonly authentication: number;
  readonly integrity: number;
  readonly confidentiality: number;
}

/** What an Open Session message says of a suite. */
export function algorithmsOf({ hash, codeBytes, encrypted }: CipherSuite): SuiteAlgorithms {
  return {
    authentication: hash === undefined ? 0 : hash === "sha1" ? 1 : 3,
    integrity: codeBytes === 0 ? 0 : codeBytes === 12 ? 1 : 4,
    confidentiality: encrypted ? 1 : 0,
  };
}

/** The suite of these algorithms, if it is one of ours. */
export function suiteOfAlgorithms(wanted: SuiteAlgorithms): CipherSuite | undefined {
  return Object.values(CIPHER_SUITES).find((suite) => {
    const { authentication, integrity, confidentiality } = algorithmsOf(suite);
    return (
      authentication === wanted.authentication &&
      integrity === wanted.integrity &&
      confidentiality === wanted.confidentiality
    );
  });
}
