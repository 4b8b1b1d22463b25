import { execFile } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { audited, auditRecords, ConfedRig, descendantsOf, type RigAgent, runConfed } from "@confed/testkit";
import { expect, onTestFinished, test, vi } from "vitest";

const run = promisify(execFile);

// F34. The audit lies on a file system of its own, which is then filled or made read-only; state and
// logs do not.

const probe = `/tmp/confed-mount-audit-${process.pid}`;
mkdirSync(probe);
const why = await run("mount", ["-t", "tmpfs", "none", probe]).then(
  () => run("umount", [probe]).then(() => ""),
  (reason: unknown) => `no file system can be mounted here: ${String(reason)}`,
);
rmSync(probe, { recursive: true });

/** Standard error is the journal. */
const UNDER_SYSTEMD = { JOURNAL_STREAM: "9:9" };

/** An agent whose audit has 8 MiB, and what can be done to that. */
async function agentWithSmallAudit(rig: ConfedRig, audit: Readonly<Record<string, unknown>>) {
  const mount = join(rig.directory, "audit");
  mkdirSync(mount, { mode: 0o700 });
  await run("mount", ["-t", "tmpfs", "-o", "size=8m,mode=0700", "none", mount]);
  onTestFinished(() => run("umount", ["-l", mount]).then(() => undefined));
  const devices = await Promise.all(["n1", "n2"].map((name) => rig.device(name)));
  const consoles = devices.map(({ entry }) => entry);
  const agent = await rig.startAgent({ consoles, audit: { dir: mount, ...audit }, env: UNDER_SYSTEMD });
  const directory = join(mount, "agent");
  await audited(directory, { event: "process.start" });
  return { agent, directory, faults: { full: fullDisk(mount), "read-only": readOnlyDisk(mount, agent) } };
}

interface Fault {
  readonly says: string;
  begin(): Promise<void>;
  heal(): Promise<void>;
}

function fullDisk(mount: string): Fault {
  const path = join(mount, "filler");
  return {
    says: "ENOSPC",
    begin: () => {
      const { bavail, bsize } = statfsSync(mount);
      try {
        writeFileSync(path, Buffer.alloc(bavail * bsize));
      } catch (reason) {
        // The audit took a page meanwhile: the disk is as full.
        if ((reason as NodeJS.ErrnoException).code !== "ENOSPC") throw reason;
      }
      return Promise.resolve();
    },
    heal: () => {
      rmSync(path);
      return Promise.resolve();
    },
  };
}

function readOnlyDisk(mount: string, agent: RigAgent): Fault {
  const remount = (how: string) => run("mount", ["-o", `remount,${how}`, mount]).then(() => undefined);
  return {
    says: "EROFS",
    // A file that is open for writing keeps it from being read-only: its writer is killed.
    begin: () =>
      vi.waitFor(
        async () => {
          for (const pid of auditWriters(agent)) process.kill(pid, "SIGKILL");
          await remount("ro");
        },
        { timeout: 10_000, interval: 20 },
      ),
    heal: () => remount("rw"),
  };
}

function auditWriters(agent: RigAgent): readonly number[] {
  return descendantsOf(agent.process.pid)
    .filter(({ command }) => command.includes("audit-writer"))
    .map(({ pid }) => pid);
}

/** Refused in words, or the mode that it got. */
async function attachAs(
  rig: ConfedRig,
  agent: RigAgent,
  open: { readonly console: string; readonly mode: "VIEW" | "WRITE" },
) {
  const viewer = rig.attach(agent, open);
  await viewer.until(() => viewer.opened !== undefined || viewer.ended !== undefined);
  return { viewer, mode: viewer.opened?.mode, refusal: viewer.ended?.error };
}

/** What is left of the last page of a file takes some records on a full disk. */
async function untilRefused(rig: ConfedRig, agent: RigAgent) {
  for (;;) {
    const attached = await attachAs(rig, agent, { console: "n1", mode: "WRITE" });
    if (attached.refusal !== undefined) return attached;
    rig.close(attached.viewer);
  }
}

