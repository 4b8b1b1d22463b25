import { ConfedError } from "@confed/kernel";
import { Inbox, type PlayedAgent } from "@confed/testkit";
import { generateSigningKey, issueTicket, verbSet } from "@confed/trust";
import type { ConsoleStatus, JoinReport } from "@confed/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GuardedRig } from "./guarded-rig.ts";

// F50. Somebody has an agent's host, its key and its certificate. He speaks for the consoles of that agent, and for
// nothing else: what he says of others counts for nothing, and whatever he says is only text.

let rig: GuardedRig;
beforeEach(async () => {
  rig = new GuardedRig();
  await rig.startHead();
  await rig.startAgent("sn01", ["n1", "n2"]);
  await rig.known("n1", "n2");
});
afterEach(() => rig[Symbol.asyncDispose]());

/** Joined with the certificate of sn66, under whatever name it says. */
function join(agent = "sn66"): Pick<PlayedAgent, "stream" | "replies"> {
  const stream = rig
    .machineChannel("Head", rig.headAddress, "agent/sn66")
    .client.join({ signal: rig.signal });
  const replies = new Inbox(stream);
  stream.send({
    hello: {
      agent,
      advertise: ["127.0.0.1:1"],
      version: "1",
      instance: "evil",
      ticketEpoch: "e",
      clockMs: 1,
    },
  });
  return { stream, replies };
}

function says(stream: PlayedAgent["stream"], ...consoles: readonly ConsoleStatus[]): void {
  const report: JoinReport = { statuses: { consoles: [...consoles] } };
  stream.send(report);
  stream.send({ synced: { version: 1 } });
}

const refusalOf = async ({ replies }: Pick<PlayedAgent, "replies">) => {
  await replies.until(() => replies.ended !== undefined || replies.messages.some(({ refused }) => refused));
  return replies.messages.find(({ refused }) => refused)?.refused?.error;
};

const head = () => rig.channel("Head", rig.headAddress, "rig").client;

test("it cannot join as another, twice, and the attempt is audited", async () => {
  for (const round of [1, 2]) {
    expect(await refusalOf(join("sn01"))).toMatchObject({ code: "unauthenticated", subject: "sn01" });
    const refused = rig.audit.events.filter(({ event }) => event === "agent.refused");
    expect(refused).toHaveLength(round);
    expect(refused.at(-1)?.text).toContain("agent sn66 wants to join as agent sn01");
  }
});

test("a console that another has stays with that one, which is shown as it is, and the conflict is alarmed", async () => {
  const evil = join();
  says(
    evil.stream,
    { name: "n1", state: "CONNECTED", target: "evil", viewers: [] },
    { name: "x1", state: "CONNECTED" },
  );
  const { client } = rig.channel("Head", rig.headAddress, "rig");
  await expect
    .poll(
      async () =>
        (await client.inspect({ console: "x1" }, { signal: rig.signal }).catch(() => undefined))?.owner,
    )
    .toBe("sn66");
  const shown = await client.inspect({ console: "n1" }, { signal: rig.signal });
  expect(shown).toMatchObject({ owner: "sn01", state: "CONFLICT" });
  expect(shown.target).not.toBe("evil");
  expect(rig.audit.events).toContainEqual(
    expect.objectContaining({ event: "owner.conflict", console: "n1" }),
  );
  const { attached } = await rig.attach("rig", { console: "n1" });
  attached.type("to sn01");
  await rig.devices.get("n1")?.received.reached(7);
  // Nor can it take it away: only its own are removed.
  evil.stream.send({ statuses: { removed: ["n1", "n2", "x1"] } });
  await expect
    .poll(() =>
      client.inspect({ console: "x1" }, { signal: rig.signal }).then(
        () => "there",
        (reason: unknown) => ConfedError.from(reason).code,
      ),
    )
    .toBe("not_found");
  expect(await client.inspect({ console: "n1" }, { signal: rig.signal })).toMatchObject({ owner: "sn01" });
});

