import { copyFileSync, renameSync, truncateSync } from "node:fs";
import { ConfedRig, type RigAgent } from "@confed/testkit";
import { expect, test, vi } from "vitest";

// F17: somebody else rotates a log while its console floods it.

/** Byte `offset` of what the console prints. */
const source = (from: number, to: number) =>
  Buffer.from(
    Uint8Array.from({ length: to - from }, (_, at) => ((from + at) * 7 + ((from + at) >> 8)) % 251),
  );

const ROUNDS = 6;
const ROUND_BYTES = 400_000;

/** How many bytes a client is shown, and in how many gaps it is told of the rest; wrong bytes fail. */
async function shown(rig: ConfedRig, agent: RigAgent) {
  let bytes = 0;
  let missing = 0;
  const read = rig.channel(agent).client.readLog({ console: "n1" }, { signal: new AbortController().signal });
  await new Promise<void>((resolve, reject) => {
    read.receive(
      ({ chunk, gap }) => {
        if (gap) missing += gap.to - gap.from;
        if (!chunk) return;
        const { offset } = chunk;
        bytes += chunk.data.length;
        if (!Buffer.from(chunk.data).equals(source(offset, offset + chunk.data.length)))
          reject(new Error(`wrong bytes at ${offset}`));
      },
      (error) => {
        if (error === undefined) resolve();
        else reject(error);
      },
    );
  });
  return { bytes, missing };
}

const HABITS: readonly [string, (path: string, round: number) => void][] = [
  [
    "renames it",
    (path, round) => {
      renameSync(path, `${path}.${round}`);
    },
  ],
  [
    "copies and truncates it",
    (path, round) => {
      copyFileSync(path, `${path}.${round}`);
      truncateSync(path);
    },
  ],
];

test.each(HABITS)(
  "a flooded log is exact or marked while somebody %s again and again",
  async (habit, act) => {
    const rig = new ConfedRig();
    const device = await rig.device("n1");
    const agent = await rig.startAgent({ consoles: [device.entry] });
    await rig.attach(agent, { console: "n1" }).whenOpened();
    for (let round = 0; round < ROUNDS; round += 1) {
      const from = round * ROUND_BYTES;
      await device.feed(source(from, from + ROUND_BYTES / 2));
      await vi.waitFor(() => expect(agent.log("n1").length).toBeGreaterThan(0), 10_000);
      const flooded = device.feed(source(from + ROUND_BYTES / 2, from + ROUND_BYTES));
      act(agent.logPath("n1"), round);
      if (habit === "renames it") process.kill(agent.process.pid, "SIGUSR1");
      await flooded;
    }
    // The log writer looks at a log's path once a second, when there is something to write.
    let sent = ROUNDS * ROUND_BYTES;
    await vi.waitFor(
      async () => {
        await device.feed(source(sent, sent + 100));
        sent += 100;
        await shown(rig, agent);
      },
      { timeout: 15_000, interval: 1_200 },
    );
    await vi.waitFor(
      async () => {
        const { bytes, missing } = await shown(rig, agent);
        expect(bytes + missing).toBe(sent);
      },
      { timeout: 15_000, interval: 100 },
    );
    // A file that was renamed beside is found: nothing is missing.
    if (habit === "renames it") expect(await shown(rig, agent)).toEqual({ bytes: sent, missing: 0 });
    // It heals: what comes now is logged and shown.
    const { bytes } = await shown(rig, agent);
    await device.feed(source(sent, sent + 1_000));
    await vi.waitFor(async () => {
      expect((await shown(rig, agent)).bytes).toBeGreaterThanOrEqual(bytes + 1_000);
    }, 10_000);
  },
);
