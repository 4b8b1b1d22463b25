import { readFileSync } from "node:fs";

/**
 * Bytes that the kernel has not sent, or whose arrival the far end's kernel has not acknowledged, of
 * the connection from this local port (proc(5), net/tcp: tx_queue). Undefined where that cannot be
 * known, or the connection is no more.
 *
 * Reads the whole table, a line a socket of the host: not to be asked more than every few seconds.
 */
export function unacknowledgedBytes(localPort: number, remotePort: number): number | undefined {
  const local = hexPort(localPort);
  const remote = hexPort(remotePort);
  for (const table of ["/proc/self/net/tcp", "/proc/self/net/tcp6"]) {
    for (const line of linesIn(table)) {
      // sl local_address rem_address st tx_queue:rx_queue ...
      const [, from = "", to = "", state, queues = ""] = line.trim().split(/\s+/);
      if (!from.endsWith(local) || !to.endsWith(remote) || state !== ESTABLISHED) continue;
      return Number.parseInt(queues.split(":")[0] ?? "", 16);
    }
  }
  return undefined;
}

const ESTABLISHED = "01";

function hexPort(port: number): string {
  return `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
}

function linesIn(path: string): readonly string[] {
  try {
    return readFileSync(path, "latin1").split("\n");
  } catch {
    return [];
  }
}
