import { execFile } from "node:child_process";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { type Clock, ConfedError, formatHostPort, type HostPort } from "@confed/kernel";

/** How {@link numericAddresses} is bounded. */
export interface ResolveOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * The numeric addresses of a host, in the resolver's order, /etc/hosts and search domains
 * included. Rejects with "name_unresolved", also when the name server does not answer in time.
 *
 * The system's resolver is asked by getent(1), a child that can be killed: a lookup inside this
 * process cannot be stopped, and holds up even its exit until the system gives up (10 s and more).
 */
export async function numericAddresses(
  { host, port }: HostPort,
  options: ResolveOptions,
): Promise<readonly string[]> {
  if (host.startsWith("unix:")) return [host];
  if (isIP(host) !== 0) return [formatHostPort({ host, port })];
  const addresses = await resolved(host, options);
  return [...new Set(addresses)].map((address) => formatHostPort({ host: address, port }));
}

async function resolved(
  host: string,
  { clock, timeoutMs, signal }: ResolveOptions,
): Promise<readonly string[]> {
  const child = new AbortController();
  const stop = () => {
    child.abort();
  };
  signal.addEventListener("abort", stop, { once: true });
  const cancel = clock.after(timeoutMs, stop);
  try {
    return await getent(host, child.signal);
  } catch (reason) {
    if (signal.aborted) throw ConfedError.from(signal.reason, "canceled");
    const why = child.signal.aborted
      ? `the name server did not answer within ${timeoutMs} ms`
      : "no such name";
    throw new ConfedError("name_unresolved", `${host}: ${why}`, { subject: host, cause: reason });
  } finally {
    cancel();
    signal.removeEventListener("abort", stop);
  }
}

function getent(host: string, signal: AbortSignal): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    // A host that parseHostPort let pass does not begin with a dash.
    execFile("getent", ["ahosts", host], { signal }, (error, stdout) => {
      const { code } = (error ?? {}) as { readonly code?: unknown };
      if (error === null) resolve(streamAddresses(stdout));
      // Not every system has it.
      else if (code === "ENOENT")
        lookup(host, { all: true }).then((all) => resolve(all.map(({ address }) => address)), reject);
      else reject(ConfedError.from(error));
    });
  });
}

/** "10.0.0.1 STREAM name", and the same address for other kinds of sockets. */
function streamAddresses(lines: string): readonly string[] {
  return lines.split("\n").flatMap((line) => {
    const [address = "", kind] = line.split(/\s+/);
    return kind === "STREAM" && isIP(address) !== 0 ? [address] : [];
  });
}
