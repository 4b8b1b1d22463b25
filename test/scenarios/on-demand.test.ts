import { ConfedRig } from "@confed/testkit";
import { expect, test } from "vitest";

test("a console on demand is connected while somebody is attached, and only then", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1", { onDemand: true });
  let connections = 0;
  device.server.on("connection", () => (connections += 1));
  const head = await rig.startHead();
  const agent = await rig.startAgent({ heads: [head.address], consoles: [device.entry] });
  const screen = rig.watch(head);
  await screen.shows("n1", "IDLE");
  expect(connections).toBe(0);

  for (let round = 1; round <= 2; round += 1) {
    const first = rig.attach(agent, { console: "n1", mode: "VIEW" });
    await first.whenOpened();
    await screen.shows("n1", "CONNECTED");
    const second = rig.attach(head, { console: "n1" });
    await second.whenOpened();
    await device.feed(Buffer.from(`round ${round}\r\n`));
    await Promise.all([first.saw(`round ${round}`), second.saw(`round ${round}`)]);
    // The first leaves, the second stays: so does the link.
    first.stream.end();
    await first.whenEnded();
    second.type(`${round}`);
    await device.received.reached(round);
    expect(connections).toBe(round);
    second.stream.end();
    await screen.shows("n1", "IDLE");
    await device.idle();
  }

  // What is piped in waits for the link.
  const run = rig.rcons(head, "n1", "--linger", "0s");
  await run.type("piped");
  run.endInput();
  expect(await run.exited, run.said).toBe(0);
  await device.received.reached(7);
  expect(device.received.bytes().toString()).toBe("12piped");
  await screen.shows("n1", "IDLE");
  await agent.process.stop();
  expect(agent.log("n1").toString()).toBe("round 1\r\nround 2\r\n");
});

test("a console on demand goes idle when its only viewer's client is killed", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1", { onDemand: true });
  const head = await rig.startHead();
  await rig.startAgent({ heads: [head.address], consoles: [device.entry] });
  const screen = rig.watch(head);
  await screen.shows("n1", "IDLE");
  for (const route of ["direct", "relay"]) {
    const run = rig.rcons(head, "n1", "--route", route);
    await screen.shows("n1", "CONNECTED");
    await run.told("console connected");
    await run.kill();
    await screen.shows("n1", "IDLE");
    await device.idle();
  }
});
