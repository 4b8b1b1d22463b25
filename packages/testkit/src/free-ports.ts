import { createServer, type Server } from "node:net";

/** The first of `count` ports in a row of 127.0.0.1 that nobody has. Whoever is slow may find them taken. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = await listening(0);
    const { port } = first.address() as { readonly port: number };
    const rest = await Promise.allSettled(
      Array.from({ length: count - 1 }, (_, at) => listening(port + at + 1)),
    );
    const others = rest.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    await Promise.all([first, ...others].map(closed));
    if (others.length === count - 1) return port;
  }
}

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
