import { open, readFile, stat } from "node:fs/promises";
import { ConfedError } from "@confed/kernel";
import { type KnownHosts, parseKnownHosts } from "./known-hosts.ts";

/**
 * The known_hosts file at `path`, parsed again only when the file has changed: all consoles of a
 * process usually share one. A file that does not exist knows nobody.
 */
export async function loadKnownHosts(path: string): Promise<KnownHosts> {
  try {
    const { mtimeMs, size, ino } = await stat(path);
    if (size > KNOWN_HOSTS_BYTES_MAX) {
      throw new ConfedError(
        "invalid_argument",
        `the known_hosts file has more than ${KNOWN_HOSTS_BYTES_MAX} bytes`,
        { where: path },
      );
    }
    const version = `${mtimeMs}:${size}:${ino}`;
    const cached = CACHE.get(path);
    if (cached?.version === version) return cached.hosts;
    const hosts = parseKnownHosts(await readFile(path, "utf8"));
    // The oldest goes: agents have one such file, perhaps one per kind of hardware.
    const [oldest] = CACHE.keys();
    if (oldest !== undefined && CACHE.size >= CACHED_FILES_MAX) CACHE.delete(oldest);
    CACHE.set(path, { version, hosts });
    return hosts;
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === "ENOENT") return parseKnownHosts("");
    throw fileError(reason, path, "read");
  }
}

/**
 * Add lines (without newlines) to the file at `path`; makes it, for the owner alone, if needed.
 * One write to a descriptor opened for appending: consoles and processes may do this at the same
 * time.
 */
export async function appendKnownHosts(path: string, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  try {
    const file = await open(path, "a+", 0o600);
    try {
      const { size } = await file.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await file.read(last, 0, 1, size - 1);
      // A file edited by hand may lack its last newline; ours must not be glued to that line.
      const glue = size > 0 && last.toString("latin1") !== "\n" ? "\n" : "";
      await file.write(`${glue}${lines.join("\n")}\n`);
    } finally {
      await file.close();
    }
  } catch (reason) {
    throw fileError(reason, path, "written");
  }
}

/** 200,000 hosts; and as many files as an agent may have, which would all be kept in memory. */
const KNOWN_HOSTS_BYTES_MAX = 16 * 1024 * 1024;
const CACHED_FILES_MAX = 16;
const CACHE = new Map<string, { readonly version: string; readonly hosts: KnownHosts }>();

function fileError(reason: unknown, path: string, verb: string): ConfedError {
  const error = ConfedError.from(reason, "unavailable");
  return new ConfedError(error.code, `the known_hosts file cannot be ${verb}: ${error.rawMessage}`, {
    where: path,
    cause: reason,
  });
}
