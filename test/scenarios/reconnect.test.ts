import { once } from "node:events";
import { ConfedRig } from "@confed/testkit";
import { expect, test } from "vitest";

test("reconnect drops a link and opens a new one, and ends a long wait", async () => {
  const rig = new ConfedRig();
  const retry = { first: "1h", max: "1h" };
  const up = await rig.device("up1", { retry, labels: { rack: "r1" } });
  const down = await rig.device("down1", { retry, labels: { rack: "r1" } });
  const other = await rig.device("other1", { retry, labels: { rack: "r2" } });
  let connections = 0;
  up.server.on("connection", () => (connections += 1));
  let others = 0;
  other.server.on("connection", () => (others += 1));
  down.server.close();
  const head = await rig.startHead();
  const agent = await rig.startAgent({
    heads: [head.address],
    consoles: [up.entry, down.entry, other.entry],
  });
  const screen = rig.watch(head);
  await screen.shows("up1", "CONNECTED");
  await screen.shows("down1", "WAITING");
  await screen.shows("other1", "CONNECTED");
  const viewer = rig.attach(agent, { console: "up1" });
  await viewer.whenOpened();
  await up.feed(Buffer.from("one\r\n"));
  await viewer.saw("one\r\n");

  await new Promise<void>((resolve) => down.server.listen(Number(down.entry.port), "127.0.0.1", resolve));
  let newLink = once(up.server, "connection");
  const run = rig.rcons(head, "reconnect", "rack=r1");
  expect(await run.exited, run.said).toBe(0);
  await screen.shows("down1", "CONNECTED");
  await screen.until(() => screen.consoles.get("up1")?.state === "CONNECTED");
  await viewer.until(() =>
    viewer.messages.some(({ event }) => event?.kind === "STATE" && event.state === "CONNECTED"),
  );
  await newLink;
  expect(connections).toBe(2);
  await up.feed(Buffer.from("two\r\n"));
  await viewer.saw("one\r\ntwo\r\n");

  // The same by the stream of a viewer.
  newLink = once(up.server, "connection");
  viewer.stream.send({ reconnect: {} });
  await viewer.until(() => viewer.messages.filter(({ event }) => event?.state === "CONNECTED").length === 2);
  await newLink;
  expect(connections).toBe(3);
  expect(others).toBe(1);
  await agent.process.stop();
  expect(agent.log("up1").toString()).toBe("one\r\ntwo\r\n");
  expect(agent.gaps("up1")).toEqual([]);
});