test("it is told of no console, no agent and nobody's roles but what an agent needs", async () => {
  const machine = rig.machineChannel("Head", rig.headAddress, "agent/sn66").client;
  const code = (promise: Promise<unknown>) =>
    promise.then(
      () => "answered",
      (reason: unknown) => ConfedError.from(reason).code,
    );
  for (const answer of [
    code(machine.resolve({ console: "n1" }, { signal: rig.signal })),
    code(machine.inspect({ console: "n1" }, { signal: rig.signal })),
    code(machine.status({}, { signal: rig.signal })),
    code(machine.administer({ show: {} }, { signal: rig.signal })),
    code(machine.enrolment({ list: {} }, { signal: rig.signal })),
    code(machine.control({ selection: "*", reconnect: {} }, { signal: rig.signal })),
    new Inbox(machine.list({}, { signal: rig.signal })).end().then((error) => ConfedError.from(error).code),
    new Inbox(machine.watch({}, { signal: rig.signal })).end().then((error) => ConfedError.from(error).code),
    new Inbox(machine.tail({ selection: "*" }, { signal: rig.signal }))
      .end()
      .then((error) => ConfedError.from(error).code),
    new Inbox(machine.readLog({ console: "n1" }, { signal: rig.signal }))
      .end()
      .then((error) => ConfedError.from(error).code),
  ])
    expect(await answer).toBe("unauthenticated");
});

test("it mints no tickets: those of its own key are none at any other agent", async () => {
  const { ticket, address } = await rig.attach("rig", { console: "n1" });
  const { agent, epoch, issuedMs } = JSON.parse(ticket!.body.toString()) as {
    readonly agent: string;
    readonly epoch: string;
    readonly issuedMs: number;
  };
  const key = generateSigningKey();
  const minted = issueTicket(
    generateSigningKey(),
    {
      ...{ subject: "user:rig", groups: [], verbs: verbSet(["view", "write"]), consoles: "n1" },
      ...{ policyRevision: 1_000, clientKey: Buffer.from(key.publicKey).toString("base64url") },
    },
    { agent, epoch, nowMs: issuedMs },
  );
  const { client } = rig.machineChannel("Agent", address, "agent/sn66");
  const attached = await rig.present(
    client.attach({ signal: rig.signal }),
    { console: "n1", ticket: minted },
    key,
  );
  expect(await attached.whenEnded()).toMatchObject({ code: "unauthenticated", subject: "bad_signature" });
  const read = new Inbox(client.readLog({ console: "n1", ticket: minted }, { signal: rig.signal }));
  expect(await read.end()).toMatchObject({ code: "unauthenticated" });
});

test("a million consoles are refused at the bound, and others go on, twice", async () => {
  for (let round = 0; round < 2; round += 1) {
    const evil = join();
    const refused = refusalOf(evil);
    for (let page = 0; page < 1_000 && evil.replies.ended === undefined; page += 1) {
      const consoles = Array.from({ length: 1_000 }, (_, at) => ({ name: `e${page * 1_000 + at}` }));
      evil.stream.send({ statuses: { consoles } });
      if (evil.stream.backlogBytes > 1024 * 1024) await Promise.race([evil.stream.drained(), refused]);
      if (evil.replies.messages.some(({ refused: said }) => said)) break;
    }
    expect(await refused).toMatchObject({ message: expect.stringContaining("consolesPerAgentMax") });
    const { attached } = await rig.attach("rig", { console: "n1" });
    expect(await attached.whenOpened()).toMatchObject({ mode: "WRITE" });
    attached.stream.end();
  }
}, 120_000);

test("what it says of its own is text that does nothing to a terminal, and numbers that are numbers", async () => {
  const evil = join();
  const ESC = "\u001b]0;owned\u0007\u001b[2J\u202e";
  says(evil.stream, {
    ...{ name: "x1", state: "CONNECTED", target: `t${ESC}`, transport: `tcp${ESC}`, owner: "sn01" },
    ...{ groups: [`g${ESC}`], labels: { rack: `r${ESC}` } },
    cause: { code: `auth${ESC}`, message: `m${ESC}`, hint: `h${ESC}`, subject: ESC, where: ESC },
    viewers: [{ sessionId: ESC, subject: `admin${ESC}`, mode: "WRITE", sinceMs: -1 }],
    ...{ attempt: 4_294_967_295, sinceMs: Number.MAX_SAFE_INTEGER },
  });
  const { client } = rig.channel("Head", rig.headAddress, "rig");
  await expect
    .poll(
      async () =>
        (await client.inspect({ console: "x1" }, { signal: rig.signal }).catch(() => undefined))?.owner,
    )
    .toBe("sn66");
  const listed = new Inbox(head().list({ selection: "x1" }, { signal: rig.signal }));
  await listed.end();
  const text = JSON.stringify(listed.messages);
  expect(text).toContain("x1");
  expect(JSON.parse(text) as unknown).toBeDefined();
  expect(unsafe(JSON.parse(text))).toEqual([]);
});

/** Every text in it that could do something to a terminal. */
function unsafe(value: unknown): string[] {
  if (typeof value === "string") return /[\p{Cc}\p{Cf}]/u.test(value) ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [...unsafe(key), ...unsafe(each)]);
}
