import { execFile } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "@confed/kernel";
import { type Attached, ConfedRig, type RigAgent } from "@confed/testkit";
import { expect, onTestFinished, test, vi } from "vitest";

const run = promisify(execFile);

// F14-F16. The logs lie on a file system of their own, which is then filled, made read-only or
// frozen; the state directory does not.

const probe = `/tmp/confed-mount-${process.pid}`;
mkdirSync(probe);
const why = await run("mount", ["-t", "tmpfs", "none", probe]).then(
  () => run("umount", [probe]).then(() => ""),
  (reason: unknown) => `no file system can be mounted here: ${String(reason)}`,
);
rmSync(probe, { recursive: true });

async function mounted(directory: string, ...args: readonly string[]): Promise<void> {
  mkdirSync(directory, { recursive: true });
  await run("mount", [...args, directory]);
  // Runs before the rig takes its directory away, and while the agent may still write.
  onTestFinished(() => run("umount", ["-l", directory]).then(() => undefined));
}

/** Fill the file system to its last byte. Returns how to make room again. */
function fill(directory: string): () => void {
  const path = join(directory, "filler");
  const { bavail, bsize } = statfsSync(directory);
  writeFileSync(path, Buffer.alloc(bavail * bsize));
  return () => {
    rmSync(path);
  };
}

/** Longer than it takes until the log counts as stalled. */
const FROZEN_MS = 6_500;

const eventually = (condition: () => boolean) =>
  vi.waitFor(
    () => {
      if (!condition()) throw new Error("not yet");
    },
    { timeout: 10_000, interval: 20 },
  );

async function oneConsole() {
  const rig = new ConfedRig();
  return { rig, device: await rig.device("n1"), logs: join(rig.directory, "sn01-logs") };
}

const notices = (viewer: Attached) =>
  viewer.messages.flatMap(({ event }) => (event?.kind === "NOTICE" ? [event.text] : []));
const noticed = (viewer: Attached, text: string, count: number) =>
  viewer.until(() => notices(viewer).filter((notice) => notice.includes(text)).length >= count);

const block = (seed: number, length: number) =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7 + seed) % 251));

async function listed(rig: ConfedRig, agent: RigAgent): Promise<string> {
  const run = rig.rcons(agent, "ls");
  await run.exited;
  return run.output;
}

/** The offsets of [from, to) that the log explains by gaps. */
const gapBytes = (agent: RigAgent) => agent.gaps("n1").reduce((sum, { off, to }) => sum + to - off, 0);

test("what is printed while the disk is full is kept and logged when it heals, twice", async (context) => {
  if (why !== "") return context.skip(why);
  const { rig, device, logs } = await oneConsole();
  await mounted(logs, "-t", "tmpfs", "-o", "size=256k", "none");
  const agent = await rig.startAgent({ consoles: [device.entry] });
  const viewer = rig.attach(agent, { console: "n1" });
  await viewer.whenOpened();
  let sent = Buffer.alloc(0);
  const feed = async (bytes: Buffer) => {
    await device.feed(bytes);
    sent = Buffer.concat([sent, bytes]);
    // Viewers have it at once, whatever the disk does.
    await viewer.until(() => viewer.output.length === sent.length);
  };
  await feed(block(1, 1_000));
  for (const round of [1, 2]) {
    const makeRoom = fill(logs);
    await feed(block(round, 20_000));
    await noticed(viewer, "the log cannot be written", round);
    await feed(block(round + 5, 10_000));
    // Who comes now sees all of it: from the file, and from what is kept.
    const late = rig.attach(agent, {
      console: "n1",
      from: { logId: viewer.opened?.start?.logId ?? "", offset: 0 },
    });
    await late.until(() => late.output.length === sent.length);
    expect(late.output.equals(sent)).toBe(true);
    makeRoom();
    const healedFromMs = systemClock.nowMs();
    await noticed(viewer, "the log is written again", round);
    expect(systemClock.nowMs() - healedFromMs).toBeLessThan(2_000);
    await eventually(() => agent.log("n1").length === sent.length);
    expect(agent.log("n1").equals(sent)).toBe(true);
  }
  expect(agent.gaps("n1")).toEqual([]);
});

