import { createPublicKey, X509Certificate } from "node:crypto";
import { ConfedError, silentLogger } from "@confed/kernel";
import { FakeClock, MemoryStore } from "@confed/testkit";
import { identifierFor, parseJoinToken, pinOf } from "@confed/trust";
import type { AuditEvent } from "@confed/trust/audit";
import { makeAuthority, makeKeyPem, makeRequest, openAuthority } from "@confed/trust/certificates";
import type { EnrollResponse, MachineIdentity } from "@confed/wire";
import fc from "fast-check";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Authorities } from "./authorities.ts";
import { Enrolment } from "./enrolment.ts";
import type { StoredToken } from "./stored.ts";

const SN01 = { kind: "agent", id: "sn01" } as const;
let authorities: Authorities;
let clock: FakeClock;
let store: MemoryStore;
let events: (AuditEvent & { readonly alarm: boolean })[];
let enrolment: Enrolment;

beforeAll(async () => {
  const nowMs = new FakeClock().wallTimeMs();
  const open = async (role: "machines" | "users") =>
    openAuthority(role, await makeAuthority(role, { cluster: "demo", nowMs }), { where: role });
  authorities = { machines: await open("machines"), users: await open("users") };
});

beforeEach(() => {
  clock = new FakeClock();
  store = new MemoryStore();
  events = [];
  const audit = {
    event: (event: AuditEvent) => void events.push({ ...event, alarm: false }),
    alarm: (event: AuditEvent) => void events.push({ ...event, alarm: true }),
    recorded: () => Promise.resolve(),
    trouble: undefined,
  };
  enrolment = new Enrolment({ store, authorities, clock, logger: silentLogger, audit });
});

const alarms = () => events.filter(({ alarm }) => alarm).map(({ event }) => event);

interface More {
  readonly ttlMs?: number;
  readonly consoles?: string;
  readonly cidrs?: readonly string[];
  readonly rejoin?: StoredToken["rejoin"];
}

/** What `confed token create` gives. */
async function token(more: More = {}) {
  const wish = { machine: SN01, ttlMs: 0, consoles: "", cidrs: [], rejoin: undefined, by: "test", ...more };
  const { id, secret } = parseJoinToken((await enrolment.tokens.create(wish)).text);
  return { tokenId: id, secret: secret.reveal(), address: "10.0.0.1" };
}

/** The host of an agent: its keys, and what it was given. */
class Host {
  key = makeKeyPem();
  identity: MachineIdentity | undefined;

  async enroll(applicant: Awaited<ReturnType<typeof token>>): Promise<EnrollResponse> {
    return this.#take(await enrolment.enroll({ ...applicant, request: await makeRequest(this.key, "sn01") }));
  }

  /** `lost`: the answer does not reach it. */
  async renew({ lost = false, key = makeKeyPem() } = {}): Promise<string> {
    const response = await enrolment.renew(this.identity!, await makeRequest(key, "sn01"));
    if (!lost) this.#take(response);
    return key;
  }

  clone(): Host {
    return Object.assign(new Host(), { key: this.key, identity: this.identity });
  }

  admit(): void {
    enrolment.machines.admit(this.identity!);
  }

  #take(response: EnrollResponse): EnrollResponse {
    if (response.certificate === undefined) return response;
    const identify = identifierFor({ machines: response.machines!, users: response.users! });
    this.identity = identify(new X509Certificate(response.certificate)) as MachineIdentity;
    return response;
  }
}

const pinOfKey = (pem: string) => pinOf(createPublicKey(pem));

test("a host with a token gets a certificate of its name, and may come with it", async () => {
  const host = new Host();
  await host.enroll(await token());
  expect(host.identity).toMatchObject({ class: "machine", kind: "agent", id: "sn01" });
  host.admit();
  expect(events.map(({ event }) => event)).toEqual(["token.created", "enrol.ok"]);
  expect(JSON.stringify(events)).not.toContain("secret");
});

test("a token is stored without its secret", async () => {
  const { secret } = await token();
  expect(JSON.stringify(store.list("tokens"))).not.toContain(secret);
});

test("a token works once: another key is refused and alarmed, the same one is answered the same", async () => {
  const spent = await token();
  const host = new Host();
  const first = await host.enroll(spent);
  expect((await host.enroll(spent)).certificate).toBe(first.certificate);
  await expect(new Host().enroll(spent)).rejects.toMatchObject({
    ...{ code: "unauthenticated", subject: "sn01" },
    rawMessage: "the token for agent sn01 was used already",
  });
  expect(alarms()).toEqual(["token.reused"]);
  host.admit();
});

test("of two that use a token at the same time one is enrolled", async () => {
  const shared = await token();
  const outcomes = await Promise.allSettled([new Host().enroll(shared), new Host().enroll(shared)]);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(enrolment.machines.list()).toHaveLength(1);
});

