import { join } from "node:path";
import { auditRecords, skippedWithoutNetwork } from "@confed/testkit";
import { expect, test } from "vitest";
import { NetworkedSite } from "./networked-site.ts";

// F23: the same identity on two hosts, while one of them is cut off from the head.

test.skipIf(skippedWithoutNetwork !== "")(
  `of an agent and its copy, the head believes the one that it hears, refuses and alarms the other, and goes back, twice${skippedWithoutNetwork}`,
  async () => {
    const site = new NetworkedSite();
    const n1 = await site.console("n1");
    const head = await site.startHead("h1");
    const agent = await site.startAgent(site.network.addHost("sn01"), { heads: [head], consoles: [n1] });
    const screen = site.watch(head);
    await screen.shows("n1", "CONNECTED");
    const copy = site.clone(agent, site.network.addHost("copy"), head);

    for (let round = 1; round <= 2; round += 1) {
      // Both are heard: the one that was there first is the agent.
      const first = head.process.lines.length;
      await copy.start();
      const refused = await head.process.logged("join refused", { subject: "sn01" }, first);
      expect(refused["cause"]).toMatch(/^another process is agent sn01 already, at 10\.99\.0\.2:/);
      expect(screen.consoles.get("n1")).toMatchObject({ state: "CONNECTED", owner: "sn01" });

      // The first is cut off: whoever speaks for it now is taken for a restart of it.
      const second = head.process.lines.length;
      const heal = site.network.cut(head.host, agent.host);
      await head.process.logged("agent joined", { agent: "sn01" }, second);
      const third = head.process.lines.length;
      heal();
      const later = await head.process.logged("join refused", { subject: "sn01" }, third);
      expect(later["cause"]).toMatch(/^another process is agent sn01 already, at 10\.99\.0\.3:/);

      await copy.kill();
      await head.process.logged("agent joined", { agent: "sn01" }, third);
      await screen.shows("n1", "CONNECTED");
    }
    const refusals = auditRecords(join(head.state, "audit")).filter(({ event }) => event === "agent.refused");
    expect(refusals.length).toBeGreaterThanOrEqual(4);
  },
);
