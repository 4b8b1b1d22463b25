import { ConfedRig } from "@confed/testkit";
import { expect, test } from "vitest";

test("a session attached directly does not notice when the head is killed", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const head = await rig.startHead();
  const agent = await rig.startAgent({ heads: [head.address], consoles: [device.entry] });
  await rig.watch(head).shows("n1", "CONNECTED");

  const run = rig.rcons(head, "n1", "--route", "direct");
  await run.told("[n1 on sn01, direct ");
  await device.feed(Buffer.from("before\r\n"));
  await run.printed("before\r\n");
  const saidBytes = run.stderr.length;

  await head.process.kill();
  await agent.process.logged("head lost");
  await device.feed(Buffer.from("while the head is dead\r\n"));
  await run.printed("while the head is dead\r\n");
  await run.type("typed\r");
  await device.received.reached(6);
  expect(device.received.bytes().toString()).toBe("typed\r");

  await head.restart();
  await agent.process.logged("joined head", {}, agent.process.lines.length);
  await rig.watch(head).shows("n1", "CONNECTED");
  await device.feed(Buffer.from("after\r\n"));
  await run.printed("after\r\n");

  expect(run.stderr.slice(saidBytes)).toBe("");
  expect(run.output).toBe("before\r\nwhile the head is dead\r\nafter\r\n");
  await agent.process.stop();
  expect(agent.log("n1").toString()).toBe(run.output);
  expect(agent.gaps("n1")).toEqual([]);
});
