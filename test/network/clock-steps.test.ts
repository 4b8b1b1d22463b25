import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import { skippedWithoutNetwork } from "@confed/testkit";
import { expect, test } from "vitest";
import { NetworkedSite } from "./networked-site.ts";

// F28: the wall clock of an agent's host is not that of its head. The machine's own clock is never set.

const HOUR_MS = 3_600_000;
const HOOK = `
  const { readFileSync } = require("node:fs");
  const now = Date.now;
  let aheadMs = 0;
  const look = () => { try { aheadMs = Number(readFileSync(process.env.CONFED_TEST_CLOCK)); } catch {} };
  look();
  setInterval(look, 20).unref();
  Date.now = () => now() + aheadMs;
`;
/** Two heartbeats: it would be missed by then. */
const STEADY_MS = 4_500;

test.skipIf(skippedWithoutNetwork !== "")(
  `an agent whose clock is set to and fro stays joined, takes tickets and resume tokens, and lets go of who was revoked, twice${skippedWithoutNetwork}`,
  async () => {
    const site = new NetworkedSite();
    const n1 = await site.console("n1");
    const head = await site.startHead("h1");
    const [hook, clock] = [join(site.directory, "hook.cjs"), join(site.directory, "clock")];
    writeFileSync(hook, HOOK);
    const setClock = (aheadMs: number) => {
      writeFileSync(`${clock}.new`, String(aheadMs));
      renameSync(`${clock}.new`, clock);
    };
    setClock(0);
    const agent = await site.startAgent(site.network.addHost("sn01"), {
      heads: [head],
      consoles: [n1],
      wrapper: ["env", `NODE_OPTIONS=--require ${hook}`, `CONFED_TEST_CLOCK=${clock}`],
    });
    const rcons = await site.operator(site.network.addHost("desk"), [head]);
    const screen = site.watch(head);
    await screen.shows("n1", "CONNECTED");
    const stays = rcons("--route", "direct", "-s", "n1");
    await stays.told("direct ");
    for (const _round of [1, 2]) {
      for (const aheadMs of [HOUR_MS, -HOUR_MS, -systemClock.wallTimeMs(), 0]) {
        const joined = agent.process.lines.length;
        setClock(aheadMs);
        for (const route of ["direct", "relay"]) {
          const run = rcons("--route", route, "n1");
          await run.told(`${route} `);
          const { length } = n1.received;
          await run.type("typed\r");
          await n1.received.reached(length + 6);
          run.endInput();
          expect(await run.exited, run.said).toBe(0);
        }
        await new Promise<void>((resolve) => systemClock.after(STEADY_MS, resolve));
        expect(screen.consoles.get("n1")?.state).toBe("CONNECTED");
        const said = agent.process.lines.slice(joined).map(({ message }) => message);
        expect(said).not.toContain("head lost");
      }
    }
    expect(stays.stderr).not.toMatch(/broke|back after|unreachable/);
    setClock(-HOUR_MS);
    await site.admin(head, ["user", "revoke", "user:anna"]);
    expect(await stays.exited, stays.said).toBe(4);
    expect(stays.stderr).toContain("your access was revoked");
    expect(n1.connections).toBe(1);
  },
  180_000,
);
