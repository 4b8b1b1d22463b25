import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { type Clock, ConfedError, formatHostPort, type HostPort } from "@confed/kernel";

/**
 * The numeric addresses of a host, in the resolver's order, /etc/hosts and search domains
 * included. Rejects with "name_unresolved", also when the name server does not answer in time: the
 * lookup itself cannot be stopped and holds one thread of the pool until the system gives up.
 */
export async function numericAddresses(
  { host, port }: HostPort,
  { clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number },
): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [formatHostPort({ host, port })];
  const failed = (why: string, cause?: unknown) =>
    new ConfedError("name_unresolved", `${host}: ${why}`, { subject: host, cause });
  const found = await new Promise<readonly { readonly address: string }[]>((resolve, reject) => {
    const cancel = clock.after(timeoutMs, () => {
      reject(failed(`the name server did not answer within ${timeoutMs} ms`));
    });
    lookup(host, { all: true }).then(
      (addresses) => {
        cancel();
        resolve(addresses);
      },
      (reason: unknown) => {
        cancel();
        reject(failed(reason instanceof Error ? reason.message : String(reason), reason));
      },
    );
  });
  return [...new Set(found.map(({ address }) => formatHostPort({ host: address, port })))];
}
