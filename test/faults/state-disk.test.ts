import { execFile } from "node:child_process";
import { appendFileSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { audited, ConfedRig } from "@confed/testkit";
import { expect, onTestFinished, test, vi } from "vitest";

const run = promisify(execFile);

// F15, the other disk: the logs have room, positions and indexes have none.

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

const block = (seed: number, length: number) =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7 + seed) % 251));

/**
 * Fill a file system to its last byte, then the last block of files that have room in it: the agent writes as well,
 * and what it appends in between fits into such a block, or does not fit at all.
 */
function fill(directory: string, files: readonly string[]): () => void {
  const blockBytes = 4_096;
  const path = join(directory, "filler");
  writeFileSync(path, "");
  try {
    for (;;) appendFileSync(path, Buffer.alloc(blockBytes));
  } catch (reason) {
    expect(reason).toMatchObject({ code: "ENOSPC" });
  }
  for (const file of files) {
    const roomBytes = -statSync(file).size & (blockBytes - 1);
    appendFileSync(file, "\n".repeat(roomBytes));
  }
  return () => {
    rmSync(path);
  };
}

/** An agent with one console and a state directory of 4 MiB; undefined: not here. */
async function onSmallDisk() {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const state = join(rig.directory, "sn01-state");
  mkdirSync(state);
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=4m", "none", state]);
  } catch {
    return undefined;
  }
  onTestFinished(() => run("umount", ["-l", state]).then(() => undefined));
  const agent = await rig.startAgent({ consoles: [device.entry] });
  const viewer = rig.attach(agent, { console: "n1" });
  await viewer.whenOpened();
  // Its first files are made: what it cannot finish it takes back, and that would be room for others.
  await audited(join(state, "audit"), { event: "attach.start" });
  return { rig, device, state, agent, viewer };
}

test("a state directory that is full keeps no console from being read, watched and logged, and heals, twice", async (context) => {
  const made = await onSmallDisk();
  if (made === undefined) return context.skip("no file system can be mounted here");
  const { rig, device, state, agent, viewer } = made;
  const trouble = async () =>
    (await rig.channel(agent).client.inspect({ console: "n1" }, { signal: new AbortController().signal }))
      .logTrouble;
  const saidOf = (what: string) => agent.process.said.split(what).length - 1;
  let sent = Buffer.alloc(0);
  const feed = async (bytes: Buffer) => {
    sent = Buffer.concat([sent, bytes]);
    await device.feed(bytes);
    await viewer.until(() => viewer.endOffset === sent.length);
    await eventually(() => {
      expect(agent.log("n1").equals(sent)).toBe(true);
    });
  };
  const trickleUntil = (check: () => void) =>
    vi.waitFor(
      async () => {
        await feed(block(3, 10));
        check();
      },
      { timeout: 20_000, interval: 500 },
    );
  await feed(block(0, 1_000));
  for (const round of [1, 2]) {
    const makeRoom = fill(state, [join(state, "index", "n1.index"), join(state, "positions")]);
    // Enough for the next reservation of offsets, which has no room, and not for all that were reserved.
    await feed(block(round, (round === 1 ? 9 : 16) * 1024 * 1024));
    await vi.waitFor(async () => {
      expect((await trouble())?.message).toContain("no space left on device");
    }, 10_000);
    await trickleUntil(() => {
      expect(saidOf("the indexes of logs cannot be written; gaps are kept")).toBe(round);
    });
    // Said once, and not taken back by every line that the log can take.
    expect(saidOf('"message":"log cannot be written"')).toBe(round);
    expect(saidOf('"message":"all logs are written again"')).toBe(round - 1);
    makeRoom();
    await vi.waitFor(async () => {
      expect(await trouble()).toBeNull();
    }, 10_000);
    await trickleUntil(() => {
      expect(saidOf("the indexes of logs are written again")).toBe(round);
    });
  }
  expect(agent.gaps("n1")).toEqual([]);
  expect((await rig.shownLog(agent, "n1")).equals(sent)).toBe(true);
});

test("a log writer that dies on a full state directory is replaced, and nothing is lost, twice", async (context) => {
  const made = await onSmallDisk();
  if (made === undefined) return context.skip("no file system can be mounted here");
  const { device, state, agent, viewer } = made;
  let sent = Buffer.alloc(0);
  const feed = async (bytes: Buffer) => {
    sent = Buffer.concat([sent, bytes]);
    await device.feed(bytes);
    await viewer.until(() => viewer.output.length === sent.length);
  };
  await feed(block(0, 1_000));
  await eventually(() => {
    expect(agent.log("n1").equals(sent)).toBe(true);
  });
  for (const round of [1, 2]) {
    const from = agent.process.lines.length;
    const makeRoom = fill(state, [join(state, "index", "n1.index"), join(state, "positions")]);
    process.kill(agent.process.childLike("log-writer").pid, "SIGKILL");
    await agent.process.logged("log cannot be written", { console: "n1" }, from);
    await feed(block(round, 5_000));
    makeRoom();
    await eventually(() => {
      expect(agent.log("n1").equals(sent)).toBe(true);
    });
  }
  expect(agent.gaps("n1")).toEqual([]);
});

test("an agent is told why it cannot start on a full state directory, and goes on when it can, twice", async (context) => {
  const made = await onSmallDisk();
  if (made === undefined) return context.skip("no file system can be mounted here");
  const { rig, device, state, agent } = made;
  for (const round of [1, 2]) {
    // First, for its audit writer ends in order, and takes a lock away with it: room for another's.
    await agent.process.kill();
    const makeRoom = fill(state, [join(state, "positions")]);
    await expect(agent.restart()).rejects.toThrow(
      /the state directory cannot be used: .*no space left on device/,
    );
    makeRoom();
    await agent.restart();
    const viewer = rig.attach(agent, { console: "n1" });
    await viewer.whenOpened();
    const bytes = block(round, 500);
    await device.feed(bytes);
    await eventually(() => {
      expect(agent.log("n1").subarray(-500).equals(bytes)).toBe(true);
    });
  }
});
