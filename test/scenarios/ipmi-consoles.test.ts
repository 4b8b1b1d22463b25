import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  audited,
  auditRecords,
  type BmcConsole,
  ConfedRig,
  type RigAgent,
  runConfed,
  type StatusWatch,
  startBmcConsole,
} from "@confed/testkit";
import { expect, onTestFinished, test, vi } from "vitest";

// What an operator sees of a console behind a BMC that is stolen, has another password, or loses output.

async function rigWithBmc(password?: string) {
  const rig = new ConfedRig();
  const console = await startBmcConsole();
  onTestFinished(() => console.close());
  const secret = join(rig.directory, "bmc-password");
  const { user } = console.bmc.user;
  writeFileSync(secret, `${password ?? console.bmc.user.password}\n`, { mode: 0o600 });
  const head = await rig.startHead();
  const entry = { name: "n1", transport: "ipmi", host: "127.0.0.1", port: console.bmc.port } as const;
  const agent = await rig.startAgent({
    heads: [head.address],
    consoles: [{ ...entry, user, password: { file: secret }, retry: { first: "50ms", max: "100ms" } }],
  });
  return { rig, console, head, agent, watch: rig.watch(head), secret };
}

test("a wrong password stops the retrying, says so, and the right one is tried at once", async () => {
  const { rig, console, head, agent, watch, secret } = await rigWithBmc("not-this");
  const { cause } = await watch.shows("n1", "WAITING");
  expect(cause).toMatchObject({
    code: "auth_failed",
    message: expect.stringContaining("has another password for user admin"),
    hint: expect.stringContaining("it is not tried again before that"),
  });
  const asked = console.bmc.received;
  const tried = watch.consoles.get("n1")!.attempt;
  await watch.until(() => watch.consoles.get("n1")!.attempt >= tried + 4);
  expect(console.bmc.received, "packets to a BMC that would lock the user out").toBe(asked);
  // In between it is tried again, for as long as it takes to see that nothing has changed.
  const shown = await vi.waitFor(
    async () => {
      const info = rig.rcons(head, "info", "n1");
      expect(await info.exited).toBe(0);
      expect(info.output).toMatch(/^cause: +auth_failed: .*another password for user admin/m);
      return info.output;
    },
    { timeout: 10_000 },
  );

  // A person may have corrected it there.
  expect(await rig.rcons(head, "reconnect", "n1").exited).toBe(0);
  await vi.waitFor(() => {
    expect(console.bmc.received).toBeGreaterThan(asked);
  }, 20_000);
  writeFileSync(secret, `${console.bmc.user.password}\n`);
  await watch.shows("n1", "CONNECTED");
  expect(shown + agent.process.said).not.toContain("not-this");
});

test("Serial over LAN that is stolen is taken back twice, then left, and taken by whoever forces it, audited", async () => {
  const { rig, console, head, agent, watch } = await rigWithBmc();
  await watch.shows("n1", "CONNECTED");
  const viewer = rig.attach(agent, { console: "n1" });
  await viewer.whenOpened();
  await stolenTwice(console, agent);
  await steal(console, agent);
  await held(watch);
  expect(watch.consoles.get("n1")).toMatchObject({
    cause: { code: "console_busy", hint: expect.stringContaining("rcons reconnect --force takes it") },
  });
  const thief = console.bmc.owner;

  expect(await rig.rcons(head, "reconnect", "n1").exited).toBe(0);
  const { attempt } = watch.consoles.get("n1")!;
  await watch.until(() => watch.consoles.get("n1")!.attempt > attempt + 2);
  expect(console.bmc.owner, "without force it stays whose it is").toBe(thief);

  expect(await rig.rcons(head, "reconnect", "--force", "n1").exited).toBe(0);
  await watch.shows("n1", "CONNECTED");
  expect(console.bmc.owner).not.toBe(thief);
  await console.print(Buffer.from("ours again"));
  await viewer.saw("ours again");
  const audit = join(agent.stateDir, "audit");
  await vi.waitFor(() => {
    expect(reconnects(audit)).toEqual([false, true]);
  }, 20_000);

  // The other way: whoever takes the keyboard by force.
  await steal(console, agent);
  await held(watch);
  const forced = rig.attach(agent, { console: "n1", subject: "ann", force: true });
  await forced.whenOpened();
  await watch.shows("n1", "CONNECTED");
  await audited(audit, { event: "console.reconnect", subject: "ann" });
  expect(reconnects(audit)).toEqual([false, true, true]);
  expect(events(agent, "link").filter((text) => text.startsWith("taking Serial over LAN"))).toEqual([
    ...Array<string>(2).fill("taking Serial over LAN from another session: it should be ours"),
    ...Array<string>(2).fill("taking Serial over LAN from another session: somebody asked for it"),
  ]);
});

