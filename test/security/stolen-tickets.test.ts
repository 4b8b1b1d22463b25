import { generateSigningKey } from "@confed/trust";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GuardedRig } from "./guarded-rig.ts";

// F48. A ticket is good once, for one key, one console and one agent. What is brought a second time, or by
// somebody else, is an alarm. Tokens for enrolment: enrolment.test.ts.

let rig: GuardedRig;
beforeEach(async () => {
  rig = new GuardedRig();
  await rig.startHead();
});
afterEach(() => rig[Symbol.asyncDispose]());

/** What the journal of the host has of refused tickets. */
const alarms = () =>
  rig.audit.alarms.flatMap(({ event, details, peer }) =>
    event === "ticket.refused" ? [{ ...details, peer }] : [],
  );

test("a ticket that comes again, or from somebody without its key, is refused and alarmed", async () => {
  await rig.startAgent("sn01", ["n1", "n2"]);
  await rig.known("n1", "n2");
  await rig.grant("user:anna", "operator");
  const { attached, key, ticket, address } = await rig.attach("anna", { console: "n1" });
  await attached.whenOpened();
  const agent = () => rig.channel("Agent", address).client.attach({ signal: rig.signal });
  const again = () => rig.present(agent(), { console: "n1", ticket }, key);
  expect(await (await again()).whenEnded()).toMatchObject({ code: "unauthenticated", subject: "replayed" });
  expect(alarms()).toMatchObject([
    {
      refusal: "replayed",
      of: "user:anna",
      ticket: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
      peer: expect.stringContaining("127.0.0.1:"),
    },
  ]);

  // Stolen on its way, before it was used: worth nothing to the thief, and as good as before to its owner.
  const own = generateSigningKey();
  const { direct } = await rig
    .channel("Head", rig.headAddress, "anna")
    .client.resolve({ console: "n2", clientKey: own.publicKey }, { signal: rig.signal });
  const stolen = direct[0]?.ticket ?? null;
  const thief = await rig.present(agent(), { console: "n2", ticket: stolen }, generateSigningKey());
  expect(await thief.whenEnded()).toMatchObject({ code: "unauthenticated", subject: "bad_proof" });
  expect(alarms().slice(1)).toMatchObject([{ refusal: "bad_proof", of: "user:anna" }]);
  const owner = await rig.present(agent(), { console: "n2", ticket: stolen }, own);
  expect(await owner.whenOpened()).toMatchObject({ subject: "anna" });
  // Of what was used, the record says by whom; nothing in it could be used again.
  const used = rig.audit.events.filter(({ event }) => event === "ticket.used");
  expect(used.map(({ subject, console }) => `${subject} ${console}`)).toEqual(["anna n1", "anna n2"]);

  // Whoever goes on is shut out, and that is on record as well.
  const penalties = () => rig.audit.events.filter(({ event }) => event === "penalty");
  for (let at = 0; at < 5 && penalties().length === 0; at += 1)
    expect(await (await again()).whenEnded()).toMatchObject({ subject: "replayed" });
  expect(penalties()).toMatchObject([{ agent: "sn01", peer: "127.0.0.1", text: "auth" }]);
  expect(await (await again()).whenEnded()).toMatchObject({ code: "agent_unreachable" });
});

test("a ticket is worth nothing at another agent, for another console, changed, or over", async () => {
  await rig.startAgent("sn01", ["n1"]);
  await rig.startAgent("sn02", ["n2"]);
  await rig.known("n1", "n2");
  await rig.grant("user:anna", "operator");
  const key = generateSigningKey();
  const { client } = rig.channel("Head", rig.headAddress, "anna");
  const way = async (console: string) => {
    const { direct } = await client.resolve({ console, clientKey: key.publicKey }, { signal: rig.signal });
    return { address: direct[0]?.address ?? "", ticket: direct[0]!.ticket! };
  };
  const [one, two] = [await way("n1"), await way("n2")];
  const changed = Buffer.from(one.ticket.body.toString().replace('"n1"', '"n9"'));
  for (const [address, console, ticket, refusal] of [
    [two.address, "n1", one.ticket, "other_agent"],
    [one.address, "n2", one.ticket, "other_console"],
    [one.address, "n9", { ...one.ticket, body: changed }, "bad_signature"],
    [one.address, "n1", { ...one.ticket, signature: two.ticket.signature }, "bad_signature"],
  ] as const) {
    const stream = rig.channel("Agent", address).client.attach({ signal: rig.signal });
    const attached = await rig.present(stream, { console, ticket }, key);
    expect(await attached.whenEnded()).toMatchObject({ code: "unauthenticated", subject: refusal });
    expect(rig.audit.events.at(-2)).toMatchObject({ event: "ticket.refused", details: { refusal } });
  }
});

test("a ticket that somebody made himself is none, whoever he is", async () => {
  await rig.startAgent("sn01", ["n1"]);
  await rig.known("n1");
  const { issueTicket, verbSet } = await import("@confed/trust");
  const { ticket, address } = await rig.attach("rig", { console: "n1" });
  const claims = JSON.parse(ticket!.body.toString()) as { epoch: string; agent: string; issuedMs: number };
  const key = generateSigningKey();
  const forged = issueTicket(
    generateSigningKey(),
    {
      ...{ subject: "user:rig", groups: [], verbs: verbSet(["view", "write"]), consoles: "n1" },
      policyRevision: 1_000,
      clientKey: Buffer.from(key.publicKey).toString("base64url"),
    },
    { agent: claims.agent, epoch: claims.epoch, nowMs: claims.issuedMs },
  );
  // Of everybody who has a certificate at all: a person, an agent, and a head.
  for (const channel of [
    rig.channel("Agent", address, "mallory"),
    rig.machineChannel("Agent", address, "agent/sn66"),
    rig.machineChannel("Agent", address, "head/h9"),
  ]) {
    const stream = channel.client.attach({ signal: rig.signal });
    const attached = await rig.present(stream, { console: "n1", ticket: forged }, key);
    expect(await attached.whenEnded()).toMatchObject({ code: "unauthenticated", subject: "bad_signature" });
  }
});
