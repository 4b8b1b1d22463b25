import { ConfedError } from "@confed/kernel";
import {
  fingerprint,
  type HostAddress,
  judgeHostKey,
  type KnownHosts,
  keyType,
  knownHostsLine,
  knownKeyTypes,
} from "./known-hosts.ts";
import { appendKnownHosts, loadKnownHosts } from "./known-hosts-file.ts";

/** Where the keys of servers are kept, and what becomes of a server that is not in there. */
export interface KnownHostsOptions {
  readonly path: string;
  /** "strict" (default): refused. "trustOnFirstUse": its key is taken down and holds from then on. */
  readonly mode?: "strict" | "trustOnFirstUse" | undefined;
}

/** The judge of one connection's host key. */
export interface HostKeyCheck {
  /** Key types to ask for first. */
  readonly knownTypes: readonly string[];
  /** The error to end the connection with, or undefined for a key that is good. */
  verify(key: Uint8Array): ConfedError | undefined;
  /**
   * Take down a key that was trusted on first use. To be called once the server has proven that
   * the key is its own, which is after `verify`.
   */
  remember(): Promise<void>;
}

/** Read the file and be ready to judge keys of `address`. Rejects if the file cannot be read. */
export async function prepareHostKeyCheck(
  address: HostAddress,
  where: string,
  options: KnownHostsOptions,
): Promise<HostKeyCheck> {
  const { path, mode = "strict" } = options;
  const hosts = await loadKnownHosts(path);
  let shown: Uint8Array | undefined;
  let learned = false;
  return {
    knownTypes: knownKeyTypes(hosts, address),
    verify: (key) => {
      if (shown !== undefined) {
        // Keys are exchanged anew every now and then; the server may not become another one.
        return Buffer.compare(shown, key) === 0
          ? undefined
          : changed(where, "it showed another key at the start", [shown], key);
      }
      const verdict = judgeHostKey(hosts, address, key);
      if (verdict.is === "changed") {
        const lines = verdict.known.map(({ line }) => `${path}:${line}`).join(", ");
        return changed(
          where,
          lines,
          verdict.known.map((entry) => entry.key),
          key,
        );
      }
      if (verdict.is === "revoked") return revoked(where, `${path}:${verdict.line}`, key);
      if (verdict.is === "unknown" && mode === "strict")
        return unknown(where, path, key, noteOn(hosts, verdict.authorityLine));
      learned = verdict.is === "unknown";
      shown = Uint8Array.from(key);
      return undefined;
    },
    remember: async () => {
      if (learned && shown !== undefined) await appendKnownHosts(path, [knownHostsLine(address, shown)]);
      learned = false;
    },
  };
}

const describeKey = (key: Uint8Array): string => `${keyType(key) ?? "unreadable"} ${fingerprint(key)}`;

function unknown(where: string, path: string, key: Uint8Array, note: string): ConfedError {
  return new ConfedError(
    "host_key_unknown",
    `${where} shows a host key that ${path} does not have: ${describeKey(key)}${note}`,
    {
      where,
      subject: path,
      hint: "compare the fingerprint, then: confed hostkeys scan <console> --config FILE --accept",
    },
  );
}

function changed(where: string, source: string, known: readonly Uint8Array[], key: Uint8Array): ConfedError {
  const expected = known.map(describeKey).join(" or ");
  return new ConfedError(
    "host_key_changed",
    `${where} shows the host key ${describeKey(key)}; known is ${expected} (${source})`,
    {
      where,
      subject: source,
      hint: "if the machine was replaced or reinstalled remove that line, then: confed hostkeys scan <console> --config FILE --accept; else somebody may be in between",
    },
  );
}

function revoked(where: string, line: string, key: Uint8Array): ConfedError {
  return new ConfedError(
    "host_key_changed",
    `${where} shows a host key that is revoked by ${line}: ${describeKey(key)}`,
    {
      where,
      subject: line,
      hint: "the key was withdrawn: give the server a new one, or remove that line if it was a mistake",
    },
  );
}

// An entry that we cannot use may be just the one that was meant.
function noteOn(hosts: KnownHosts, authorityLine: number | undefined): string {
  if (authorityLine !== undefined)
    return ` (line ${authorityLine} is a @cert-authority entry; certificates are not supported)`;
  const [fault] = hosts.faults;
  return fault === undefined ? "" : ` (line ${fault.line} cannot be read: ${fault.text})`;
}
