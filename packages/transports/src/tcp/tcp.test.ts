import type { AddressInfo } from "node:net";
import { formatHostPort, silentLogger } from "@confed/kernel";
import { startSocketConsole, transportCompliance } from "@confed/testkit";
import type { NameResolver } from "../net/name-resolver.ts";
import { tcp } from "./tcp.ts";

for (const [name, host, family] of [
  ["tcp over IPv4", "127.0.0.1", 4],
  ["tcp over IPv6", "::1", 6],
] as const) {
  transportCompliance(
    name,
    async (clock) => {
      const farEnd = await startSocketConsole({ host, port: 0 });
      const { port } = farEnd.server.address() as AddressInfo;
      // A port that was free a moment ago and that nobody listens on.
      const closed = await startSocketConsole({ host, port: 0 });
      const { port: closedPort } = closed.server.address() as AddressInfo;
      await closed.close();
      const deps = {
        clock,
        logger: silentLogger,
        resolver: { resolve: () => Promise.resolve([{ address: host, family }]) },
      };
      return {
        ...farEnd,
        transport: tcp({ host, port })(deps),
        refusing: {
          transport: tcp({ host, port: closedPort })(deps),
          code: "connection_refused",
          where: formatHostPort({ host, port: closedPort }),
        },
        hanging: tcp({ host: "n1", port })({ ...deps, resolver: SILENT_RESOLVER }),
      };
    },
    { canBreak: false, pausable: true, orderlyClose: true },
  );
}

const SILENT_RESOLVER: NameResolver = {
  resolve: (_host, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        reject(signal.reason as Error);
      });
    }),
};
