import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Attached, ConfedRig, type DiskShim, diskShim, type RigAgent } from "@confed/testkit";
import { expect, onTestFinished, test, vi } from "vitest";

// F15 and F16: what the kernel says of a disk, injected where no file system of this machine says it.

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

const block = (seed: number, length: number) =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7 + seed) % 251));

const notices = (viewer: Attached, text: string) =>
  viewer.messages.filter(({ event }) => event?.kind === "NOTICE" && event.text.includes(text)).length;

/** A console whose agent has a disk that does as it is told. */
async function onShim(): Promise<
  | {
      readonly rig: ConfedRig;
      readonly shim: DiskShim;
      readonly device: Awaited<ReturnType<ConfedRig["device"]>>;
    }
  | string
> {
  const rig = new ConfedRig();
  const shim = await diskShim(rig.directory);
  if (typeof shim === "string") return shim;
  return { rig, shim, device: await rig.device("n1") };
}

const inspect = (rig: ConfedRig, agent: RigAgent, console = "n1") =>
  rig.channel(agent).client.inspect({ console }, { signal: new AbortController().signal });

const REFUSALS = [
  ["fails with EIO", "write EIO /n1.log"],
  ["has no quota left", "write EDQUOT /n1.log"],
  ["became read-only", "write EROFS /n1.log"],
  ["takes half of what it is given, then nothing", "write short /n1.log"],
  ["cannot take the index", "write EIO /n1.index"],
] as const;

for (const [how, rule] of REFUSALS) {
  test(`a log on a disk that ${how} is shown as stalled, kept, and exact when it heals, twice`, async (context) => {
    const made = await onShim();
    if (typeof made === "string") return context.skip(made);
    const { rig, shim, device } = made;
    const agent = await rig.startAgent({ consoles: [device.entry], env: shim.env });
    const viewer = rig.attach(agent, { console: "n1" });
    await viewer.whenOpened();
    let sent = Buffer.alloc(0);
    const feed = async (bytes: Buffer) => {
      sent = Buffer.concat([sent, bytes]);
      await device.feed(bytes);
      await viewer.until(() => viewer.output.length === sent.length);
    };
    await feed(block(0, 1_000));
    await eventually(() => {
      expect(agent.log("n1").length).toBe(sent.length);
    });
    for (const round of [1, 2]) {
      shim.rules(rule, "open EIO /n1.log");
      // Closed and opened by name again: also the index begins with a record.
      process.kill(agent.process.pid, "SIGUSR1");
      await feed(block(round, 20_000));
      await viewer.until(() => notices(viewer, "the log cannot be written") === round);
      expect((await inspect(rig, agent)).logTrouble?.code).not.toBe("");
      await feed(block(round + 5, 10_000));
      shim.rules();
      await viewer.until(() => notices(viewer, "the log is written again") === round);
      expect((await inspect(rig, agent)).logTrouble).toBeNull();
      await eventually(() => {
        expect(agent.log("n1").equals(sent)).toBe(true);
      });
    }
    expect(agent.gaps("n1")).toEqual([]);
  });
}

test("a strict console takes nobody while its log cannot be written, and does again, twice", async (context) => {
  const made = await onShim();
  if (typeof made === "string") return context.skip(made);
  const { rig, shim, device } = made;
  const other = await rig.device("n2");
  const agent = await rig.startAgent({
    consoles: [device.entry, other.entry],
    env: shim.env,
    logs: { for: [{ consoles: "n1", strict: true }] },
  });
  for (const round of [1, 2]) {
    shim.rules("write ENOSPC .log", "open ENOSPC .log");
    await device.feed(block(round, 100));
    await other.feed(block(round, 100));
    for (const name of ["n1", "n2"])
      await vi.waitFor(async () => {
        expect((await inspect(rig, agent, name)).logTrouble).not.toBeNull();
      }, 10_000);
    const refused = rig.attach(agent, { console: "n1" });
    await refused.until(() => refused.messages.some(({ end }) => end));
    const error = refused.messages.find(({ end }) => end)?.end?.error;
    expect(error?.code).toBe("failed_precondition");
    expect(error?.message).toMatch(/^the log of n1 cannot be written: .*no space left on device/);
    // Best effort: whoever may lose a log rather than a console is let in.
    await rig.attach(agent, { console: "n2" }).whenOpened();
    shim.rules();
    await vi.waitFor(async () => {
      expect((await inspect(rig, agent)).logTrouble).toBeNull();
    }, 10_000);
    await rig.attach(agent, { console: "n1", mode: "VIEW" }).whenOpened();
  }
});

test("positions that were not synced are written again elsewhere, and no offset is used twice", async (context) => {
  const made = await onShim();
  if (typeof made === "string") return context.skip(made);
  const { rig, shim, device } = made;
  const agent = await rig.startAgent({ consoles: [device.entry], env: shim.env });
  let sentBytes = 0;
  for (const round of [1, 2]) {
    // Watched, it is read at once.
    await rig.attach(agent, { console: "n1" }).whenOpened();
    const before = await inspect(rig, agent);
    const begin = before.end?.offset ?? 0;
    // Enough for the next reservation, which the disk does not sync.
    shim.rules("sync EIO positions");
    const bytes = block(round, 9 * 1024 * 1024);
    await device.feed(bytes);
    sentBytes += bytes.length;
    await vi.waitFor(async () => {
      expect(agent.log("n1").length).toBe(sentBytes);
      const { end, logTrouble } = await inspect(rig, agent);
      expect(end?.offset).toBe(begin + bytes.length);
      expect(logTrouble?.message).toContain("fdatasync");
    }, 10_000);
    shim.rules();
    await vi.waitFor(async () => {
      expect((await inspect(rig, agent)).logTrouble).toBeNull();
    }, 10_000);
    await agent.process.kill();
    await agent.restart();
    await vi.waitFor(async () => {
      expect((await inspect(rig, agent)).end).not.toBeNull();
    }, 10_000);
    const gap = agent.gaps("n1").at(-1);
    expect(gap).toMatchObject({ off: begin + bytes.length, known: false, why: "agent-restart" });
    expect((await inspect(rig, agent)).end).toEqual({ logId: before.end?.logId, offset: gap?.to });
  }
});

