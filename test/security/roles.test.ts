import { ConfedError, systemClock } from "@confed/kernel";
import { Inbox } from "@confed/testkit";
import { generateSigningKey } from "@confed/trust";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GuardedRig } from "./guarded-rig.ts";

let rig: GuardedRig;
beforeEach(async () => {
  rig = new GuardedRig();
  await rig.startHead();
});
afterEach(() => rig[Symbol.asyncDispose]());

/** Of somebody else. */
const KEY = generateSigningKey();

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (reason: unknown) => ConfedError.from(reason),
  );

test("who has no certificate, or no role, is told nothing by a head or an agent", async () => {
  await rig.startAgent("sn01", ["n1"]);
  await rig.known("n1");
  for (const [user, code] of [
    [undefined, "unauthenticated"],
    ["nobody", "permission_denied"],
  ] as const) {
    const { client } = rig.channel("Head", rig.headAddress, user);
    const agent = (await rig.attach("rig", { console: "n1" })).address;
    const direct = rig.channel("Agent", agent, user).client;
    for (const asked of [
      failure(client.resolve({ console: "n1" }, { signal: rig.signal })),
      failure(client.inspect({ console: "n1" }, { signal: rig.signal })),
      failure(client.status({}, { signal: rig.signal })),
      failure(client.control({ selection: "*", reconnect: {} }, { signal: rig.signal })),
      new Inbox(client.list({}, { signal: rig.signal })).end(),
      new Inbox(client.watch({}, { signal: rig.signal })).end(),
      new Inbox(client.tail({ selection: "*" }, { signal: rig.signal })).end(),
      new Inbox(client.readLog({ console: "n1" }, { signal: rig.signal })).end(),
      failure(direct.inspect({ console: "n1" }, { signal: rig.signal })),
      failure(direct.status({}, { signal: rig.signal })),
      failure(direct.upgrade({ planOnly: true }, { signal: rig.signal })),
      failure(direct.control({ selection: "*", reconnect: {} }, { signal: rig.signal })),
      new Inbox(direct.list({}, { signal: rig.signal })).end(),
      new Inbox(direct.tail({ selection: "*" }, { signal: rig.signal })).end(),
      new Inbox(direct.readLog({ console: "n1" }, { signal: rig.signal })).end(),
    ])
      expect(await asked).toMatchObject({ code });
  }
});

test("a console that is forbidden is answered like one that is not there, everywhere", async () => {
  await rig.startAgent("sn01", ["n1", "n2"]);
  await rig.known("n1", "n2");
  await rig.role("first", ["allow", ["list", "view", "log.read", "write"], "n1"]);
  await rig.grant("user:anna", "first");
  const { client } = rig.channel("Head", rig.headAddress, "anna");
  const { address } = await rig.attach("anna", { console: "n1" });
  const direct = rig.channel("Agent", address, "anna").client;
  const answers = async (name: string) => {
    const same = (error: Error | undefined) => {
      const { code, rawMessage, subject, hint, where } = ConfedError.from(error);
      return {
        code,
        rawMessage: rawMessage.replaceAll(name, "X"),
        subject: subject?.replaceAll(name, "X"),
        hint,
        where,
      };
    };
    const { errors } = await client.control({ selection: name, reconnect: {} }, { signal: rig.signal });
    const { errors: own } = await direct.control({ selection: name, reconnect: {} }, { signal: rig.signal });
    return {
      resolve: same(await failure(client.resolve({ console: name }, { signal: rig.signal }))),
      inspect: same(await failure(client.inspect({ console: name }, { signal: rig.signal }))),
      list: same(await new Inbox(client.list({ selection: name }, { signal: rig.signal })).end()),
      tail: same(await new Inbox(client.tail({ selection: name }, { signal: rig.signal })).end()),
      log: same(await new Inbox(client.readLog({ console: name }, { signal: rig.signal })).end()),
      control: JSON.stringify(errors).replaceAll(name, "X"),
      attach: same(
        await (await rig.present(client.attach({ signal: rig.signal }), { console: name }, KEY)).whenEnded(),
      ),
      directInspect: same(await failure(direct.inspect({ console: name }, { signal: rig.signal }))),
      directList: same(await new Inbox(direct.list({ selection: name }, { signal: rig.signal })).end()),
      directLog: same(await new Inbox(direct.readLog({ console: name }, { signal: rig.signal })).end()),
      directControl: JSON.stringify(own).replaceAll(name, "X"),
      directAttach: same(
        await (await rig.present(direct.attach({ signal: rig.signal }), { console: name }, KEY)).whenEnded(),
      ),
    };
  };
  const forbidden = await answers("n2");
  expect(forbidden).toEqual(await answers("n3"));
  expect(forbidden.resolve.code).toBe("not_found");
  const shown = new Inbox(client.list({}, { signal: rig.signal }));
  await shown.end();
  expect(shown.messages.flatMap(({ consoles }) => consoles.map(({ name }) => name))).toEqual(["n1"]);
});

