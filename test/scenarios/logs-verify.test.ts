import { truncateSync } from "node:fs";
import { join } from "node:path";
import { ConfedRig, runConfed } from "@confed/testkit";
import { expect, test, vi } from "vitest";

test("confed logs verify proves an agent's logs, and names what somebody cut off", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const agent = await rig.startAgent({ consoles: [device.entry] });
  await device.feed(Buffer.alloc(500, "proof "));
  await vi.waitFor(() => {
    expect(agent.log("n1").length).toBe(500);
  }, 20_000);
  await agent.process.stop();
  const verify = (...args: readonly string[]) =>
    runConfed(["logs", "verify", ...args, "--config", join(rig.directory, "sn01.json")]);
  const good = await verify();
  expect(good).toMatchObject({
    status: 0,
    stdout: "n1: proven, 500 bytes in 1 file\n1 of 1 logs are proven\n",
  });
  truncateSync(agent.logPath("n1"), 100);
  const bad = await verify("n1", "--json");
  expect(bad.status).toBe(1);
  expect(JSON.parse(bad.stdout)).toMatchObject({
    console: "n1",
    bytes: 100,
    faults: ["400 bytes from offset 100 on are in no file, and no gap explains it"],
  });
  expect((await verify("n2")).status).toBe(3);
});

test("a console that never printed has nothing to prove, while its agent runs, after a crash, and at rest", async () => {
  const rig = new ConfedRig();
  const agent = await rig.startAgent({ consoles: [(await rig.device("n1")).entry] });
  const verify = () => runConfed(["logs", "verify", "--config", join(rig.directory, "sn01.json")]);
  const nothing = { status: 0, stdout: "n1: proven, nothing logged yet\n1 of 1 logs are proven\n" };
  await agent.process.logged("console up", { console: "n1" });
  expect(await verify()).toMatchObject(nothing);
  await agent.process.kill();
  expect(await verify()).toMatchObject(nothing);
  await agent.restart();
  await agent.process.logged("console up", { console: "n1" });
  expect((await verify()).status).toBe(0);
  await agent.process.stop();
  expect((await verify()).status).toBe(0);
});
