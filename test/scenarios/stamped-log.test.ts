import { join } from "node:path";
import { ConfedRig, runConfed } from "@confed/testkit";
import { expect, test, vi } from "vitest";

const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 /;

test("a stamped log has times for plain tools and the console's own bytes for everybody else, over two kills", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const agent = await rig.startAgent({
    consoles: [device.entry],
    logs: { for: [{ consoles: "n1", format: "stamped", sync: "journal" }] },
  });
  let printed = "";
  for (const round of [1, 2]) {
    const viewer = rig.attach(agent, { console: "n1" });
    await viewer.whenOpened();
    const text = `round ${round}\r\n\nlogin: `;
    printed += text;
    await device.feed(Buffer.from(text));
    await vi.waitFor(() => {
      expect(agent.log("n1").toString()).toContain(`round ${round}`);
      expect(agent.log("n1").toString()).toMatch(/login: $/);
    }, 10_000);
    // What `cat` shows.
    const lines = agent.log("n1").toString().split("\n");
    expect(lines.filter((line) => !STAMP.test(line))).toEqual([]);
    expect(lines.slice(-3).map((line) => line.replace(STAMP, ""))).toEqual([
      `round ${round}\r`,
      "",
      "login: ",
    ]);
    // What Confed shows.
    expect(viewer.output.toString()).toBe(text);
    expect((await rig.shownLog(agent, "n1")).toString()).toBe(printed);
    const log = rig.rcons(agent, "log", "n1");
    expect(await log.exited).toBe(0);
    expect(log.output).toContain(text);
    const late = rig.attach(agent, { console: "n1", replayLines: 2 });
    await late.saw("\nlogin: ");
    expect(late.output.toString()).toBe("\nlogin: ");
    rig.close(viewer);
    rig.close(late);
    await agent.process.kill();
    await agent.restart();
  }
  await agent.process.stop();
  expect(agent.gaps("n1").map(({ why }) => why)).toEqual(["agent-restart", "agent-restart"]);
  const config = join(rig.directory, "sn01.json");
  const verified = await runConfed(["logs", "verify", "n1", "--config", config]);
  expect(verified.stdout).toContain(`n1: stamped, ${printed.length} bytes in 1 file\n`);
  expect(verified.status).toBe(0);
});