test.each<[string, (good: Awaited<ReturnType<typeof token>>) => Promise<EnrollResponse>, string]>([
  ["another secret", (good) => new Host().enroll({ ...good, secret: "x".repeat(43) }), "unauthenticated"],
  ["another id", (good) => new Host().enroll({ ...good, tokenId: "0123456789ab" }), "unauthenticated"],
  ["its time over", (good) => (clock.advance(15 * 60_000), new Host().enroll(good)), "unauthenticated"],
  [
    "a request for another name",
    async (good) => enrolment.enroll({ ...good, request: await makeRequest(makeKeyPem(), "sn02") }),
    "invalid_argument",
  ],
  [
    "a request that is none",
    (good) => enrolment.enroll({ ...good, request: Buffer.from("x") }),
    "invalid_argument",
  ],
])("a token with %s gives nothing, and is not spent", async (_what, use, code) => {
  const good = await token();
  await expect(use(good)).rejects.toMatchObject({ code });
  expect(enrolment.machines.list()).toEqual([]);
  expect(store.list("tokens")[0]?.value.usedBy).toBeUndefined();
});

test("a token is for use from its networks only", async () => {
  const bound = await token({ cidrs: ["10.1.0.0/16", "fd00::/8"] });
  const from = (address: string) => new Host().enroll({ ...bound, address });
  await expect(from("10.2.0.1")).rejects.toMatchObject({ code: "permission_denied", where: "10.2.0.1" });
  await expect(from("")).rejects.toMatchObject({ code: "permission_denied" });
  await from("::ffff:10.1.2.3");
});

test.each<[string, More, string]>([
  ["a selection by labels", { consoles: "rack=r1" }, "groups and labels do not bind an agent"],
  ["a selection by groups", { consoles: "*,-@vip" }, "groups and labels do not bind an agent"],
  ["a torn selection", { consoles: "n[1-" }, "n[1-"],
  ["a network that is none", { cidrs: ["10.0.0.0/33"] }, '"10.0.0.0/33" is no network'],
  ["a life of a century", { ttlMs: 100 * 366 * 86_400_000 }, "cannot live so long"],
])("a token with %s is not made", async (_what, more, _why) => {
  await expect(token(more)).rejects.toMatchObject({ code: "invalid_argument" });
  expect(store.list("tokens")).toEqual([]);
});

test("a renewal gives the next certificate, and the one before it counts until the new one was shown", async () => {
  const host = new Host();
  await host.enroll(await token());
  const before = host.clone();
  await host.renew();
  before.admit();
  host.admit();
  await Promise.resolve();
  await Promise.resolve();
  expect(() => {
    before.admit();
  }).toThrow("was replaced by a newer one");
  expect(enrolment.machines.get(SN01)?.value.generation).toBe(2);
});

test("a renewal whose answer is lost is answered the same when it is asked again with its key", async () => {
  const host = new Host();
  await host.enroll(await token());
  const key = await host.renew({ lost: true });
  await host.renew({ key });
  host.admit();
  expect(enrolment.machines.get(SN01)?.value).toMatchObject({ generation: 2, state: "enrolled" });
  expect(alarms()).toEqual([]);
});

test("two renewals of one generation lock the agent, alarm, and let neither in until it is unlocked", async () => {
  const host = new Host();
  await host.enroll(await token());
  const clone = host.clone();
  await host.renew();
  host.admit();
  await expect(clone.renew()).rejects.toMatchObject({
    ...{
      code: "permission_denied",
      subject: "sn01",
      hint: expect.stringContaining("confed agent unlock sn01"),
    },
    rawMessage: "agent sn01 is locked: generation 1 of its certificate was renewed twice",
  });
  expect(alarms()).toEqual(["certificate.cloned"]);
  for (const each of [host, clone]) {
    await expect(each.renew()).rejects.toMatchObject({ code: "permission_denied" });
    expect(() => {
      each.admit();
    }).toThrow("is locked");
  }
  expect(enrolment.machines.barred().map(({ machine }) => machine.id)).toEqual(["sn01"]);
  await enrolment.machines.unlock(SN01, "admin");
  host.admit();
  await host.renew();
  await expect(clone.renew()).rejects.toMatchObject({ code: "unauthenticated" });
  host.admit();
  expect(alarms()).toEqual(["certificate.cloned", "certificate.cloned"]);
});

test("a fresh enrolment makes what was before it worthless, and mends a lock", async () => {
  const host = new Host();
  await host.enroll(await token());
  const clone = host.clone();
  await host.renew();
  await expect(clone.renew()).rejects.toMatchObject({ code: "permission_denied" });
  const anew = new Host();
  await anew.enroll(await token());
  anew.admit();
  for (const old of [host, clone]) {
    expect(() => {
      old.admit();
    }).toThrow("was replaced");
    await expect(old.renew()).rejects.toMatchObject({ code: "unauthenticated" });
  }
  anew.admit();
});

