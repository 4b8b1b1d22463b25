import { formatHostPort, silentLogger } from "@confed/kernel";
import { startTelnetServer, transportCompliance } from "@confed/testkit";
import { telnet } from "./telnet.ts";

for (const [name, host, family, session] of [
  ["telnet over IPv4", "127.0.0.1", 4, {}],
  ["telnet over IPv6", "::1", 6, {}],
  ["telnet to a server without BINARY", "127.0.0.1", 4, { binary: false }],
] as const) {
  transportCompliance(
    name,
    async (clock) => {
      const farEnd = await startTelnetServer(session, host);
      // A port that was free a moment ago and that nobody listens on.
      const closed = await startTelnetServer(session, host);
      await closed.close();
      const deps = {
        clock,
        logger: silentLogger,
        resolver: {
          resolve: () => Promise.resolve([{ address: host, family }]),
        },
      };
      const silent = {
        resolve: (_host: string, signal: AbortSignal) =>
          new Promise<never>((_resolve, reject) => {
            signal.addEventListener("abort", () => {
              reject(signal.reason as Error);
            });
          }),
      };
      return {
        ...farEnd,
        transport: telnet({ host, port: farEnd.port })(deps),
        refusing: {
          transport: telnet({ host, port: closed.port })(deps),
          code: "connection_refused",
          where: formatHostPort({ host, port: closed.port }),
        },
        hanging: telnet({ host: "n1", port: farEnd.port })({ ...deps, resolver: silent }),
      };
    },
    { canBreak: true, pausable: true, orderlyClose: true },
  );
}
