import { ConfedError } from "@confed/kernel";
import { HeadRig, Inbox } from "@confed/testkit";
import type { ConsoleStatus, Handlers, ListRequest } from "@confed/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startHead } from "./assemble.ts";

let rig: HeadRig;
beforeEach(async () => {
  rig = await HeadRig.start();
});
afterEach(() => rig.close());

const nobody = () => Promise.reject(new ConfedError("internal", "not played"));
const played: Handlers<"Agent"> = {
  attach: () => undefined,
  tail: () => undefined,
  readLog: () => undefined,
  list: () => undefined,
  inspect: nobody,
  control: nobody,
  status: nobody,
  upgrade: nobody,
};

const rack = (count: number, from = 0): ConsoleStatus[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `n${from + index}`,
    state: index % 2 === 0 ? "CONNECTED" : "WAITING",
    target: `10.0.0.1:${index}`,
    labels: { rack: `r${index % 4}` },
  }));

async function list(request: ListRequest): Promise<{ names: string[]; error: Error | undefined }> {
  const inbox = new Inbox(rig.client.list(request, { signal: rig.signal }));
  const error = await inbox.end();
  return { names: inbox.messages.flatMap(({ consoles }) => consoles.map(({ name }) => name)), error };
}

test("consoles are listed as people count, by selection and by state", async () => {
  await rig.join({ id: "sn01", consoles: rack(4, 8) });
  await rig.join({ id: "sn02", consoles: rack(4) });
  expect(await list({})).toEqual({
    names: ["n0", "n1", "n2", "n3", "n8", "n9", "n10", "n11"],
    error: undefined,
  });
  expect((await list({ selection: "n[10,2],n1" })).names).toEqual(["n1", "n2", "n10"]);
  expect((await list({ selection: "rack=r1" })).names).toEqual(["n1", "n9"]);
  expect((await list({ selection: "n*", states: ["WAITING"] })).names).toEqual(["n1", "n3", "n9", "n11"]);
});

test("names that nobody has end a list after those that are there", async () => {
  await rig.join({ id: "sn01", consoles: rack(2) });
  const { names, error } = await list({ selection: "n1,x1,x2" });
  expect(names).toEqual(["n1"]);
  expect(error).toMatchObject({ code: "not_found", subject: "x1" });
  expect(error?.message).toContain('"x1", "x2"');
});

test("a selection that is none is an error with its column", async () => {
  expect((await list({ selection: "n[1-" })).error).toMatchObject({
    code: "invalid_argument",
    where: "column 2",
  });
});

test("100,000 consoles are listed in pages, and the head goes on answering", async () => {
  await rig.join({ id: "sn01", consoles: rack(100_000) });
  const inbox = new Inbox(rig.client.list({}, { signal: rig.signal }));
  await inbox.until(() => inbox.messages.length > 0);
  await rig.client.resolve({ console: "n99999" }, { signal: rig.signal });
  expect(inbox.ended).toBeUndefined();
  await inbox.end();
  const names = inbox.messages.flatMap(({ consoles }) => consoles.map(({ name }) => name));
  expect(names).toHaveLength(100_000);
  expect(names[12_345]).toBe("n12345");
}, 30_000);

test("resolve names the owner, its addresses, whether a relay works, and the console as it is", async () => {
  const { address } = await rig.serveAgent(played);
  await rig.join({ id: "sn01", consoles: rack(1), advertise: [address, "sn01:7110"] });
  expect(await rig.client.resolve({ console: "n0" }, { signal: rig.signal })).toMatchObject({
    owner: "sn01",
    direct: [{ address }, { address: "sn01:7110" }],
    relay: true,
    status: { name: "n0", state: "CONNECTED", owner: "sn01" },
  });
});

test("resolve answers for an agent that is down: the client may reach it", async () => {
  const { address } = await rig.serveAgent(played);
  const agent = await rig.join({ id: "sn01", consoles: rack(1), advertise: [address] });
  agent.kill();
  await rig.until(({ peers }) => peers[0]?.state === "down");
  expect(await rig.client.resolve({ console: "n0" }, { signal: rig.signal })).toMatchObject({
    direct: [{ address }],
    status: { state: "UNREACHABLE", cause: { code: "agent_unreachable", subject: "sn01" } },
  });
});

