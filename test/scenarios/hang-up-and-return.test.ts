import { ConfedRig, type RigDevice } from "@confed/testkit";
import type { EventReceived } from "@confed/wire";
import { expect, test } from "vitest";

test("a console that hangs up, breaks off or refuses comes back to whoever is attached", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const { port } = device.entry;
  const agent = await rig.startAgent({ consoles: [device.entry] });
  const viewer = rig.attach(agent, { console: "n1" });
  await viewer.whenOpened();
  await agent.process.logged("console up");
  const states = () => viewer.messages.flatMap(({ event }) => (event?.kind === "STATE" ? [event] : []));
  const back = async (from: number) => {
    await viewer.until(() => states().slice(from).at(-1)?.state === "CONNECTED");
    return states().slice(from);
  };
  let printed = "";
  const print = async (text: string) => {
    printed += text;
    await device.feed(Buffer.from(text));
    await viewer.saw(text);
  };
  await print("first\r\n");

  let from = states().length;
  await device.hangUp();
  expect(waiting(await back(from))).toMatchObject({ cause: { code: "hung_up", subject: "n1" } });
  await print("after a hang-up\r\n");

  from = states().length;
  await device.breakOff();
  expect(waiting(await back(from))).toMatchObject({ cause: { code: "connection_reset" } });
  await print("after a reset\r\n");

  // The device is off for a while.
  from = states().length;
  device.server.close();
  await device.hangUp();
  await viewer.until(() => states().some(({ cause }) => cause?.code === "connection_refused"));
  await listenAgain(device, Number(port));
  await back(from);
  await print("after it was off\r\n");
  viewer.type("typed");
  await viewer.inputTaken();
  await device.received.reached(5);

  await agent.process.stop();
  expect(agent.log("n1").toString()).toBe(printed);
  expect(viewer.output.toString()).toBe(printed);
  expect(agent.gaps("n1")).toEqual([]);
  const events = agent.index("n1").flatMap((record) => (record.t === "ev" ? [record.what] : []));
  expect(events.filter((what) => what === "up")).toHaveLength(4);
  expect(events.filter((what) => what === "down")).toHaveLength(4);
});

function waiting(events: readonly EventReceived[]): EventReceived | undefined {
  return events.find(({ state }) => state === "WAITING");
}

function listenAgain({ server }: RigDevice, port: number): Promise<void> {
  return new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
}
