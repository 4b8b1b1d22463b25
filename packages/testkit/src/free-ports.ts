import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";

/**
 * The first of `count` ports in a row of 127.0.0.1 that nobody has. Below those that the kernel gives
 * to whoever asks for any, so that nobody gets one of them before its owner listens.
 */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = randomInt(PORT_LEAST, PORT_MOST - count);
    const tried = await Promise.allSettled(Array.from({ length: count }, (_, at) => listening(first + at)));
    const free = tried.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    await Promise.all(free.map(closed));
    if (free.length === count) return first;
  }
}

/** One such port, for programs that cannot be asked which they took, and for those that come back to it. */
export function freePort(): Promise<number> {
  return freePorts(1);
}

// Linux gives ports from 32768 on, see ip_local_port_range in ip(7).
const PORT_LEAST = 20_000;
const PORT_MOST = 32_000;

function listening(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject).listen(port, "127.0.0.1", () => {
      resolve(server);
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
