import { formatHostPort, Secret, silentLogger } from "@confed/kernel";
import { startBmcConsole, transportCompliance } from "@confed/testkit";
import { ipmi } from "./ipmi.ts";
import type { IpmiOptions } from "./ipmi-options.ts";

for (const [name, host, family, suite] of [
  ["ipmi over IPv4 with suite 17", "127.0.0.1", 4, 17],
  ["ipmi over IPv6 with suite 3", "::1", 6, 3],
] as const) {
  transportCompliance(
    name,
    async (clock) => {
      const console = await startBmcConsole({ address: host });
      const { bmc } = console;
      const deaf = await startBmcConsole({ address: host });
      deaf.bmc.faults.silent = true;
      const resolver = { resolve: () => Promise.resolve([{ address: host, family }]) };
      const at = (port: number, options: Partial<IpmiOptions> = {}) =>
        ipmi({
          host,
          port,
          suite,
          user: bmc.user.user,
          password: () => Promise.resolve(new Secret(bmc.user.password)),
          ...options,
        })({ clock, logger: silentLogger, resolver });
      return {
        transport: at(bmc.port),
        received: console.received,
        feed: (bytes) => console.print(bytes),
        async hangUp() {
          (await console.link()).hangUp();
        },
        async idle() {
          await console.free();
        },
        async breakOff() {
          bmc.steal({ notice: true });
        },
        async stall(stalled) {
          bmc.faults.suspended = stalled;
          if (!stalled) bmc.sol?.goOn();
        },
        refusing: {
          transport: at(bmc.port, { password: () => Promise.resolve(new Secret("wrong")) }),
          code: "auth_failed",
          where: formatHostPort({ host, port: bmc.port }),
        },
        hanging: at(deaf.bmc.port),
        async close() {
          await Promise.all([console.close(), deaf.close()]);
        },
      };
    },
    { canBreak: true, pausable: false, orderlyClose: false, transferBytes: 512 * 1024 },
  );
}
