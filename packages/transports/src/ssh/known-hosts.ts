import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** Where a server is reached, as known_hosts names it. */
export interface HostAddress {
  readonly host: string;
  readonly port: number;
}

/** One usable line of a known_hosts file. */
export interface KnownHostEntry {
  /** 1 for the first line of the file. */
  readonly line: number;
  /** "ssh-ed25519", "ssh-rsa", ... */
  readonly type: string;
  /** The public key in SSH wire format. */
  readonly key: Uint8Array;
  readonly marker: "revoked" | "cert-authority" | undefined;
}

/** A known_hosts file, indexed. Immutable. */
export interface KnownHosts {
  /** The entries whose host patterns match, in the order of the file. */
  entriesFor(address: HostAddress): readonly KnownHostEntry[];
  /** Lines that say nothing to us, and why. They are never a reason to refuse the rest. */
  readonly faults: readonly { readonly line: number; readonly text: string }[];
}

/** What a file says about a key that a server has shown. */
export type HostKeyVerdict =
  | { readonly is: "known" }
  /** No key is known for the host. `authorityLine`: only a CA entry matches, which we cannot check. */
  | { readonly is: "unknown"; readonly authorityLine: number | undefined }
  /** Other keys are known for the host, of this type or of another. */
  | { readonly is: "changed"; readonly known: readonly KnownHostEntry[] }
  | { readonly is: "revoked"; readonly line: number };

/**
 * Read the known_hosts format of sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT": plain, hashed and pattern
 * entries, `[host]:port`, negation, @revoked and @cert-authority. Never throws: what cannot be read
 * is in `faults`. A look-up of a plain name does not depend on the size of the file; a hashed file
 * costs one HMAC per line.
 */
export function parseKnownHosts(text: string): KnownHosts {
  const byName = new Map<string, KnownHostEntry[]>();
  const hashed: { readonly salt: Buffer; readonly hash: Buffer; readonly entry: KnownHostEntry }[] = [];
  const patterned: { readonly patterns: readonly string[]; readonly entry: KnownHostEntry }[] = [];
  const faults: { line: number; text: string }[] = [];

  text.split("\n").forEach((content, index) => {
    const parsed = parseLine(content.trim(), index + 1);
    if (parsed === undefined) return;
    if (typeof parsed === "string") {
      faults.push({ line: index + 1, text: parsed });
      return;
    }
    const { hosts, entry } = parsed;
    if (hosts.startsWith("|")) {
      const parts = parseHashedName(hosts);
      if (parts === undefined) faults.push({ line: index + 1, text: "the hashed host name cannot be read" });
      else hashed.push({ ...parts, entry });
      return;
    }
    const patterns = hosts.toLowerCase().split(",");
    if (patterns.some((pattern) => /[*?!]/.test(pattern))) {
      patterned.push({ patterns, entry });
      return;
    }
    for (const name of patterns) {
      const entries = byName.get(name);
      if (entries === undefined) byName.set(name, [entry]);
      else entries.push(entry);
    }
  });

  return {
    faults,
    entriesFor: (address) => {
      const name = hostName(address);
      const entries = new Set(byName.get(name));
      for (const { salt, hash, entry } of hashed) {
        if (timingSafeEqual(createHmac("sha1", salt).update(name).digest(), hash)) entries.add(entry);
      }
      for (const { patterns, entry } of patterned) {
        if (matchesPatterns(patterns, name)) entries.add(entry);
      }
      return [...entries].sort((a, b) => a.line - b.line);
    },
  };
}

/**
 * Judge a key. A host of which other keys are known is "changed" also when the type differs: the
 * types we know are offered first, so an honest server would have shown the known key. As OpenSSH
 * does, an entry without a port vouches for its key on every port.
 */
export function judgeHostKey(hosts: KnownHosts, address: HostAddress, key: Uint8Array): HostKeyVerdict {
  const entries = hosts.entriesFor(address);
  const portless = address.port === DEFAULT_PORT ? [] : hosts.entriesFor({ ...address, port: DEFAULT_PORT });
  const same = [...entries, ...portless].filter((entry) => Buffer.compare(entry.key, key) === 0);
  const revoked = same.find((entry) => entry.marker === "revoked");
  if (revoked !== undefined) return { is: "revoked", line: revoked.line };
  if (same.some((entry) => entry.marker === undefined)) return { is: "known" };
  const known = entries.filter((entry) => entry.marker === undefined);
  if (known.length > 0) return { is: "changed", known };
  return { is: "unknown", authorityLine: entries.find((entry) => entry.marker === "cert-authority")?.line };
}

