import { systemClock } from "@confed/kernel";
import { skippedWithoutNetwork } from "@confed/testkit";
import { expect, test } from "vitest";
import { NetworkedSite } from "./networked-site.ts";
import { printing } from "./printing.ts";

// F3, with everything on: TLS, roles, tickets.

const DEAD_MS = 3_000;
const BACK_WITHIN_MS = 5_000;

test.skipIf(skippedWithoutNetwork !== "")(
  `a head is killed, twice: agents log on, who is attached directly does not notice, and relayed sessions are back 5 s after it${skippedWithoutNetwork}`,
  async () => {
    const site = new NetworkedSite();
    const n1 = await site.console("n1");
    const head = await site.startHead("h1");
    const agent = await site.startAgent(site.network.addHost("sn01"), { heads: [head], consoles: [n1] });
    const rcons = await site.operator(site.network.addHost("desk"), [head]);
    await site.watch(head).shows("n1", "CONNECTED");
    const direct = rcons("--route", "direct", "--raw-terminal", "n1");
    await direct.told("direct ");
    const directSaidBytes = direct.stderr.length;
    const relay = rcons("--route", "relay", "--raw-terminal", "-s", "n1");
    await relay.told("relay ");
    const printer = printing(n1);
    for (let round = 1; round <= 2; round += 1) {
      const saidBytes = relay.stderr.length;
      await head.process.kill();
      await relay.told(/unreachable|broke the connection off/, saidBytes);
      await new Promise<void>((resolve) => systemClock.after(DEAD_MS, resolve));
      const typed = n1.received.length;
      await direct.type("still here\r");
      await n1.received.reached(typed + 11);
      await head.process.start();
      const startedMs = systemClock.nowMs();
      await relay.told(/\[back after .*no gap\]/, saidBytes);
      expect(systemClock.nowMs() - startedMs).toBeLessThan(BACK_WITHIN_MS);
    }
    await printer.stop();
    for (const run of [direct, relay]) {
      await run.stdout.reached(printer.printed.length);
      expect(run.stdout.bytes().equals(printer.printed.bytes())).toBe(true);
    }
    expect(direct.stderr.slice(directSaidBytes)).not.toMatch(/unreachable|back after/);
    await agent.process.stop();
    expect(agent.log("n1").equals(printer.printed.bytes())).toBe(true);
    expect(agent.gaps("n1")).toEqual([]);
    expect(n1.connections).toBe(1);
  },
);
