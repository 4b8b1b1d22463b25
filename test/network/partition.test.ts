import { systemClock } from "@confed/kernel";
import { type Heal, type NetworkHost, skippedWithoutNetwork, type TestNetwork } from "@confed/testkit";
import { expect, test } from "vitest";
import { NetworkedSite } from "./networked-site.ts";
import { printing } from "./printing.ts";

// F10: what a head and an agent say to each other vanishes on the way, without a reset.

const SHORT_S = 10;
/** Longer than every keepalive, held seat and pause between tries of ours, and than what TCP lets pass between two tries. */
const LONG_S = process.env["CONFED_FULL"] === "1" ? 300 : 45;
const SHOWN_WITHIN_MS = 6_000;
const HEALED_WITHIN_MS = 5_000;
/** Of head and agent with all their children: what a garbage collector may leave for later. */
const GROWN_BYTES_MAX = 24 * 1024 * 1024;

type Cut = (network: TestNetwork, head: NetworkHost, agent: NetworkHost) => Heal;

test.skipIf(skippedWithoutNetwork !== "").each<[what: string, lastsS: number, cut: Cut]>([
  ["nothing", SHORT_S, (network, head, agent) => network.cut(head, agent)],
  ["nothing that the agent says", SHORT_S, (network, head, agent) => network.cutOneWay(agent, head)],
  ["nothing that the head says", SHORT_S, (network, head, agent) => network.cutOneWay(head, agent)],
  ["nothing", LONG_S, (network, head, agent) => network.cut(head, agent)],
])(
  `%s arrives for %d s between a head and an agent, twice: it is shown, nothing is lost, and it heals${skippedWithoutNetwork}`,
  async (_what, lastsS, cut) => {
    const site = new NetworkedSite();
    const n1 = await site.console("n1");
    const head = await site.startHead("h1");
    const agent = await site.startAgent(site.network.addHost("sn01"), { heads: [head], consoles: [n1] });
    const rcons = await site.operator(site.network.addHost("desk"), [head]);
    const screen = site.watch(head);
    await screen.shows("n1", "CONNECTED");
    const direct = rcons("--route", "direct", "--raw-terminal", "n1");
    await direct.told("direct ");
    const directSaidBytes = direct.stderr.length;
    const relay = rcons("--route", "relay", "--raw-terminal", "-s", "n1");
    await relay.told("relay ");
    const printer = printing(n1);
    const sizeNow = () => head.process.residentBytes() + agent.process.residentBytes();
    const residentBytes: number[] = [];

    for (let round = 1; round <= 2; round += 1) {
      const saidBytes = relay.stderr.length;
      const cutAtMs = systemClock.nowMs();
      const heal = cut(site.network, head.host, agent.host);
      const shown = await screen.shows("n1", "UNREACHABLE");
      expect(systemClock.nowMs() - cutAtMs, "shown unreachable").toBeLessThan(SHOWN_WITHIN_MS);
      expect(shown.cause).toMatchObject({ code: "agent_unreachable", subject: "sn01" });
      await relay.told(/\[rcons [\d:]+ .*(unreachable|nothing heard)/, saidBytes);
      await until(cutAtMs + SHORT_S * 1_000);
      const cutBytes = sizeNow();
      await until(cutAtMs + lastsS * 1_000);
      expect(sizeNow() - cutBytes, "memory while it lasts").toBeLessThan(GROWN_BYTES_MAX);
      const info = rcons("info", "n1");
      expect(await info.exited, info.said).toBe(0);
      expect(info.output).toMatch(/^state: +unreachable\nsince: .*\(\d+ (s|min) ago\)/m);
      const ls = rcons("ls", "--state", "unreachable");
      expect(await ls.exited, ls.said).toBe(0);
      expect(ls.output).toMatch(/^n1 +unreachable +sn01 +\d+ (s|min)/m);

      const healedAtMs = systemClock.nowMs();
      heal();
      await screen.shows("n1", "CONNECTED");
      expect(systemClock.nowMs() - healedAtMs, "shown as it is again").toBeLessThan(HEALED_WITHIN_MS);
      await relay.told(/\[back after .*no gap\]/, saidBytes);
      expect(systemClock.nowMs() - healedAtMs, "relayed again").toBeLessThan(HEALED_WITHIN_MS);
      residentBytes.push(sizeNow());
    }
    const [first = 0, second = 0] = residentBytes;
    expect(second - first).toBeLessThan(GROWN_BYTES_MAX);

    await printer.stop();
    for (const run of [direct, relay]) {
      await run.stdout.reached(printer.printed.length);
      expect(run.stdout.bytes().equals(printer.printed.bytes())).toBe(true);
    }
    // The one that goes straight to the agent has not noticed.
    expect(direct.stderr.slice(directSaidBytes)).not.toMatch(/unreachable|back after/);
    await agent.process.stop();
    expect(agent.log("n1").equals(printer.printed.bytes())).toBe(true);
    expect(agent.gaps("n1")).toEqual([]);
    expect(n1.connections).toBe(1);
  },
  4 * LONG_S * 1_000 + 120_000,
);

function until(atMs: number): Promise<void> {
  return new Promise((resolve) => systemClock.after(Math.max(0, atMs - systemClock.nowMs()), resolve));
}