/** The key types known for a host, so that the server is asked for these first. */
export function knownKeyTypes(hosts: KnownHosts, address: HostAddress): readonly string[] {
  const own = hosts.entriesFor(address).filter((entry) => entry.marker === undefined);
  const entries = own.length > 0 ? own : hosts.entriesFor({ ...address, port: DEFAULT_PORT });
  return [...new Set(entries.filter((entry) => entry.marker === undefined).map((entry) => entry.type))];
}

/** A line that makes `key` known for `address`, without a newline. */
export function knownHostsLine(address: HostAddress, key: Uint8Array): string {
  return `${hostName(address)} ${keyType(key) ?? "unknown"} ${Buffer.from(key).toString("base64")}`;
}

/** The fingerprint as `ssh-keygen -l` prints it: "SHA256:" and base64 without padding. */
export function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The type that a public key in wire format names itself (RFC 4253 section 6.6). */
export function keyType(key: Uint8Array): string | undefined {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  if (bytes.length < 4) return undefined;
  const length = bytes.readUInt32BE(0);
  if (length === 0 || length > KEY_TYPE_BYTES_MAX || bytes.length < 4 + length) return undefined;
  const name = bytes.toString("latin1", 4, 4 + length);
  return /^[\x21-\x7e]+$/.test(name) ? name : undefined;
}

const DEFAULT_PORT = 22;

/** RFC 4250 section 4.6.1: algorithm names have at most 64 characters. */
const KEY_TYPE_BYTES_MAX = 64;

const SHA1_BYTES = 20;

function hostName({ host, port }: HostAddress): string {
  const name = host.toLowerCase();
  return port === DEFAULT_PORT ? name : `[${name}]:${port}`;
}

function parseLine(
  line: string,
  number: number,
): { hosts: string; entry: KnownHostEntry } | string | undefined {
  if (line === "" || line.startsWith("#")) return undefined;
  const fields = line.split(/[ \t]+/);
  const marker = fields[0]?.startsWith("@") === true ? fields.shift()?.slice(1) : undefined;
  if (marker !== undefined && marker !== "revoked" && marker !== "cert-authority")
    return `@${marker} is not a marker`;
  const [hosts, type, base64] = fields;
  if (hosts === undefined || type === undefined || base64 === undefined) {
    return "a line has host names, a key type and a key";
  }
  const key = Buffer.from(base64, "base64");
  if (keyType(key) !== type) return `the key is not a ${type} key in base64`;
  return { hosts, entry: { line: number, type, key, marker } };
}

// "|1|salt|hash": HMAC-SHA1 of the name under the salt, as ssh-keygen -H writes.
function parseHashedName(field: string): { salt: Buffer; hash: Buffer } | undefined {
  const [, magic, salt, hash, ...rest] = field.split("|");
  if (magic !== "1" || salt === undefined || hash === undefined || rest.length > 0) return undefined;
  const parts = { salt: Buffer.from(salt, "base64"), hash: Buffer.from(hash, "base64") };
  return parts.hash.length === SHA1_BYTES && parts.salt.length > 0 ? parts : undefined;
}

function matchesPatterns(patterns: readonly string[], name: string): boolean {
  const refused = patterns.some((pattern) => pattern.startsWith("!") && matchesGlob(pattern.slice(1), name));
  return !refused && patterns.some((pattern) => !pattern.startsWith("!") && matchesGlob(pattern, name));
}

// By hand, not as a regular expression: "*a*a*a*a*b" must not take exponential time.
function matchesGlob(glob: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let starAt = 0;
  let index = 0;
  while (index < name.length) {
    if (glob[at] === "*") {
      star = at++;
      starAt = index;
    } else if (at < glob.length && (glob[at] === "?" || glob[at] === name[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      index = ++starAt;
    } else {
      return false;
    }
  }
  while (glob[at] === "*") at += 1;
  return at === glob.length;
}
