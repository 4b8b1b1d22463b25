import { systemClock } from "@confed/kernel";
import { percentile, skippedWithoutNetwork } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";
import { NetworkedSite } from "./networked-site.ts";
import { printing } from "./printing.ts";

// F12, and lines that lose packets.

const LINE_KBIT_PER_SECOND = 64;
/** Ten times what the line carries. */
const FLOOD_BYTES = 8 * 1024;
const FLOOD_INTERVAL_MS = 100;
const ECHOES = 30;
const ECHO_MS_MAX = 500;
/** Three heartbeats, and what waits in front of the line. */
const STATUS_MS_MAX = 6_500;

test.skipIf(skippedWithoutNetwork !== "")(
  `on a line of 64 kbit/s full of bulk output, typing through the head answers within 500 ms and states are right, twice${skippedWithoutNetwork}`,
  async () => {
    const site = new NetworkedSite();
    const [typed, bulk, state] = [
      await site.console("n1"),
      await site.console("n2"),
      await site.console("n3"),
    ];
    const head = await site.startHead("h1");
    const host = site.network.addHost("sn01");
    const agent = await site.startAgent(host, { heads: [head], consoles: [typed, bulk, state] });
    const rcons = await site.operator(site.network.addHost("desk"), [head]);
    const screen = site.watch(head);
    for (const { name } of [typed, bulk, state]) await screen.shows(name, "CONNECTED");
    const run = rcons("--route", "relay", "--raw-terminal", "n1");
    await run.told("relay ");
    const tail = rcons("tail", "n2");
    flooding(bulk);
    await tail.stdout.reached(FLOOD_BYTES);

    for (let round = 1; round <= 2; round += 1) {
      const heal = site.network.slow(host, LINE_KBIT_PER_SECOND);
      // The line is full, and what waits for it as well.
      const before = tail.stdout.length;
      await tail.stdout.reached(before + 2 * FLOOD_BYTES);
      const echoMs: number[] = [];
      for (let key = 0; key < ECHOES; key += 1) {
        const startMs = systemClock.nowMs();
        const [received, shown] = [typed.received.length, run.stdout.length];
        await run.type("x");
        await typed.received.reached(received + 1);
        await typed.feed(Buffer.from("x"));
        await run.stdout.reached(shown + 1);
        echoMs.push(systemClock.nowMs() - startMs);
      }
      echoMs.sort((a, b) => a - b);
      expect(percentile(echoMs, 0.9), "echo").toBeLessThan(ECHO_MS_MAX);
      const sinceMs = screen.consoles.get("n3")?.sinceMs ?? 0;
      const startMs = systemClock.nowMs();
      await state.hangUp();
      await screen.until(() => {
        const shown = screen.consoles.get("n3");
        return shown?.state === "CONNECTED" && shown.sinceMs > sinceMs;
      });
      expect(systemClock.nowMs() - startMs).toBeLessThan(STATUS_MS_MAX);
      heal();
    }
    expect(screen.history.filter((shown) => shown.state === "UNREACHABLE")).toEqual([]);
    expect(run.stderr).not.toMatch(/unreachable|back after/);
    expect(agent.process.lines.filter(({ message }) => message === "head lost")).toEqual([]);
  },
  180_000,
);

test.skipIf(skippedWithoutNetwork !== "")(
  `a line that loses every twentieth packet costs time and nothing else, twice${skippedWithoutNetwork}`,
  async () => {
    const site = new NetworkedSite();
    const n1 = await site.console("n1");
    const head = await site.startHead("h1");
    const host = site.network.addHost("sn01");
    const agent = await site.startAgent(host, { heads: [head], consoles: [n1] });
    const rcons = await site.operator(site.network.addHost("desk"), [head]);
    const screen = site.watch(head);
    await screen.shows("n1", "CONNECTED");
    const runs = ["direct", "relay"].map((route) => rcons("--route", route, "--raw-terminal", "-s", "n1"));
    for (const run of runs) await run.told("connected to");
    const printer = printing(n1);
    for (let round = 1; round <= 2; round += 1) {
      const heal = site.network.lose(host, 0.05);
      const more = printer.printed.length + LOSSY_BYTES;
      await Promise.all([printer.printed, ...runs.map((run) => run.stdout)].map((log) => log.reached(more)));
      heal();
    }
    await printer.stop();
    for (const run of runs) {
      await run.stdout.reached(printer.printed.length);
      expect(run.stdout.bytes().equals(printer.printed.bytes())).toBe(true);
      expect(run.stderr).not.toMatch(/unreachable|back after/);
    }
    expect(screen.history.filter(({ state }) => state === "UNREACHABLE")).toEqual([]);
    await agent.process.stop();
    expect(agent.log("n1").equals(printer.printed.bytes())).toBe(true);
  },
);

/** Fifteen seconds of lines. */
const LOSSY_BYTES = 3_000;

/** Prints until the test is over, whatever becomes of it. */
function flooding(console: { feed(bytes: Uint8Array): Promise<void> }): void {
  const line = `${"flood ".repeat(12)}\r\n`;
  const bytes = Buffer.from(line.repeat(Math.ceil(FLOOD_BYTES / line.length)));
  let over = false;
  const done = (async () => {
    while (!over) {
      await console.feed(bytes);
      await new Promise<void>((resolve) => systemClock.after(FLOOD_INTERVAL_MS, resolve));
    }
  })();
  onTestFinished(() => {
    over = true;
    return done;
  });
}
