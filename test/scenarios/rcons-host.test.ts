import { ConfedRig, RconsRun } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";

test("rcons asks the host that xCAT's would: argument, CONSERVER, the owner, and says so with -v", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const head = await rig.startHead();
  const agent = await rig.startAgent({ consoles: [device.entry], heads: [head.address] });
  await rig.watch(head).shows("n1", "CONNECTED");
  const nobody = "127.0.0.1:1";
  const cases = [
    // The head of that host, or the agent where there is no head.
    [[head.address], { CONSERVER: nobody, CONFED_HEAD: nobody }, `asking ${head.address}, the argument`],
    [[agent.address], { CONSERVER: nobody, CONFED_HEAD: nobody }, `asking ${agent.address}, the argument`],
    [[], { CONSERVER: agent.address, CONFED_HEAD: nobody }, `asking ${agent.address}, of CONSERVER`],
    [[], { CONSERVER: "", CONFED_HEAD: head.address }, `as ${head.address} (CONFED_HEAD) knows it`],
  ] as const;
  for (const [host, env, why] of cases) {
    const run = new RconsRun(["-v", "-f", "n1", ...host], env);
    onTestFinished(() => run.kill());
    await run.told(/\[.*n1/);
    expect(run.stderr.split("\n")[0]).toContain(why);
    await run.kill();
  }
  const lost = new RconsRun(["-v", "n1", nobody], {});
  expect(await lost.exited).not.toBe(0);
  expect(lost.stderr).toContain(nobody);
});
