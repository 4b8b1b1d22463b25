import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import { skippedWithoutNetwork } from "@confed/testkit";
import { expect, test } from "vitest";
import { NetworkedSite } from "./networked-site.ts";

// F13: names fail, or lead somewhere else.

const HEAD_NAME = "head.site.test";
/** How long an answer is taken without asking again, and a little more. */
const ANSWER_OLD_MS = 61_000;
/** Silence, back-off, and ten seconds in which a question that failed is not repeated. */
const FOUND_WITHIN_MS = 20_000;

test.skipIf(skippedWithoutNetwork !== "")(
  `an agent finds its head at the last good address while names fail, and at a new one when the name says so, twice${skippedWithoutNetwork}`,
  async () => {
    const site = new NetworkedSite();
    const n1 = await site.console("n1");
    const head = await site.startHead("h1", true);
    const hosts = join(site.directory, "hosts");
    const named = (address: string | undefined) => {
      writeFileSync(
        hosts,
        `127.0.0.1 localhost\n${address === undefined ? "" : `${address} ${HEAD_NAME}\n`}`,
      );
    };
    named(head.host.address);
    const agent = await site.startAgent(site.network.addHost("sn01"), {
      heads: [head],
      consoles: [n1],
      addresses: [`${HEAD_NAME}:7100`],
      wrapper: ["unshare", "-m", "sh", "-c", `mount --bind "$0" /etc/hosts && exec "$@"`, hosts],
    });
    let host = head.host;
    for (const last of [77, 78]) {
      // No name is found any more, and the head starts anew.
      named(undefined);
      await new Promise<void>((resolve) => systemClock.after(ANSWER_OLD_MS, resolve));
      const failing = agent.process.lines.length;
      await head.process.kill();
      await head.process.start();
      await agent.process.logged("name not resolved, its last address is used", { host: HEAD_NAME }, failing);
      await agent.process.logged("joined head", {}, failing);

      // The head moves, and its name with it.
      const screen = site.watch(head);
      await screen.shows("n1", "CONNECTED");
      const moving = agent.process.lines.length;
      const movedAtMs = systemClock.nowMs();
      host = site.network.readdress(host, last);
      named(host.address);
      await screen.shows("n1", "UNREACHABLE");
      await agent.process.logged("joined head", {}, moving);
      expect(systemClock.nowMs() - movedAtMs).toBeLessThan(FOUND_WITHIN_MS);
      await screen.shows("n1", "CONNECTED");
    }
    expect(n1.connections).toBe(1);
  },
  300_000,
);