test("there is no relay to an agent that cannot be dialled, its status says why, and there is one when it can", async () => {
  const { address, stop } = await rig.serveAgent(played);
  await stop();
  await rig.join({ id: "sn01", consoles: rack(1), advertise: [address] });
  await rig.until(({ peers }) => peers[0]?.cause?.code === "agent_unreachable");
  const resolve = () => rig.client.resolve({ console: "n0" }, { signal: rig.signal });
  expect((await resolve()).relay).toBe(false);
  await rig.serveAgent(played, Number(address.split(":")[1]));
  // Asking makes the head try again.
  while (!(await resolve()).relay);
  await rig.until(({ peers }) => peers[0]?.cause === null);
});

test.each([
  ["n9", "not_found"],
  ["../x", "invalid_argument"],
])("resolve of %s is %s", async (console, code) => {
  await rig.join({ id: "sn01", consoles: rack(1) });
  await rig.until(({ consoles }) => Object.keys(consoles).length > 0);
  const error = await rig.client.resolve({ console }, { signal: rig.signal }).catch(ConfedError.from);
  expect(error).toMatchObject({ code });
});

test("a head that has heard no agent yet does not say that a console does not exist", async () => {
  const error = await rig.client.resolve({ console: "n0" }, { signal: rig.signal }).catch(ConfedError.from);
  expect(error).toMatchObject({ code: "unavailable", subject: "n0" });
});

test("a head that has just started does not say so either after the first agent has joined", async () => {
  const young = await HeadRig.start({ joinGraceMs: 3_600_000 });
  try {
    await young.join({ id: "sn01", consoles: rack(1) });
    await young.until(({ consoles }) => Object.keys(consoles).length > 0);
    const asked = young.client.resolve({ console: "n9" }, { signal: young.signal });
    const error = await asked.catch(ConfedError.from);
    expect(error).toMatchObject({ code: "unavailable", subject: "n9" });
    expect((error as Error).message).toContain("still joining");
  } finally {
    await young.close();
  }
});

test("inspect asks the agent, and falls back to what is known with the reason", async () => {
  let fresh = true;
  const { address } = await rig.serveAgent({
    ...played,
    inspect: async ({ console }) => {
      if (fresh) return { name: console, owner: "liar", state: "CONNECTING", lastOutputMs: 7 };
      throw new ConfedError("unavailable", "busy");
    },
  });
  await rig.join({ id: "sn01", consoles: rack(1), advertise: [address] });
  const inspect = () => rig.client.inspect({ console: "n0" }, { signal: rig.signal });
  expect(await inspect()).toMatchObject({ owner: "sn01", state: "CONNECTING", lastOutputMs: 7 });
  fresh = false;
  expect(await inspect()).toMatchObject({
    state: "CONNECTED",
    cause: { code: "agent_unreachable", subject: "sn01" },
  });
});

test("inspect answers in time when the agent does not", async () => {
  const { address } = await rig.serveAgent({ ...played, inspect: () => new Promise(() => undefined) });
  await rig.join({ id: "sn01", consoles: rack(1), advertise: [address] });
  const status = await rig.client.inspect({ console: "n0" }, { signal: rig.signal });
  expect(status).toMatchObject({
    state: "CONNECTED",
    cause: { code: "agent_unreachable", message: expect.stringContaining("1500 ms") },
  });
});

test("control reaches the owners of a selection, and says what was not done", async () => {
  const asked: string[] = [];
  const obey: Handlers<"Agent"> = {
    ...played,
    control: async ({ selection, reconnect }) => {
      if (reconnect) asked.push(selection);
      // The last is not its own to speak of.
      return { consoles: [...selection.split(","), "somebody-elses"], errors: [] };
    },
  };
  const first = await rig.serveAgent(obey);
  const second = await rig.serveAgent(obey);
  await rig.join({ id: "sn01", consoles: rack(2), advertise: [first.address] });
  await rig.join({ id: "sn02", consoles: rack(2, 2), advertise: [second.address] });
  const gone = await rig.join({ id: "sn03", consoles: rack(2, 4) });
  gone.kill();
  await rig.until(({ peers }) => peers[2]?.state === "down");
  const { consoles, errors } = await rig.client.control(
    { selection: "n[0-4],x1", reconnect: {}, subject: "ann" },
    { signal: rig.signal },
  );
  expect(consoles.sort()).toEqual(["n0", "n1", "n2", "n3"]);
  expect(asked.sort()).toEqual(["n0,n1", "n2,n3"]);
  expect(errors).toMatchObject([
    { code: "not_found", subject: "x1" },
    { code: "agent_unreachable", subject: "sn03" },
  ]);
});