test("a console is taken from another program by who may force, and by nobody else", async () => {
  await rig.startAgent("sn01", ["n1"]);
  await rig.known("n1");
  await rig.role("writer", ["allow", ["list", "view", "write"], "n1"]);
  await rig.grant("user:anna", "writer");
  const { client } = rig.channel("Head", rig.headAddress, "anna");
  const asked = async (force: boolean) => {
    const { consoles, errors } = await client.control(
      { selection: "n1", reconnect: { force } },
      { signal: rig.signal },
    );
    return { consoles, errors: errors.map(({ code, message }) => [code, message]) };
  };
  expect(await asked(false)).toEqual({ consoles: ["n1"], errors: [] });
  expect(await asked(true)).toEqual({
    consoles: [],
    errors: [["permission_denied", "your roles do not allow write and force on one of these consoles"]],
  });
});

test.each(["direct", "relay"] as const)("a ticket lets its holder write, %s, once", async (route) => {
  await rig.startAgent("sn01", ["n1"]);
  await rig.known("n1");
  await rig.grant("user:anna", "operator");
  const { attached, key, ticket, address } = await rig.attach("anna", { console: "n1" }, route);
  expect(await attached.whenOpened()).toMatchObject({ mode: "WRITE", subject: "anna" });
  attached.type("hello\r");
  await rig.devices.get("n1")?.received.reached(6);
  expect(rig.devices.get("n1")?.received.bytes().toString()).toBe("hello\r");
  // Used up; and to somebody without the key it never was worth anything.
  const agent = rig.channel("Agent", address).client;
  const again = await rig.present(agent.attach({ signal: rig.signal }), { console: "n1", ticket }, key);
  expect(await again.whenEnded()).toMatchObject({ code: "unauthenticated", subject: "replayed" });
  const stolen = await rig.attach("anna", { console: "n1" });
  const thief = rig.channel("Agent", address).client;
  const taken = { console: "n1", ticket: stolen.ticket };
  const bad = await rig.present(thief.attach({ signal: rig.signal }), taken, KEY);
  expect(await bad.whenEnded()).toMatchObject({ code: "unauthenticated", subject: "bad_proof" });
});

test("who may only view gets a view, cannot type or break, and is told so", async () => {
  await rig.startAgent("sn01", ["n1"]);
  await rig.known("n1");
  await rig.grant("user:anna", "viewer");
  const { attached } = await rig.attach("anna", { console: "n1" });
  expect(await attached.whenOpened()).toMatchObject({
    mode: "VIEW",
    readOnly: "your roles do not let you write to n1",
  });
  attached.type("secret\r");
  attached.stream.send({ setMode: { mode: "WRITE", force: true } });
  attached.stream.send({ sendBreak: {} });
  const notices = () =>
    attached.messages.flatMap(({ event }) => (event?.kind === "NOTICE" ? [event.text] : []));
  await attached.until(() => notices().length >= 2);
  expect(notices().join("\n")).toContain("do not allow write");
  const { attached: admin } = await rig.attach("rig", { console: "n1" });
  await admin.whenOpened();
  admin.type("!");
  await rig.devices.get("n1")?.received.reached(1);
  expect(rig.devices.get("n1")?.received.bytes().toString()).toBe("!");
});

test("roles that change, and access that is revoked, end within 10 s what they began, twice", async () => {
  await rig.startAgent("sn01", ["n1"]);
  await rig.known("n1");
  for (let round = 0; round < 2; round++) {
    await rig.grant("user:anna", "operator");
    const { attached } = await rig.attach("anna", { console: "n1" });
    expect((await attached.whenOpened()).mode).toBe("WRITE");
    const began = systemClock.nowMs();
    await rig.grant("user:anna", "viewer");
    const change = () => attached.messages.find(({ modeChanged }) => modeChanged)?.modeChanged;
    await attached.until(() => Boolean(change()));
    expect(change()).toMatchObject({ mode: "VIEW", reason: "your roles do not allow it any more" });
    await rig.revoke("user:anna");
    expect(await attached.whenEnded()).toMatchObject({ code: "permission_denied" });
    expect(systemClock.nowMs() - began).toBeLessThan(10_000);
    const said = attached.messages.flatMap(({ event }) => (event?.kind === "NOTICE" ? [event.text] : []));
    expect(said.at(-1)).toBe("your access was revoked; this session ends in 5 s");
  }
}, 60_000);

