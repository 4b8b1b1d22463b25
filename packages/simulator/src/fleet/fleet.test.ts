import { HeadRig, Inbox } from "@confed/testkit";
import { type AttachRequest, type AttachResponseReceived, type Duplex, openChannel } from "@confed/wire";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type AgentFleet, startFleet } from "./fleet.ts";

let rig: HeadRig;
const fleets: AgentFleet[] = [];
beforeEach(async () => {
  rig = await HeadRig.start();
});
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.close();
  await rig.close();
});

async function start(options: { readonly changesPerSecond?: number } = {}): Promise<AgentFleet> {
  const fleet = await startFleet({
    heads: [`127.0.0.1:${rig.head.port}`],
    agents: 3,
    consoles: 40,
    ...options,
  });
  fleets.push(fleet);
  return fleet;
}

async function listed(selection = "") {
  const inbox = new Inbox(rig.client.list({ selection }, { signal: rig.signal }));
  expect(await inbox.end()).toBeUndefined();
  return inbox.messages.flatMap(({ consoles }) => consoles);
}

test("every agent joins under its own name with consoles of its own", async () => {
  const fleet = await start();
  await rig.until(({ peers }) => peers.length === 3 && peers.every(({ consoles }) => consoles === 40));
  const all = await listed();
  expect(new Set(all.map(({ owner }) => owner))).toEqual(new Set(["sim001", "sim002", "sim003"]));
  expect(all[0]).toMatchObject({
    name: "sim001-n0001",
    owner: "sim001",
    state: "CONNECTED",
    labels: { rack: "r1" },
    groups: ["fleet"],
  });
  expect(await rig.client.resolve({ console: "sim002-n0007" }, { signal: rig.signal })).toMatchObject({
    owner: "sim002",
    direct: [{ address: fleet.addressOf(1) }],
    relay: true,
  });
  await fleet.joined();
  expect(fleet.stats()).toMatchObject({ joined: 3, joins: 3 });
});

test("changes come to the head, as many as were made and as the consoles are", async () => {
  const fleet = await start({ changesPerSecond: 2_000 });
  await fleet.joined();
  const seen = new Set<string>();
  const watch = new Inbox(rig.client.watch({}, { signal: rig.signal }), ({ statuses }) => {
    for (const { name, state } of statuses?.consoles ?? []) seen.add(`${name} ${state}`);
  });
  // Each of 120 in both of its states.
  await watch.until(() => seen.size === 240);
  const waiting = (await listed()).find(({ state }) => state === "WAITING");
  expect(waiting?.cause).toMatchObject({ code: "connection_refused", subject: waiting?.name });
});

test("a fleet that ends leaves nothing joined", async () => {
  const fleet = await start();
  await fleet.joined();
  await fleet.close();
  await rig.until(({ peers }) => peers.length === 3 && peers.every(({ state }) => state === "down"));
  expect(fleet.stats().joined).toBe(0);
});

type AttachStream = Duplex<AttachResponseReceived, AttachRequest>;

function attach(stream: AttachStream): Inbox<AttachResponseReceived> {
  return new Inbox(stream);
}

test("an attach is answered through the head and directly: everybody sees what a writer types", async () => {
  const fleet = await start();
  await rig.until(({ peers }) => peers.length === 3 && peers.every(({ consoles }) => consoles === 40));
  const channel = openChannel("Agent", fleet.addressOf(0));
  rig.own(() => {
    channel.close();
  });
  const relayed = rig.client.attach({ signal: rig.signal });
  const direct = channel.client.attach({ signal: rig.signal });
  const inboxes = [attach(relayed), attach(direct)];
  relayed.send({ open: { console: "sim001-n0003", mode: "WRITE", subject: "a@b" } });
  direct.send({ open: { console: "sim001-n0003", mode: "VIEW", subject: "c@d" } });
  for (const inbox of inboxes) await inbox.until(() => inbox.messages.some(({ opened }) => opened));
  direct.send({ input: { offset: 0, data: Buffer.from("not a writer") } });
  await inboxes[1]?.until(() => inboxes[1]!.messages.some(({ inputAck }) => inputAck?.offset === 12));
  relayed.send({ input: { offset: 0, data: Buffer.from("hello") } });
  for (const inbox of inboxes) {
    await inbox.until(() => inbox.messages.some(({ output }) => output));
    expect(inbox.messages.find(({ output }) => output)?.output).toMatchObject({
      offset: 0,
      endOffset: 5,
      data: Buffer.from("hello"),
    });
  }
  // The head hears of viewers as of any change, a moment later.
  await vi.waitFor(async () => {
    const [console] = await listed("sim001-n0003");
    expect(console?.viewers.map(({ subject }) => subject)).toEqual(["a@b", "c@d"]);
  }, 5_000);
  const late = rig.client.attach({ signal: rig.signal });
  const inbox = attach(late);
  late.send({ open: { console: "sim001-n0003", mode: "VIEW", from: { logId: "0".repeat(16), offset: 2 } } });
  await inbox.until(() => inbox.messages.some(({ gap }) => gap));
  expect(inbox.messages.find(({ gap }) => gap)?.gap).toMatchObject({ from: 2, to: 5, lengthKnown: true });
  for (const stream of [relayed, direct, late]) stream.end();
});

test("a console that is not there is refused", async () => {
  const fleet = await start();
  const channel = openChannel("Agent", fleet.addressOf(0));
  rig.own(() => {
    channel.close();
  });
  const stream = channel.client.attach({ signal: rig.signal });
  const inbox = attach(stream);
  stream.send({ open: { console: "sim002-n0001" } });
  expect(await inbox.end()).toBeUndefined();
  expect(inbox.messages.at(-1)?.end?.error).toMatchObject({ code: "not_found", subject: "sim002-n0001" });
});
