import { ConfedRig, randomBytes } from "@confed/testkit";
import { expect, test } from "vitest";

test("input is acknowledged when the console's link has it, in order and once", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const head = await rig.startHead();
  const agent = await rig.startAgent({ heads: [head.address], consoles: [device.entry] });
  await rig.watch(head).shows("n1", "CONNECTED");
  let typed = Buffer.alloc(0);
  for (const server of [agent, head]) {
    const viewer = rig.attach(server, { console: "n1" });
    expect((await viewer.whenOpened()).mode).toBe("WRITE");
    for (let count = 1; count <= 200; count += 1) {
      const keys = randomBytes((count * 37) % 500 || 1, count);
      typed = Buffer.concat([typed, keys]);
      viewer.type(keys);
    }
    await viewer.inputTaken();
    await device.received.reached(typed.length);
    expect(device.received.bytes().equals(typed)).toBe(true);
    const acks = viewer.messages.flatMap(({ inputAck }) => (inputAck ? [inputAck.offset] : []));
    expect(acks).toEqual([...acks].sort((a, b) => a - b));
    viewer.stream.end();
    await viewer.whenEnded();
  }
});

test("input for a console that is down is said to be discarded, and is not kept for later", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1", { retry: { first: "1h", max: "1h" } });
  device.server.close();
  const agent = await rig.startAgent({ consoles: [device.entry] });
  const viewer = rig.attach(agent, { console: "n1" });
  await viewer.whenOpened();
  await viewer.until(() => viewer.messages.some(({ event }) => event?.state === "WAITING"));
  viewer.type("into the void");
  await viewer.until(() => viewer.messages.some(({ event }) => event?.kind === "NOTICE"));
  const notice = viewer.messages.find(({ event }) => event?.kind === "NOTICE")?.event;
  expect(notice?.text).toMatch(/^n1 is not connected: .*refused.*; 13 bytes typed were discarded$/);

  await new Promise<void>((resolve) => device.server.listen(Number(device.entry.port), "127.0.0.1", resolve));
  viewer.stream.send({ reconnect: {} });
  await viewer.until(() => viewer.messages.some(({ event }) => event?.state === "CONNECTED"));
  viewer.type("now");
  await device.received.reached(3);
  expect(device.received.bytes().toString()).toBe("now");
});

test("a viewer that types faster than the console takes loses nothing and fills no memory", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const agent = await rig.startAgent({ consoles: [device.entry] });
  await agent.process.logged("console up");
  const viewer = rig.attach(agent, { console: "n1" });
  await viewer.whenOpened();
  const residentBytes = agent.process.residentBytes();
  await device.stall(true);
  const piece = randomBytes(32_768, 7);
  const pieces = 512;
  for (let count = 0; count < pieces; count += 1) viewer.type(piece);
  // The console prints all the while, and is heard.
  await device.feed(Buffer.from("slow down\r\n"));
  await viewer.saw("slow down");
  expect(viewer.ackedInput).toBeLessThan(pieces * piece.length);
  expect(agent.process.residentBytes() - residentBytes).toBeLessThan(64 * 1024 * 1024);
  await device.stall(false);
  await viewer.inputTaken();
  await device.received.reached(pieces * piece.length);
  const all = Buffer.concat(new Array<Buffer>(pieces).fill(piece));
  expect(device.received.bytes().equals(all)).toBe(true);
  expect(viewer.messages.filter(({ event }) => event?.kind === "NOTICE")).toEqual([]);
});