test("a resume token brings a session back with the head dead and the agent restarted", async () => {
  const agent = await rig.startAgent("sn01", ["n1"]);
  await rig.known("n1");
  await rig.grant("user:anna", "operator");
  const { attached, key, address } = await rig.attach("anna", { console: "n1" });
  const first = await attached.whenOpened();
  await rig.killHead();
  const ways = { console: "n1", resumeToken: first.resumeToken };
  const again = () => rig.channel("Agent", address).client.attach({ signal: rig.signal });
  const second = await rig.present(again(), ways, key);
  expect(await second.whenOpened()).toMatchObject({ mode: "WRITE", subject: "anna" });
  // It is the same session to others: its ghost is gone.
  expect(await attached.whenEnded()).toMatchObject({ code: "conflict" });
  await agent.stop();
  await rig.startAgent("sn01", ["n1"], { port: agent.port });
  const { resumeToken } = await second.whenOpened();
  const third = await rig.present(again(), { console: "n1", resumeToken }, key);
  expect(await third.whenOpened()).toMatchObject({ mode: "WRITE", subject: "anna" });
  const stolen = await rig.present(again(), { console: "n1", resumeToken }, KEY);
  expect(await stolen.whenEnded()).toMatchObject({ code: "unauthenticated" });
});

test("logs and tails through a head show what the caller may see, and stop when he may not any more", async () => {
  await rig.startAgent("sn01", ["n1", "n2"]);
  await rig.known("n1", "n2");
  await rig.role("first", ["allow", ["list", "view", "log.read"], "n1"]);
  await rig.grant("user:anna", "first");
  const { client } = rig.channel("Head", rig.headAddress, "anna");
  const tail = new Inbox(client.tail({ selection: "*" }, { signal: rig.signal }));
  const named = () => tail.messages.flatMap(({ names }) => names?.names.map((one) => one.console) ?? []);
  await tail.until(() => named().length > 0);
  await rig.devices.get("n2")?.feed(Buffer.from("secret\r\n"));
  await rig.devices.get("n1")?.feed(Buffer.from("public\r\n"));
  const shown = () =>
    Buffer.concat(tail.messages.flatMap(({ batch }) => (batch ? [batch.data] : []))).toString();
  await tail.until(() => shown().includes("public"));
  expect(named()).toEqual(["n1"]);
  expect(shown()).not.toContain("secret");
  await rig.role("second", ["allow", ["list", "view"], "n2"]);
  await rig.grant("user:anna", "second");
  await tail.until(
    () => named().includes("n2") && tail.messages.some(({ names }) => (names?.ended.length ?? 0) > 0),
  );
  await rig.devices.get("n1")?.feed(Buffer.from("not any more\r\n"));
  await rig.devices.get("n2")?.feed(Buffer.from("from now on\r\n"));
  await tail.until(() => shown().includes("from now on"));
  expect(shown()).not.toContain("not any more");
});

test("an agent speaks only in the name of its certificate, and a head's word counts only from a head", async () => {
  await rig.startAgent("sn01", ["n1"]);
  await rig.known("n1");
  // It claims to be another, and everything that one has.
  const evil = rig.machineChannel("Head", rig.headAddress, "agent/sn66");
  const join = evil.client.join({ signal: rig.signal });
  const replies = new Inbox(join);
  join.send({ hello: { agent: "sn01", advertise: ["127.0.0.1:1"], version: "1", instance: "evil" } });
  await replies.until(() => replies.messages.some(({ refused }) => refused));
  const [refusal] = replies.messages.flatMap(({ refused }) => refused?.error ?? []);
  expect(refusal).toMatchObject({ code: "unauthenticated", subject: "sn01" });
  // In its own name it may claim what another has, and gets nothing by it; nor does it see what others have.
  const own = evil.client.join({ signal: rig.signal });
  const welcomed = new Inbox(own);
  own.send({ hello: { agent: "sn66", advertise: ["127.0.0.1:1"], version: "1", instance: "evil" } });
  own.send({ statuses: { consoles: [{ name: "n1", state: "CONNECTED", target: "evil" }] } });
  own.send({ synced: { version: 1 } });
  await welcomed.until(() => welcomed.messages.some(({ welcome }) => welcome));
  const { client } = rig.channel("Head", rig.headAddress, "rig");
  const { owner } = await client.resolve({ console: "n1" }, { signal: rig.signal });
  expect(owner).toBe("sn01");
  expect(await failure(evil.client.resolve({ console: "n1" }, { signal: rig.signal }))).toMatchObject({
    code: "unauthenticated",
  });
  expect(await new Inbox(evil.client.list({}, { signal: rig.signal })).end()).toMatchObject({
    code: "unauthenticated",
  });
  // Of another agent it gets nothing at all, whatever ticket it comes with.
  const { address } = await rig.attach("rig", { console: "n1" });
  const other = rig.machineChannel("Agent", address, "agent/sn66").client;
  const forged = { body: Buffer.from("{}"), signature: Buffer.alloc(64) };
  for (const ticket of [null, forged])
    expect(
      await new Inbox(other.readLog({ console: "n1", ticket }, { signal: rig.signal })).end(),
    ).toMatchObject({ code: "unauthenticated" });
});
