import { systemClock } from "@confed/kernel";
import { skippedWithoutNetwork } from "@confed/testkit";
import { expect, test } from "vitest";
import { NetworkedSite } from "./networked-site.ts";
import { printing } from "./printing.ts";

// F10: the agent's plug is pulled and put back, at once, then for a while. Its own interface says so each time.

const FLAPS = 5;
const FLAP_MS = 700;
const PULLED_MS = 10_000;
const SHOWN_WITHIN_MS = 6_000;
const HEALED_WITHIN_MS = 5_000;

test.skipIf(skippedWithoutNetwork !== "")(
  `a link that flaps costs time and nothing else, one that stays down is shown, and both heal, twice${skippedWithoutNetwork}`,
  async () => {
    const site = new NetworkedSite();
    const n1 = await site.console("n1");
    const head = await site.startHead("h1");
    const host = site.network.addHost("sn01");
    const agent = await site.startAgent(host, { heads: [head], consoles: [n1] });
    const rcons = await site.operator(site.network.addHost("desk"), [head]);
    const screen = site.watch(head);
    await screen.shows("n1", "CONNECTED");
    const direct = rcons("--route", "direct", "--raw-terminal", "n1");
    await direct.told("direct ");
    const relay = rcons("--route", "relay", "--raw-terminal", "-s", "n1");
    await relay.told("relay ");
    const printer = printing(n1);
    for (let round = 1; round <= 2; round += 1) {
      for (let flap = 0; flap < FLAPS; flap += 1) {
        const heal = site.network.unplug(host);
        await after(FLAP_MS);
        heal();
        await after(FLAP_MS);
      }
      // Whatever was made of that, what is typed arrives, once.
      await screen.shows("n1", "CONNECTED");
      const { length } = n1.received;
      const typed = `round ${round}\r`;
      await direct.type(typed);
      await n1.received.reached(length + typed.length);

      const saidBytes = [direct.stderr.length, relay.stderr.length];
      const pulledAtMs = systemClock.nowMs();
      const heal = site.network.unplug(host);
      await screen.shows("n1", "UNREACHABLE");
      expect(systemClock.nowMs() - pulledAtMs, "shown unreachable").toBeLessThan(SHOWN_WITHIN_MS);
      await after(PULLED_MS - (systemClock.nowMs() - pulledAtMs));
      const healedAtMs = systemClock.nowMs();
      heal();
      await screen.shows("n1", "CONNECTED");
      expect(systemClock.nowMs() - healedAtMs, "shown as it is again").toBeLessThan(HEALED_WITHIN_MS);
      for (const [index, run] of [direct, relay].entries())
        await run.told(/\[back after .*no gap\]/, saidBytes[index]);
      expect(systemClock.nowMs() - healedAtMs, "attached again").toBeLessThan(HEALED_WITHIN_MS);
      expect(n1.received.bytes(length).toString()).toBe(typed);
    }
    await printer.stop();
    for (const run of [direct, relay]) {
      await run.stdout.reached(printer.printed.length);
      expect(run.stdout.bytes().equals(printer.printed.bytes())).toBe(true);
    }
    await agent.process.stop();
    expect(agent.log("n1").equals(printer.printed.bytes())).toBe(true);
    expect(agent.gaps("n1")).toEqual([]);
    expect(n1.connections).toBe(1);
  },
  180_000,
);

function after(delayMs: number): Promise<void> {
  return new Promise((resolve) => systemClock.after(Math.max(0, delayMs), resolve));
}
