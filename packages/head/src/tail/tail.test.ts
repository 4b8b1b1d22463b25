import { ConfedError } from "@confed/kernel";
import { HeadRig, Inbox } from "@confed/testkit";
import type {
  ConsoleStatus,
  Handlers,
  Outlet,
  TailRequest,
  TailRequestReceived,
  TailResponse,
  TailResponseReceived,
} from "@confed/wire";
import { afterEach, beforeEach, expect, test } from "vitest";

let rig: HeadRig;
beforeEach(async () => {
  rig = await HeadRig.start();
});
afterEach(() => rig.close());

const LOG_ID = "00000000000000aa";
const nobody = () => Promise.reject(new ConfedError("internal", "not played"));

/** The tails that an agent was asked for. */
class PlayedTails {
  readonly asked: { readonly request: TailRequestReceived; readonly outlet: Outlet<TailResponse> }[] = [];
  #waiting: (() => void)[] = [];

  readonly handlers: Handlers<"Agent"> = {
    attach: () => undefined,
    tail: (request, outlet) => {
      this.asked.push({ request, outlet });
      for (const resolve of this.#waiting.splice(0)) resolve();
    },
    readLog: () => undefined,
    list: () => undefined,
    inspect: nobody,
    control: nobody,
    status: nobody,
    upgrade: nobody,
  };

  /** The tail number `count`, once it was asked for. */
  async tail(
    count: number,
  ): Promise<{ readonly request: TailRequestReceived; readonly outlet: Outlet<TailResponse> }> {
    for (;;) {
      const tail = this.asked[count - 1];
      if (tail !== undefined) return tail;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

/** Prints: names the console as number 1 when it begins. */
function begin(outlet: Outlet<TailResponse>, console: string, offset = 0, logId = LOG_ID): void {
  outlet.send({ names: { names: [{ number: 1, console, start: { logId, offset } }] } });
}

function print(outlet: Outlet<TailResponse>, offset: number, text: string): void {
  outlet.send({
    batch: { consoles: [1], offsets: [offset], lengths: [text.length], data: Buffer.from(text) },
  });
}

async function joined(id: string, consoles: ConsoleStatus[], instance = "i1") {
  const tails = new PlayedTails();
  const { address, stop } = await rig.serveAgent(tails.handlers);
  const agent = await rig.join({ id, consoles, advertise: [address], instance });
  return { tails, agent, address, stop };
}

const tail = (request: TailRequest) => new Inbox(rig.client.tail(request, { signal: rig.signal }));

/** What each console printed, by the receiver's dictionary. */
function outputs({ messages }: Inbox<TailResponseReceived>): Record<string, string> {
  const names = new Map<number, string>();
  const texts: Record<string, string> = {};
  for (const { names: dictionary, batch } of messages) {
    for (const { number, console } of dictionary?.names ?? []) names.set(number, console);
    let at = 0;
    batch?.consoles.forEach((number, record) => {
      const name = names.get(number) ?? `unnamed ${number}`;
      const end = at + (batch.lengths[record] ?? 0);
      texts[name] = (texts[name] ?? "") + batch.data.toString("latin1", at, end);
      at = end;
    });
  }
  return texts;
}

test("consoles of several agents come in one stream with numbers of its own", async () => {
  const first = await joined("sn01", [{ name: "n1" }]);
  const second = await joined("sn02", [{ name: "n2" }]);
  const inbox = tail({ selection: "n*" });
  const one = (await first.tails.tail(1)).outlet;
  const two = (await second.tails.tail(1)).outlet;
  begin(one, "n1");
  begin(two, "n2");
  print(one, 0, "hello ");
  print(two, 0, "world ");
  print(one, 6, "again");
  await inbox.until(() => outputs(inbox)["n1"]?.length === 11 && outputs(inbox)["n2"]?.length === 6);
  expect(outputs(inbox)).toEqual({ n1: "hello again", n2: "world " });
});

test("positions are passed to the agent that has the console, and gaps come with the receiver's number", async () => {
  const { tails } = await joined("sn01", [{ name: "n1" }, { name: "n2" }]);
  const inbox = tail({
    selection: "n1",
    from: { n1: { logId: LOG_ID, offset: 7 }, n2: { logId: LOG_ID, offset: 9 } },
  });
  const { request, outlet } = await tails.tail(1);
  expect(request).toMatchObject({ selection: "n1", from: { n1: { logId: LOG_ID, offset: 7 } } });
  expect(request.from).not.toHaveProperty("n2");
  begin(outlet, "n1", 7);
  outlet.send({
    gap: { number: 1, gap: { from: 7, to: 9, lengthKnown: true, reason: "LOG_STALLED", logId: LOG_ID } },
  });
  await inbox.until(() => inbox.messages.some(({ gap }) => gap));
  expect(inbox.messages.at(-1)?.gap).toMatchObject({
    number: 1,
    gap: { from: 7, to: 9, reason: "LOG_STALLED" },
  });
});

test("an agent that comes back goes on where it was, and the receiver is told that it was away", async () => {
  const { tails, agent, stop } = await joined("sn01", [{ name: "n1" }]);
  const inbox = tail({ selection: "n1" });
  const before = (await tails.tail(1)).outlet;
  begin(before, "n1", 100);
  print(before, 100, "before ");
  await inbox.until(() => outputs(inbox)["n1"] === "before ");
  await stop();
  agent.kill();
  await inbox.until(() => inbox.messages.some(({ notice }) => notice));
  expect(inbox.messages.at(-1)?.notice).toMatchObject({ code: "agent_unreachable", subject: "sn01" });
  const back = await joined("sn01", [{ name: "n1" }], "i2");
  const { request, outlet } = await back.tails.tail(1);
  expect(request.from).toEqual({ n1: { logId: LOG_ID, offset: 107 } });
  begin(outlet, "n1", 107);
  print(outlet, 107, "after");
  await inbox.until(() => outputs(inbox)["n1"] === "before after");
  // The number it had is still its own: it was not named twice.
  expect(inbox.messages.filter(({ names }) => names)).toHaveLength(1);
});

test("a console whose log began anew gets a new number", async () => {
  const { tails } = await joined("sn01", [{ name: "n1" }]);
  const inbox = tail({ selection: "n1", from: { n1: { logId: LOG_ID, offset: 7 } } });
  const { outlet } = await tails.tail(1);
  begin(outlet, "n1", 7);
  begin(outlet, "n1", 0, "00000000000000bb");
  print(outlet, 0, "new");
  await inbox.until(() => outputs(inbox)["n1"] === "new");
  expect(inbox.messages.flatMap(({ names }) => names?.names ?? []).map(({ number }) => number)).toEqual([
    1, 2,
  ]);
});

test("a console that appears later is joined", async () => {
  const { tails, agent } = await joined("sn01", [{ name: "n1" }]);
  const inbox = tail({ selection: "n*" });
  await tails.tail(1);
  agent.stream.send({ statuses: { consoles: [{ name: "n2" }, { name: "x1" }] } });
  const { request, outlet } = await tails.tail(2);
  expect(request.selection).toBe("n2");
  begin(outlet, "n2");
  print(outlet, 0, "here");
  await inbox.until(() => outputs(inbox)["n2"] === "here");
});

test("an agent cannot print for a console that is not its own", async () => {
  const { tails } = await joined("sn01", [{ name: "n1" }]);
  await joined("sn02", [{ name: "n2" }]);
  const inbox = tail({ selection: "n1" });
  const { outlet } = await tails.tail(1);
  outlet.send({
    names: {
      names: [
        { number: 1, console: "n2", start: { logId: LOG_ID, offset: 0 } },
        { number: 2, console: "n1", start: { logId: LOG_ID, offset: 0 } },
      ],
    },
  });
  outlet.send({
    batch: { consoles: [1, 2, 9], offsets: [0, 0, 0], lengths: [4, 4, 4], data: Buffer.from("fakereal9999") },
  });
  await inbox.until(() => inbox.messages.some(({ batch }) => batch));
  expect(outputs(inbox)).toEqual({ n1: "real" });
  expect(inbox.messages.flatMap(({ names }) => names?.names ?? []).map(({ console }) => console)).toEqual([
    "n1",
  ]);
});

test.each<[string, TailResponse]>([
  [
    "is shorter than it says",
    { batch: { consoles: [1], offsets: [0], lengths: [9], data: Buffer.from("x") } },
  ],
  [
    "has lists of different length",
    { batch: { consoles: [1, 1], offsets: [0], lengths: [1], data: Buffer.from("x") } },
  ],
  ["begins nowhere", { names: { names: [{ number: 2, console: "n1" }] } }],
])("a tail that %s is given up with a notice, and asked for again", async (_what, garbage) => {
  const { tails } = await joined("sn01", [{ name: "n1" }]);
  const inbox = tail({ selection: "n1" });
  const { outlet } = await tails.tail(1);
  begin(outlet, "n1");
  outlet.send(garbage);
  await inbox.until(() => inbox.messages.some(({ notice }) => notice));
  expect(inbox.messages.at(-1)?.notice).toMatchObject({ code: "protocol_error", subject: "sn01" });
  const again = await tails.tail(2);
  print(again.outlet, 0, "never named");
  begin(again.outlet, "n1");
  print(again.outlet, 0, "well");
  await inbox.until(() => outputs(inbox)["n1"] === "well");
});

test("10,000 consoles of one agent are asked for in requests that fit", async () => {
  const names = Array.from(
    { length: 10_000 },
    (_, index) => `node-with-a-rather-long-name-${index}.example.org`,
  );
  const { tails } = await joined(
    "sn01",
    names.map((name) => ({ name })),
  );
  const from = Object.fromEntries(
    names.slice(0, 1_000).map((name) => [name, { logId: LOG_ID, offset: 2 ** 52 }]),
  );
  tail({ selection: "*", from });
  const asked = new Set<string>();
  for (let count = 1; asked.size < names.length; count++) {
    for (const name of (await tails.tail(count)).request.selection.split(",")) asked.add(name);
  }
  expect(tails.asked.length).toBeLessThan(20);
});

test("only unknown names are not_found; among known ones they are a notice", async () => {
  const { tails } = await joined("sn01", [{ name: "n1" }]);
  expect(await tail({ selection: "x1,x2" }).end()).toMatchObject({ code: "not_found", subject: "x1" });
  const inbox = tail({ selection: "n1,x1" });
  await tails.tail(1);
  await inbox.until(() => inbox.messages.length > 0);
  expect(inbox.messages[0]?.notice).toMatchObject({ code: "not_found", subject: "x1" });
});

test("a receiver that does not read holds the agent back, and gets everything once it reads", async () => {
  const { tails } = await joined("sn01", [{ name: "n1" }]);
  const inlet = rig.client.tail({ selection: "n1" }, { signal: rig.signal });
  const inbox = new Inbox(inlet);
  const { outlet } = await tails.tail(1);
  begin(outlet, "n1");
  await inbox.until(() => inbox.messages.length === 1);
  inlet.pause();
  const text = "x".repeat(60_000);
  for (let at = 0; at < 300; at++) print(outlet, at * text.length, text);
  expect(await rig.settled(() => outlet.backlogBytes)).toBeGreaterThan(8_000_000);
  inlet.resume();
  await inbox.until(() => inbox.messages.length === 301);
  expect(inbox.messages.at(-1)?.batch?.offsets).toEqual([299 * text.length]);
});

test("a receiver that leaves ends the tails at the agents", async () => {
  const { tails } = await joined("sn01", [{ name: "n1" }]);
  const inlet = rig.client.tail({ selection: "n1" }, { signal: rig.signal });
  new Inbox(inlet);
  const { outlet } = await tails.tail(1);
  const over = new Promise<void>((resolve) => {
    outlet.signal.addEventListener("abort", () => {
      resolve();
    });
  });
  inlet.cancel();
  await over;
});

test("a console that its agent has no more ends for the receiver, and begins under a new number when it is back", async () => {
  const { tails, agent } = await joined("sn01", [{ name: "n1" }, { name: "n2" }]);
  const inbox = tail({ selection: "n*" });
  const { outlet } = await tails.tail(1);
  begin(outlet, "n1");
  print(outlet, 0, "before ");
  const ended = () => inbox.messages.flatMap(({ names }) => names?.ended ?? []);
  const begun = () => inbox.messages.flatMap(({ names }) => names?.names ?? []);
  // Its agent's tail says it first, and takes it up again by itself.
  outlet.send({ names: { ended: [1] } });
  await inbox.until(() => ended().length === 1);
  outlet.send({ names: { names: [{ number: 2, console: "n1", start: { logId: LOG_ID, offset: 7 } }] } });
  await inbox.until(() => begun().length === 2);
  // Its agent's join says it first: its tail is asked again when it is back.
  agent.stream.send({ statuses: { removed: ["n1"] } });
  await inbox.until(() => ended().length === 2);
  outlet.send({ names: { ended: [2] } });
  agent.stream.send({ statuses: { consoles: [{ name: "n1" }] } });
  const again = await tails.tail(2);
  expect(again.request.from).toEqual({ n1: { logId: LOG_ID, offset: 7 } });
  begin(again.outlet, "n1", 7);
  await inbox.until(() => begun().length === 3);
  expect(ended()).toEqual(
    begun()
      .slice(0, 2)
      .map(({ number }) => number),
  );
  expect(new Set(begun().map(({ number }) => number)).size).toBe(3);
});