test("a machine that is revoked is refused at once, by its fingerprint as well, until its certificate ends", async () => {
  const host = new Host();
  await host.enroll(await token());
  expect(enrolment.machines.lockedOut(clock.wallTimeMs()).size).toBe(0);
  await enrolment.machines.revoke(SN01, "root");
  expect([...enrolment.machines.lockedOut(clock.wallTimeMs())]).toEqual([host.identity?.fingerprint]);
  expect(() => {
    host.admit();
  }).toThrow("was revoked");
  await expect(host.renew()).rejects.toMatchObject({ code: "permission_denied" });
  await expect(enrolment.machines.unlock(SN01, "admin")).rejects.toMatchObject({ code: "permission_denied" });
  clock.advance(8 * 86_400_000);
  expect(enrolment.machines.lockedOut(clock.wallTimeMs()).size).toBe(0);
});

test("a token for rejoining bound to a key enrols who has that key, again and again, and nobody else", async () => {
  const host = new Host();
  const rejoin = await token({ rejoin: { by: "key", pin: pinOfKey(host.key) } });
  await host.enroll(rejoin);
  const before = host.clone();
  await host.enroll(rejoin);
  host.admit();
  expect(() => {
    before.admit();
  }).toThrow("was replaced");
  await expect(new Host().enroll(rejoin)).rejects.toMatchObject({ code: "permission_denied" });
  clock.advance(300 * 86_400_000);
  await host.enroll(rejoin);
});

test("a token for rejoining by approval waits for it, each time, for exactly the key that was seen", async () => {
  const rejoin = await token({ rejoin: { by: "approval" } });
  const host = new Host();
  for (const boot of ["first", "second"]) {
    host.key = makeKeyPem();
    const fingerprint = pinOfKey(host.key);
    expect(await host.enroll(rejoin), boot).toEqual({ pendingFingerprint: fingerprint });
    expect(enrolment.pending()).toMatchObject([{ machine: SN01, pin: fingerprint, address: "10.0.0.1" }]);
    const error = { code: "not_found" };
    await expect(enrolment.approve(SN01, pinOfKey(makeKeyPem()), "root")).rejects.toMatchObject(error);
    await enrolment.approve(SN01, fingerprint.toUpperCase(), "root");
    const other = new Host();
    expect(await other.enroll(rejoin)).toEqual({ pendingFingerprint: pinOfKey(other.key) });
    // That took its place: what was approved is approved again, for whoever looks is to compare.
    expect(await host.enroll(rejoin)).toEqual({ pendingFingerprint: fingerprint });
    await enrolment.approve(SN01, fingerprint, "root");
    await host.enroll(rejoin);
    host.admit();
    expect(enrolment.pending()).toEqual([]);
  }
});

test("nothing is given while the store cannot be written, and the token is good still when it can", async () => {
  const good = await token();
  store.failing = new ConfedError("unavailable", "the head's store cannot be written", { subject: "store" });
  const host = new Host();
  await expect(host.enroll(good)).rejects.toMatchObject({ code: "unavailable", subject: "store" });
  store.failing = undefined;
  await host.enroll(good);
  store.failing = new ConfedError("unavailable", "the head's store cannot be written", { subject: "store" });
  await expect(host.renew()).rejects.toMatchObject({ code: "unavailable" });
  store.failing = undefined;
  await host.renew();
});

test("whatever a host and its clone do, the host goes on undisturbed or the clone is found out at its first renewal", async () => {
  const step = fc.constantFrom("renew", "lose", "retry", "come");
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 6 }),
      fc.array(step, { maxLength: 3 }),
      async (before, after) => {
        clock = new FakeClock();
        store = new MemoryStore();
        const audit = {
          event: () => undefined,
          alarm: () => undefined,
          recorded: () => Promise.resolve(),
          trouble: undefined,
        };
        enrolment = new Enrolment({ store, authorities, clock, logger: silentLogger, audit });
        const host = new Host();
        await host.enroll(await token());
        let key: string | undefined;
        const act = async (what: string) => {
          // An agent keeps the key of a renewal until it has its answer.
          if (what === "come") host.admit();
          else if (what === "lose") key = await host.renew({ lost: true, key: key ?? makeKeyPem() });
          else {
            await host.renew({ key: key ?? makeKeyPem() });
            key = undefined;
          }
          await new Promise<void>(setImmediate);
        };
        for (const what of before) await act(what);
        const clone = host.clone();
        for (const what of after) await act(what);
        const renewed =
          after.includes("renew") || after.includes("retry") || after.includes("lose") || key !== undefined;
        const outcome = await clone.renew().catch((reason: unknown) => ConfedError.from(reason).code);
        if (renewed) expect(outcome).toBe("permission_denied");
        else await expect(host.renew()).rejects.toMatchObject({ code: "permission_denied" });
        expect(enrolment.machines.get(SN01)?.value.state).toBe("locked");
      },
    ),
    { numRuns: 40 },
  );
}, 30_000);