test("a console that prints more than its backlog has one gap, its neighbour none", async (context) => {
  if (why !== "") return context.skip(why);
  const rig = new ConfedRig();
  const [flood, quiet] = [await rig.device("n1"), await rig.device("n2")];
  const logs = join(rig.directory, "sn01-logs");
  await mounted(logs, "-t", "tmpfs", "-o", "size=8m", "none");
  const agent = await rig.startAgent({ consoles: [flood.entry, quiet.entry] });
  const viewer = rig.attach(agent, { console: "n1" });
  const other = rig.attach(agent, { console: "n2" });
  await Promise.all([viewer.whenOpened(), other.whenOpened()]);
  let sent = Buffer.alloc(0);
  const feed = async (bytes: Buffer) => {
    sent = Buffer.concat([sent, bytes]);
    await flood.feed(bytes);
  };
  for (const round of [1, 2]) {
    const makeRoom = fill(logs);
    await feed(block(round, 10_000));
    await quiet.feed(block(round, 500));
    await noticed(viewer, "the log cannot be written", round);
    await feed(block(round, 1_500_000));
    // Whoever is attached is shown all of it, or told what was skipped.
    await viewer.until(() => viewer.endOffset === sent.length);
    makeRoom();
    await noticed(viewer, "the log is written again", round);
    await feed(Buffer.from("again"));
    await eventually(() => agent.log("n1").length + gapBytes(agent) === sent.length);
    await eventually(() => agent.log("n2").length === 500 * round);
    expect(agent.gaps("n1")).toHaveLength(round);
    expect(agent.gaps("n2")).toEqual([]);
    // The log is what was sent, without the gaps.
    const expected: Buffer[] = [];
    let at = 0;
    for (const { off, to } of agent.gaps("n1")) {
      expected.push(sent.subarray(at, off));
      at = to;
    }
    expect(agent.log("n1").equals(Buffer.concat([...expected, sent.subarray(at)]))).toBe(true);
    // Kept: its backlog, and no more than what was on its way when the disk refused it.
    expect(agent.log("n1").length).toBeGreaterThan(200_000 * round);
    expect(agent.log("n1").length).toBeLessThan(1_000_000 * round);
  }
});

test("a file system that becomes read-only is written again when it can be, twice", async (context) => {
  if (why !== "") return context.skip(why);
  const { rig, device, logs } = await oneConsole();
  await mounted(logs, "-t", "tmpfs", "-o", "size=1m", "none");
  const agent = await rig.startAgent({ consoles: [device.entry] });
  const viewer = rig.attach(agent, { console: "n1" });
  await viewer.whenOpened();
  let sent = Buffer.alloc(0);
  for (const round of [1, 2]) {
    // Files that are open for writing keep it from being read-only: logrotate's signal closes them.
    await remountReadOnly(agent, logs);
    const bytes = block(round, 5_000);
    sent = Buffer.concat([sent, bytes]);
    await device.feed(bytes);
    await noticed(viewer, "the log cannot be written", round);
    await run("mount", ["-o", "remount,rw", logs]);
    await noticed(viewer, "the log is written again", round);
    await eventually(() => agent.log("n1").equals(sent));
  }
  expect(agent.gaps("n1")).toEqual([]);
});

async function remountReadOnly(agent: RigAgent, logs: string): Promise<void> {
  for (;;) {
    process.kill(agent.process.pid, "SIGUSR1");
    if (
      await run("mount", ["-o", "remount,ro", logs]).then(
        () => true,
        () => false,
      )
    )
      return;
  }
}

test("a disk that hangs stops neither reading nor viewers, and takes all when it heals, twice", async (context) => {
  if (why !== "") return context.skip(why);
  const { rig, device, logs } = await oneConsole();
  const image = join(rig.directory, "disk.img");
  writeFileSync(image, "");
  await run("truncate", ["-s", "16M", image]);
  const made = await run("mkfs.ext4", ["-q", "-F", image])
    .then(() => mounted(logs, "-o", "loop", image))
    .then(
      () => "",
      (reason: unknown) => `no ext4 on a loop device here: ${String(reason)}`,
    );
  if (made !== "") return context.skip(made);
  const agent = await rig.startAgent({ consoles: [device.entry] });
  const viewer = rig.attach(agent, { console: "n1" });
  await viewer.whenOpened();
  let sent = Buffer.alloc(0);
  const feed = async (bytes: Buffer) => {
    sent = Buffer.concat([sent, bytes]);
    await device.feed(bytes);
    await viewer.until(() => viewer.output.length === sent.length);
  };
  await feed(block(0, 3_000));
  await eventually(() => agent.log("n1").length === sent.length);
  for (const round of [1, 2]) {
    await run("fsfreeze", ["-f", logs]);
    try {
      // Long enough that the log is late, little enough that its backlog holds it.
      for (const fromMs = systemClock.nowMs(); systemClock.nowMs() - fromMs < FROZEN_MS; ) {
        await feed(block(round, 10));
      }
      // Whoever looks is told, in the words of the listing.
      expect(await listed(rig, agent)).toContain("log-stalled: the disk with the logs has not answered");
      await noticed(viewer, "the log cannot be written: the disk with the logs has not answered", round);
    } finally {
      await run("fsfreeze", ["-u", logs]);
    }
    const healedFromMs = systemClock.nowMs();
    await eventually(() => agent.log("n1").length === sent.length);
    expect(systemClock.nowMs() - healedFromMs).toBeLessThan(2_000);
    expect(agent.log("n1").equals(sent)).toBe(true);
    await noticed(viewer, "the log is written again", round);
    expect(await listed(rig, agent)).not.toContain("log-stalled");
  }
  expect(agent.gaps("n1")).toEqual([]);
});