test("control of 20,000 consoles is done in parts, and what the answer has no room for is counted", async () => {
  let parts = 0;
  const { address } = await rig.serveAgent({
    ...played,
    control: async ({ selection }) => {
      parts += 1;
      return { consoles: selection.split(",") };
    },
  });
  await rig.join({ id: "sn01", consoles: rack(20_000), advertise: [address] });
  const { consoles, errors } = await rig.client.control(
    { selection: "*", reconnect: {} },
    { signal: rig.signal },
  );
  expect(parts).toBeGreaterThan(5);
  expect(errors).toHaveLength(1);
  expect(errors[0]?.message).toContain(`${20_000 - consoles.length} more consoles were done`);
});

test("control of nothing is refused", async () => {
  const error = await rig.client.control({ reconnect: {} }, { signal: rig.signal }).catch(ConfedError.from);
  expect(error).toMatchObject({ code: "invalid_argument" });
});

test("a log is passed on whole, with the agent's own error", async () => {
  const { address } = await rig.serveAgent({
    ...played,
    readLog: ({ console, lastLines }, outlet) => {
      if (console === "n1") {
        outlet.end(new ConfedError("failed_precondition", "n1 keeps no log"));
        return;
      }
      for (let at = 0; at < (lastLines ?? 0); at++)
        outlet.send({ chunk: { offset: at, data: Buffer.alloc(50_000) } });
      outlet.send({ end: { logId: "00000000000000aa", offset: 3 } });
      outlet.end();
    },
  });
  await rig.join({ id: "sn01", consoles: rack(2), advertise: [address] });
  const whole = new Inbox(rig.client.readLog({ console: "n0", lastLines: 100 }, { signal: rig.signal }));
  expect(await whole.end()).toBeUndefined();
  expect(whole.messages.map(({ chunk }) => chunk?.offset)).toEqual([
    ...Array.from({ length: 100 }, (_, at) => at),
    undefined,
  ]);
  const none = new Inbox(rig.client.readLog({ console: "n1" }, { signal: rig.signal }));
  expect(await none.end()).toMatchObject({ code: "failed_precondition" });
});

test("a reader that leaves ends the reading at the agent", async () => {
  let left: () => void = () => undefined;
  const leaving = new Promise<void>((resolve) => (left = resolve));
  const { address } = await rig.serveAgent({
    ...played,
    readLog: (_request, outlet) => {
      outlet.send({ chunk: { data: Buffer.alloc(10) } });
      outlet.signal.addEventListener("abort", () => {
        left();
      });
    },
  });
  await rig.join({ id: "sn01", consoles: rack(1), advertise: [address] });
  const inlet = rig.client.readLog({ console: "n0" }, { signal: rig.signal });
  const inbox = new Inbox(inlet);
  await inbox.until(() => inbox.messages.length === 1);
  inlet.cancel();
  await leaving;
});

test("a watch through the wire tells of an agent that dies and comes back", async () => {
  const agent = await rig.join({ id: "sn01", consoles: rack(1) });
  const inbox = new Inbox(rig.client.watch({}, { signal: rig.signal }));
  await inbox.until(() => inbox.messages.some(({ synced }) => synced));
  const last = () => inbox.messages.findLast(({ statuses }) => statuses)?.statuses?.consoles[0]?.state;
  expect(last()).toBe("CONNECTED");
  agent.kill();
  await inbox.until(() => last() === "UNREACHABLE");
  expect(inbox.messages.findLast(({ agent: said }) => said)?.agent).toMatchObject({
    id: "sn01",
    state: "down",
  });
  await rig.join({ id: "sn01", consoles: rack(1), instance: "i2" });
  await inbox.until(() => last() === "CONNECTED");
});

test("status counts consoles by state and names the agents", async () => {
  await rig.join({ id: "sn01", consoles: [...rack(3), { name: "x", viewers: [{ subject: "ann" }] }] });
  expect(await rig.client.status({}, { signal: rig.signal })).toMatchObject({
    role: "head",
    version: "1.0",
    consoles: { CONNECTED: 2, WAITING: 1, CONSOLE_STATE_UNSPECIFIED: 1 },
    viewers: 1,
    peers: [{ id: "sn01", state: "up", consoles: 4, version: "1.0" }],
  });
});

test("two heads cannot have one address", async () => {
  const listen = { host: "127.0.0.1", port: rig.head.port };
  const deps = {
    clock: { nowMs: () => 0, wallTimeMs: () => 0, after: () => () => undefined },
    version: "1.0",
  };
  const logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };
  const second = startHead({ listen }, { ...deps, logger, resolveHost: async () => [] });
  await expect(second).rejects.toMatchObject({ code: "conflict" });
});
