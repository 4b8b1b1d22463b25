import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { ConfedRig, type RigAgent } from "@confed/testkit";
import { expect, test, vi } from "vitest";

// F17, with real processes: writer, keeper and reader.

const eventually = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: 20_000, interval: 50 });

/** What a client is shown of the whole log. */
async function shown(rig: ConfedRig, agent: RigAgent): Promise<Buffer> {
  const { client } = rig.channel(agent);
  const parts: Buffer[] = [];
  const read = client.readLog({ console: "n1" }, { signal: new AbortController().signal });
  await new Promise<void>((resolve, reject) => {
    read.receive(
      ({ chunk, gap }) => {
        if (gap) reject(new Error(`a gap: ${JSON.stringify(gap)}`));
        if (chunk) parts.push(Buffer.from(chunk.data));
      },
      (error) => {
        if (error === undefined) resolve();
        else reject(error);
      },
    );
  });
  return Buffer.concat(parts);
}

test("a log rotated by size is packed beside, and read as one", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const agent = await rig.startAgent({
    consoles: [device.entry],
    logs: { rotate: { size: "64KiB" }, compress: "gzip" },
  });
  let sent = Buffer.alloc(0);
  for (let part = 0; part < 8; part += 1) {
    const bytes = Buffer.alloc(40_000, `part ${part} `);
    sent = Buffer.concat([sent, bytes]);
    await device.feed(bytes);
    await eventually(async () => {
      expect((await shown(rig, agent)).length).toBe(sent.length);
    });
  }
  const names = () => readdirSync(dirname(agent.logPath("n1")));
  await eventually(() => {
    expect(names().filter((name) => name.endsWith(".gz")).length).toBeGreaterThanOrEqual(3);
    expect(names().filter((name) => name !== "n1.log" && !name.endsWith(".gz"))).toEqual([]);
  });
  expect((await shown(rig, agent)).equals(sent)).toBe(true);
});