test("an agent that ends closes its sessions, so that no BMC has one left", async () => {
  const { console, agent, watch } = await rigWithBmc();
  await watch.shows("n1", "CONNECTED");
  expect(console.bmc.owner).not.toBe(0);
  await agent.process.stop();
  expect([console.bmc.owner, console.bmc.sessions.size]).toEqual([0, 0]);
});

test("output that the BMC lost is an event of the log, and told to who watches, twice", async () => {
  const { rig, console, agent, watch } = await rigWithBmc();
  await watch.shows("n1", "CONNECTED");
  const viewer = rig.attach(agent, { console: "n1" });
  await viewer.whenOpened();
  for (const round of ["first", "second"]) {
    console.bmc.sol?.overrun();
    await console.print(Buffer.from(round));
    await viewer.saw(round);
  }
  await vi.waitFor(() => {
    expect(events(agent, "lost")).toEqual(
      Array(2).fill("output was lost before it came here: the BMC could not hold all that the host printed"),
    );
  }, 20_000);
});

test("datagrams that are dropped are counted where an administrator looks, twice", async () => {
  const { rig, console, head, agent, watch } = await rigWithBmc();
  await watch.shows("n1", "CONNECTED");
  const link = async () => {
    const info = rig.rcons(head, "info", "n1");
    expect(await info.exited).toBe(0);
    return /^link: +(.*)$/m.exec(info.output)?.[1] ?? "";
  };
  expect(await link()).toBe("cipher suite 17");
  const replayed = async () => Number(/dropped: (\d+) replayed/.exec(await link())?.[1]);
  let before = 0;
  for (const _ of ["once", "and again"]) {
    console.bmc.faults.duplicateRatio = 1;
    await console.print(Buffer.from("said twice"));
    await vi.waitFor(async () => {
      expect(await replayed()).toBeGreaterThan(before);
    }, 20_000);
    console.bmc.faults.duplicateRatio = 0;
    before = await replayed();
    await console.print(Buffer.from("said once"));
    expect(await replayed()).toBe(before);
  }
  const { status, stdout } = await runConfed(["status", "--agent", agent.address]);
  expect(status).toBe(0);
  expect(stdout).toMatch(new RegExp(`^dropped +datagrams of BMCs: ${before} replayed$`, "m"));
});

async function stolenTwice(console: BmcConsole, agent: RigAgent): Promise<void> {
  for (const _ of ["once", "and again"]) {
    const from = agent.process.lines.length;
    await steal(console, agent);
    await agent.process.logged("console up", { console: "n1" }, from);
  }
}

// Not by what the head shows: a state that lasts less than a page of changes is never told.
async function steal(console: BmcConsole, agent: RigAgent): Promise<void> {
  const from = agent.process.lines.length;
  console.bmc.steal({ notice: true });
  await agent.process.logged("console down", { console: "n1" }, from);
}

async function held(watch: StatusWatch): Promise<void> {
  await watch.until(() => watch.consoles.get("n1")?.cause?.message.includes("is held by") === true);
}

/** By force or not, in their order. */
function reconnects(audit: string): readonly unknown[] {
  return auditRecords(audit)
    .filter(({ event }) => event === "console.reconnect")
    .map(({ details }) => details?.["force"]);
}

function events(agent: RigAgent, wanted: string): readonly string[] {
  return agent
    .index("n1")
    .flatMap((record) => (record.t === "ev" && record.what === wanted ? [record.text ?? ""] : []));
}
