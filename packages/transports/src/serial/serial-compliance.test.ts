import { existsSync } from "node:fs";
import { silentLogger } from "@confed/kernel";
import { followRealTime, startSerialPair, transportCompliance } from "@confed/testkit";
import { test } from "vitest";
import { serial } from "./serial.ts";

if (!existsSync("/usr/bin/socat")) test.skip("serial complies (socat is not installed)");
else {
  transportCompliance(
    "serial",
    async (clock) => {
      const { unplug: _unplug, plugIn: _plugIn, device, ...pair } = await startSerialPair();
      const deps = {
        clock,
        logger: silentLogger,
        resolver: { resolve: () => Promise.reject(new Error("a device needs no resolver")) },
      };
      const stopTime = followRealTime(clock);
      return {
        ...pair,
        transport: serial({ device })(deps),
        refusing: {
          transport: serial({ device: "/dev/no-such-tty" })(deps),
          code: "device_missing",
          where: "/dev/no-such-tty",
        },
        close: async () => {
          stopTime();
          await pair.close();
        },
      };
    },
    // A pty has no break; that ours reaches a line is for a machine with a line.
    { canBreak: false, pausable: true, orderlyClose: false, keepsUnread: false, transferBytes: 1024 * 1024 },
  );
}