/** An administrator who forces it is let in, and the journal of the host has it at once. */
async function breakGlass(rig: ConfedRig, agent: RigAgent): Promise<void> {
  const forced = rig.attach(agent, { console: "n1", mode: "WRITE", force: true, subject: "root@console" });
  expect((await forced.whenOpened()).mode).toBe("WRITE");
  // Said before the keyboard is given, but by another way.
  await vi.waitFor(() => {
    expect(agent.process.said).toMatch(/<2>confed audit: {[^\n]*"event":"access.break-glass"/);
  }, 20_000);
  rig.close(forced);
}

test.for(["full", "read-only"] as const)(
  "nobody new may write to a strict console while the audit's disk is %s, twice",
  async (kind, context) => {
    if (why !== "") return context.skip(why);
    const rig = new ConfedRig();
    const { agent, directory, faults } = await agentWithSmallAudit(rig, { policy: "strict", consoles: "n1" });
    const fault = faults[kind];
    const before = await attachAs(rig, agent, { console: "n1", mode: "WRITE" });
    expect(before.mode).toBe("WRITE");
    let refusals = 0;
    for (const round of [1, 2]) {
      await fault.begin();
      const refused = await untilRefused(rig, agent);
      refusals += 1;
      expect(refused.refusal?.message).toContain("[failed_precondition] nobody may write to n1 unseen: ");
      expect(refused.refusal?.message).toContain(fault.says);
      // Nobody is cut off: who writes goes on, who looks may come, other consoles are not concerned.
      before.viewer.type("still here");
      await before.viewer.inputTaken();
      expect((await attachAs(rig, agent, { console: "n1", mode: "VIEW" })).mode).toBe("VIEW");
      expect((await attachAs(rig, agent, { console: "n2", mode: "WRITE" })).refusal).toBeUndefined();
      if (round === 2) await breakGlass(rig, agent);
      await fault.heal();
      await vi.waitFor(
        async () => {
          const again = await attachAs(rig, agent, { console: "n1", mode: "WRITE" });
          rig.close(again.viewer);
          if (again.refusal !== undefined) refusals += 1;
          expect(again.refusal).toBeUndefined();
        },
        { timeout: 10_000, interval: 200 },
      );
      const holes = () => auditRecords(directory).filter(({ event }) => event === "audit.hole");
      await vi.waitFor(() => {
        expect(holes()).toHaveLength(round);
      }, 20_000);
      expect(holes()[round - 1]).toMatchObject({ code: "RC9004E", details: { lost: 0 } });
    }
    // What happened meanwhile is on record, late, in its order, and the chain is whole.
    const events = auditRecords(directory).map(({ event }) => event);
    expect(events.filter((event) => event === "attach.refused")).toHaveLength(refusals);
    expect(events.filter((event) => event === "access.break-glass")).toHaveLength(1);
    await agent.process.stop();
    expect(await runConfed(["audit", "verify", directory])).toMatchObject({ status: 0 });
  },
);

test("a best-effort audit holds nobody up while its disk is full, and counts what it lost", async (context) => {
  if (why !== "") return context.skip(why);
  const rig = new ConfedRig();
  const { agent, directory, faults } = await agentWithSmallAudit(rig, {});
  for (const round of [1, 2]) {
    await faults.full.begin();
    const { viewer, mode } = await attachAs(rig, agent, { console: "n1", mode: "WRITE" });
    expect(mode).toBe("WRITE");
    // More than is kept: each refused attach is a record.
    const stranger = "x".repeat(900);
    for (let at = 0; at < 1_000; at += 1)
      await rig.attach(agent, { console: stranger, subject: stranger }).whenEnded();
    rig.close(viewer);
    await faults.full.heal();
    await vi.waitFor(
      () => {
        const holes = auditRecords(directory).filter(({ event }) => event === "audit.hole");
        expect(holes).toHaveLength(round);
        expect(holes.at(-1)?.details?.["lost"]).toBeGreaterThan(0);
      },
      { timeout: 20_000, interval: 100 },
    );
  }
  await agent.process.stop();
  expect(await runConfed(["audit", "verify", directory])).toMatchObject({ status: 0 });
});
