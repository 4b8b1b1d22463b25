import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@confed/kernel";
import { FakeClock, LinkRecorder, startSocketConsole, transportCompliance } from "@confed/testkit";
import { expect, test } from "vitest";
import type { TransportDeps } from "../deps.ts";
import { unix } from "./unix.ts";

const depsWith = (clock: FakeClock): TransportDeps => ({
  clock,
  logger: silentLogger,
  resolver: { resolve: () => Promise.reject(new Error("a path needs no resolver")) },
});

transportCompliance(
  "unix",
  async (clock) => {
    const directory = await mkdtemp(join(tmpdir(), "confed-unix-"));
    const path = join(directory, "console.sock");
    const missing = join(directory, "missing.sock");
    const { breakOff: _noReset, ...farEnd } = await startSocketConsole({ path });
    return {
      ...farEnd,
      transport: unix({ path })(depsWith(clock)),
      refusing: {
        transport: unix({ path: missing })(depsWith(clock)),
        code: "device_missing",
        where: missing,
      },
      close: async () => {
        await farEnd.close();
        await rm(directory, { recursive: true });
      },
    };
  },
  { canBreak: false, pausable: true, orderlyClose: true },
);

test("a path too long for a socket address is refused instead of cut", async () => {
  const path = `/tmp/${"x".repeat(120)}`;
  const opening = unix({ path })(depsWith(new FakeClock())).open({
    signal: new AbortController().signal,
    sink: new LinkRecorder(),
  });
  await expect(opening).rejects.toMatchObject({ code: "invalid_argument", where: path });
});