test("what a disk loses in a sync is a gap, a new file begins, and it heals, twice", async (context) => {
  const made = await onShim();
  if (typeof made === "string") return context.skip(made);
  const { rig, shim, device } = made;
  const logs = { for: [{ consoles: "n1", sync: "journal" }] };
  const agent = await rig.startAgent({ consoles: [device.entry], env: shim.env, logs });
  const viewer = rig.attach(agent, { console: "n1" });
  await viewer.whenOpened();
  let inFile = Buffer.alloc(0);
  let sent = 0;
  let lostEnd = 0;
  const feed = async (bytes: Buffer) => {
    inFile = Buffer.concat([inFile, bytes]);
    sent += bytes.length;
    await device.feed(bytes);
    await eventually(() => {
      expect(agent.log("n1").equals(inFile)).toBe(true);
    });
  };
  for (const round of [1, 2]) {
    shim.rules("sync EIO /n1.log");
    await feed(block(round, 3_000));
    // Closing a log that has a journal syncs it.
    process.kill(agent.process.pid, "SIGUSR1");
    await viewer.until(() => notices(viewer, "bytes are not in the log (disk-failed") === round);
    shim.rules();
    // All that was written since the disk last said that it has it.
    expect(agent.gaps("n1").at(-1)).toMatchObject({
      off: lostEnd,
      to: sent,
      known: true,
      why: "disk-failed",
    });
    const events = agent.index("n1").filter((record) => record.t === "ev" && record.what === "disk-failed");
    expect(events).toHaveLength(round);
    lostEnd = sent;
    // Nothing is appended to the file that the disk lost something of.
    inFile = Buffer.alloc(0);
    await feed(block(round + 5, 2_000));
  }
  expect(agent.gaps("n1")).toHaveLength(2);
});

test("a journal that cannot be synced is followed by another, and nothing is lost, twice", async (context) => {
  const made = await onShim();
  if (typeof made === "string") return context.skip(made);
  const { rig, shim, device } = made;
  const agent = await rig.startAgent({ consoles: [device.entry], env: shim.env, logs: { sync: "journal" } });
  const journals = () => readdirSync(agent.stateDir).filter((name) => name.startsWith("journal-"));
  let sent = Buffer.alloc(0);
  const feed = (bytes: Buffer) => {
    sent = Buffer.concat([sent, bytes]);
    return device.feed(bytes);
  };
  const logged = () =>
    eventually(() => {
      expect(agent.log("n1").equals(sent)).toBe(true);
    });
  for (const round of [1, 2]) {
    await feed(block(round, 1_000));
    await logged();
    const [journal = ""] = journals();
    // The kernel says it of what was written so far; the next file may be well.
    shim.rules(`sync EIO /${journal}`);
    await feed(block(round, 1_000));
    await eventually(() => {
      expect(agent.process.said).toContain("the journal goes on in a new file: EIO");
      expect(journals()).not.toContain(journal);
    });
    await feed(block(round, 1_000));
    await logged();
    expect(journals()).toHaveLength(1);
    // None can be: what comes now is promised to nobody, and kept.
    shim.rules("sync EIO /journal-");
    await feed(block(round, 1_000));
    await eventually(() => {
      expect(journals()).toEqual([]);
    });
    await feed(block(round, 1_000));
    await vi.waitFor(async () => {
      expect((await inspect(rig, agent)).logTrouble?.message).toContain("fdatasync");
    }, 10_000);
    expect(agent.log("n1").byteLength).toBeLessThan(sent.byteLength);
    shim.rules();
    await logged();
  }
  expect(agent.gaps("n1")).toEqual([]);
});

test("a disk without inodes takes what was kept when it has some again, twice", async (context) => {
  const rig = new ConfedRig();
  const devices = [await rig.device("n1"), await rig.device("n2")];
  const logs = join(rig.directory, "sn01-logs");
  mkdirSync(logs);
  const mounted = await promisify(execFile)("mount", ["-t", "tmpfs", "-o", "nr_inodes=6", "none", logs]).then(
    () => "",
    (reason: unknown) => `no file system can be mounted here: ${String(reason)}`,
  );
  if (mounted !== "") return context.skip(mounted);
  onTestFinished(() => promisify(execFile)("umount", ["-l", logs]).then(() => undefined));
  const agent = await rig.startAgent({ consoles: devices.map(({ entry }) => entry) });
  for (const [round, device] of devices.entries()) {
    // A log is made when there is something to write.
    const { name } = device.entry;
    const viewer = rig.attach(agent, { console: name });
    await viewer.whenOpened();
    const fillers = takeInodes(logs);
    const bytes = block(round, 5_000);
    await device.feed(bytes);
    await viewer.until(() => notices(viewer, "the log cannot be written") === 1);
    for (const filler of fillers) rmSync(filler);
    await viewer.until(() => notices(viewer, "the log is written again") === 1);
    await eventually(() => {
      expect(agent.log(name).equals(bytes)).toBe(true);
    });
  }
});

function takeInodes(directory: string): readonly string[] {
  const taken: string[] = [];
  for (let n = 0; ; n += 1) {
    const path = join(directory, `filler${n}`);
    try {
      writeFileSync(path, "");
    } catch {
      return taken;
    }
    taken.push(path);
  }
}
