import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { ConfedRig, diskShim, type RigAgent } from "@confed/testkit";
import { expect, test, vi } from "vitest";

// F17: writer and keeper die between any two steps of a rotation and of packing; the shim kills
// whichever process is about to take a step, or has just taken it.

const STEPS = [
  "rename kill@1 /n1.log",
  "rename killed@1 /n1.log",
  "rename killed@2 /n1.log",
  "open killed@1 .gz.new",
  "write killed@1 .gz.new",
  "sync killed@1 .gz.new",
  "rename kill@1 .gz.new",
  "rename killed@1 .gz.new",
  "unlink kill@1 /n1.log.",
] as const;

const part = (number: number) => Buffer.alloc(20_000, `part ${number} `);

/** What a client is shown of the whole log. */
async function shown(
  rig: ConfedRig,
  agent: RigAgent,
): Promise<{ readonly bytes: Buffer; readonly gaps: number }> {
  const parts: Buffer[] = [];
  let gaps = 0;
  const read = rig.channel(agent).client.readLog({ console: "n1" }, { signal: new AbortController().signal });
  await new Promise<void>((resolve, reject) => {
    read.receive(
      ({ chunk, gap }) => {
        if (gap) gaps += 1;
        if (chunk) parts.push(Buffer.from(chunk.data));
      },
      (error) => {
        if (error === undefined) resolve();
        else reject(error);
      },
    );
  });
  return { bytes: Buffer.concat(parts), gaps };
}

for (const step of STEPS) {
  test(`a log is exact when a process dies at "${step}", twice`, async (context) => {
    const rig = new ConfedRig();
    const shim = await diskShim(rig.directory);
    if (typeof shim === "string") return context.skip(shim);
    const device = await rig.device("n1");
    const agent = await rig.startAgent({
      ...{ consoles: [device.entry], env: shim.env },
      logs: { rotate: { size: "64KiB" }, compress: "gzip" },
    });
    await rig.attach(agent, { console: "n1" }).whenOpened();
    let sent = Buffer.alloc(0);
    const deaths = () => agent.process.said.split(/log writer died|segment keeper died/).length - 1;
    for (const round of [1, 2]) {
      const before = deaths();
      shim.rules(step);
      for (let number = 0; number < 12; number += 1) {
        const bytes = part(round * 100 + number);
        sent = Buffer.concat([sent, bytes]);
        await device.feed(bytes);
        await vi.waitFor(
          async () => {
            // Whoever follows is not killed again.
            if (deaths() > before) shim.rules();
            expect((await shown(rig, agent)).bytes.length).toBe(sent.length);
          },
          { timeout: 15_000, interval: 50 },
        );
      }
      await vi.waitFor(() => expect(deaths()).toBeGreaterThan(before), 15_000);
      shim.rules();
    }
    // Whoever followed packs what was left, and what is torn goes.
    const names = () => readdirSync(dirname(agent.logPath("n1"))).filter((name) => name !== "n1.log");
    await vi.waitFor(() => expect(names().filter((name) => !name.endsWith(".gz"))).toEqual([]), 20_000);
    expect(names().length).toBeGreaterThan(3);
    const { bytes, gaps } = await shown(rig, agent);
    expect(bytes.equals(sent)).toBe(true);
    expect(gaps).toBe(0);
  });
}
