import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@confed/kernel";
import { followRealTime, startSocketConsole, transportCompliance } from "@confed/testkit";
import { test } from "vitest";
import type { Transport } from "../transport.ts";
import { exec } from "./exec.ts";

if (!existsSync("/usr/bin/socat")) test.skip("exec complies (socat is not installed)");
else
  transportCompliance(
    "exec",
    async (clock) => {
      const directory = await mkdtemp(join(tmpdir(), "confed-exec-"));
      const path = join(directory, "console.sock");
      const { breakOff: _cannot, ...farEnd } = await startSocketConsole({ path });
      const deps = {
        clock,
        logger: silentLogger,
        resolver: { resolve: () => Promise.reject(new Error("no names here")) },
      };
      const stopTime = followRealTime(clock);
      // A program that sets raw mode and passes on what it gets, as ipmitool does. It connects when
      // raw mode is set; what is typed before meets the terminal's line editing.
      const bare = exec({ argv: ["socat", "STDIO,rawer", `UNIX-CONNECT:${path}`] })(deps);
      const transport: Transport = {
        kind: "exec",
        async open(options) {
          const connected = once(farEnd.server, "connection");
          const link = await bare.open(options);
          await connected;
          return link;
        },
      };
      return {
        ...farEnd,
        transport,
        refusing: {
          transport: exec({ argv: ["/no/such/program"] })(deps),
          code: "device_missing",
          where: "/no/such/program",
        },
        close: async () => {
          stopTime();
          await farEnd.close();
          await rm(directory, { recursive: true });
        },
      };
    },
    { canBreak: false, pausable: false, orderlyClose: true, transferBytes: 2 * 1024 * 1024 },
  );
