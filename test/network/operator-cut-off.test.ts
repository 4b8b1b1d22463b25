import { systemClock } from "@confed/kernel";
import { skippedWithoutNetwork } from "@confed/testkit";
import { expect, test } from "vitest";
import { NetworkedSite } from "./networked-site.ts";
import { printing } from "./printing.ts";

// F3, F10, from where somebody sits: one of the two ways to a console is cut, then the other.

/** 6 s of silence, a try at the way that was known, and the other way. */
const BACK_WITHIN_MS = 12_000;

test.skipIf(skippedWithoutNetwork !== "")(
  `whoever is cut off from the agent comes through the head, and from the head goes straight to the agent without it, twice${skippedWithoutNetwork}`,
  async () => {
    const site = new NetworkedSite();
    const n1 = await site.console("n1");
    const head = await site.startHead("h1");
    const agent = await site.startAgent(site.network.addHost("sn01"), { heads: [head], consoles: [n1] });
    const desk = site.network.addHost("desk");
    const rcons = await site.operator(desk, [head]);
    await site.watch(head).shows("n1", "CONNECTED");
    const run = rcons("--raw-terminal", "n1");
    await run.told("direct ");
    const printer = printing(n1);

    for (let round = 1; round <= 2; round += 1) {
      for (const other of [agent, head]) {
        const saidBytes = run.stderr.length;
        const cutAtMs = systemClock.nowMs();
        const heal = site.network.cut(desk, other.host);
        // Relayed at the first of them, direct at the second: the one that is cut off now is the one in use.
        await run.told(/\[back after .*no gap\]/, saidBytes);
        expect(systemClock.nowMs() - cutAtMs).toBeLessThan(BACK_WITHIN_MS);
        const typed = `${round} without ${other.host.name}\r`;
        const before = n1.received.length;
        await run.type(typed);
        await n1.received.reached(before + typed.length);
        expect(n1.received.bytes(before).toString()).toBe(typed);
        await run.stdout.reached(printer.printed.length);
        if (other === head) {
          const fresh = rcons("n1");
          expect(await fresh.exited).toBe(8);
          expect(fresh.stderr).toContain(`head ${head.address} cannot be reached`);
        }
        heal();
      }
    }
    await printer.stop();
    await run.stdout.reached(printer.printed.length);
    expect(run.stdout.bytes().equals(printer.printed.bytes())).toBe(true);
    await agent.process.stop();
    expect(agent.log("n1").equals(printer.printed.bytes())).toBe(true);
    expect(n1.connections).toBe(1);
  },
  180_000,
);
