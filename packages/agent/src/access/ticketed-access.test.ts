import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@confed/kernel";
import { callBy, FakeClock } from "@confed/testkit";
import {
  type Binding,
  formatPolicy,
  generateSigningKey,
  issueTicket,
  type Permission,
  type Policy,
  prove,
  RefusedError,
  type Role,
  type SigningKey,
  type Verb,
  verbSet,
} from "@confed/trust";
import type { OpenReceived } from "@confed/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Access, SessionGrant } from "./access.ts";
import { agentKeyIn } from "./agent-key.ts";
import { HeldPolicy } from "./held-policy.ts";
import { ticketedAccess } from "./ticketed-access.ts";

const head = generateSigningKey();
const client = generateSigningKey();
const stranger = generateSigningKey();
const nonce = Buffer.from("nonce-of-a-stream");
const nobody = callBy({ class: "none", address: "10.0.0.9:5" });
const aHead = callBy({ class: "machine", kind: "head", id: "h1", fingerprint: "f", serial: "1" });
const anAgent = callBy({ class: "machine", kind: "agent", id: "sn02", fingerprint: "g", serial: "2" });
const console = { name: "n1", groups: [], labels: {} };

let directory: string;
let clock: FakeClock;
let policy: HeldPolicy;
let access: Access;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "access-"));
  clock = new FakeClock();
  begin("life1");
  push(3, { bindings: [{ to: "user:anna", roles: ["operator"] }] });
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** The agent starts; what it knows it has from its state directory. */
function begin(epoch: string): void {
  policy = new HeldPolicy(directory, silentLogger);
  const rolesOfSocket = new Map([["ops", ["operator"]]]);
  access = ticketedAccess({ agent: "sn01", epoch, policy, key: agentKeyIn(directory), clock, rolesOfSocket });
}

/** A head says this. */
function push(
  revision: number,
  said: { roles?: Role[]; bindings?: Binding[]; revoked?: Policy["revoked"] },
): void {
  const text = formatPolicy({
    revision,
    roles: said.roles ?? [],
    bindings: said.bindings ?? [],
    revoked: said.revoked ?? [],
  });
  const take = policy.inbox("h1");
  const bytes = Buffer.from(text);
  take({ revision, policy: bytes.subarray(0, 20), last: false, ticketKeys: [] });
  take({ revision, policy: bytes.subarray(20), last: true, ticketKeys: [Buffer.from(head.publicKey)] });
}

function ticket(more: Partial<Permission> = {}, epoch = "life1") {
  const { body, signature } = issueTicket(
    head,
    {
      ...{
        subject: "user:anna",
        groups: [],
        verbs: verbSet(["view", "write"]),
        consoles: "n1",
        policyRevision: 3,
      },
      clientKey: Buffer.from(client.publicKey).toString("base64url"),
      ...more,
    },
    { agent: "sn01", epoch, nowMs: clock.nowMs() },
  );
  return { body: Buffer.from(body), signature: Buffer.from(signature) };
}

const NO_TICKET = { body: Buffer.alloc(0), signature: Buffer.alloc(0) };

function open(more: Partial<OpenReceived>): OpenReceived {
  return {
    ...{
      console: "n1",
      mode: "WRITE",
      force: false,
      start: "replayLines",
      from: null,
      replayLines: 0,
      subject: "liar@host",
    },
    ...{ window: null, ticket: null, resumeToken: Buffer.alloc(0), supersedesSessionId: "" },
    ...more,
  };
}

function attach(more: Partial<OpenReceived>, by: SigningKey = client, call = nobody): SessionGrant {
  const admission = access.admit(call, open(more), nonce);
  if (admission.is === "granted") return admission.grant;
  return admission.prove(prove(by, { id: admission.id, agent: "sn01", nonce }));
}

function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (reason) {
    if (reason instanceof RefusedError) return reason.refusal;
    return (reason as { code: string }).code;
  }
  return "accepted";
}

const may = (grant: SessionGrant | ReturnType<Access["authorise"]>, ...verbs: Verb[]) =>
  verbs.map((verb) => (grant.verbsOn(console) & verbSet([verb])) !== 0);

test("a ticket lets its holder in, as whom the head knows and not as whom he says", () => {
  const grant = attach({ ticket: ticket() });
  expect(grant.subject).toBe("anna");
  expect(may(grant, "view", "write", "break")).toEqual([true, true, false]);
});

test.each([
  ["nothing at all", () => attach({}), "unauthenticated"],
  ["another machine's identity", () => attach({}, client, anAgent), "unauthenticated"],
  ["a head's identity alone", () => attach({}, client, aHead), "unauthenticated"],
  ["a ticket of another console", () => attach({ ticket: ticket({ consoles: "n2" }) }), "other_console"],
  ["a ticket that somebody else holds", () => attach({ ticket: ticket() }, stranger), "bad_proof"],
  [
    "a ticket bound to nobody",
    () => attach({ ticket: ticket({ clientKey: "" }) }, client, aHead),
    "bad_proof",
  ],
  ["a token that is none", () => attach({ resumeToken: Buffer.from("abc") }), "malformed"],
])("an attach with %s is refused", (_what, run, refusal) => {
  expect(refusalOf(run)).toBe(refusal);
});

test("a ticket of before the agent's start is refused, and to be mended by another", () => {
  const old = ticket();
  begin("life2");
  push(4, { bindings: [{ to: "user:anna", roles: ["operator"] }] });
  let error: unknown;
  try {
    attach({ ticket: old });
  } catch (reason) {
    error = reason;
  }
  expect(error).toMatchObject({ refusal: "before_start", mendable: true });
  expect(attach({ ticket: ticket({}, "life2") }).subject).toBe("anna");
});

test("a resume token holds with every head dead and after a restart of the agent, for its key alone", () => {
  const token = Buffer.from(attach({ ticket: ticket() }).resumeToken("session-1"));
  begin("life2");
  const grant = attach({ resumeToken: token });
  expect(grant.supersedes).toBe("session-1");
  expect(may(grant, "view", "write", "break")).toEqual([true, true, false]);
  expect(refusalOf(() => attach({ resumeToken: token }, stranger))).toBe("bad_proof");
  expect(refusalOf(() => attach({ resumeToken: token, console: "n2" }))).toBe("other_console");
});

test("a resume token does not make a session longer", () => {
  const first = attach({ ticket: ticket() });
  clock.advance(3_600_000);
  const second = attach({ resumeToken: Buffer.from(first.resumeToken("s1")) });
  expect(first.leftMs - second.leftMs).toBe(3_600_000);
  clock.advance(second.leftMs);
  expect(refusalOf(() => attach({ resumeToken: Buffer.from(second.resumeToken("s2")) }))).toBe("expired");
});

test("with a fresh ticket the token says only which session it replaces, and only to the same key", () => {
  const token = Buffer.from(attach({ ticket: ticket() }).resumeToken("s1"));
  expect(attach({ ticket: ticket(), resumeToken: token }).supersedes).toBe("s1");
  const clientKey = Buffer.from(stranger.publicKey).toString("base64url");
  expect(attach({ ticket: ticket({ clientKey }), resumeToken: token }, stranger).supersedes).toBeUndefined();
});

test("whoever comes back with a token and a ticket of before the start is let in by the token", () => {
  const token = Buffer.from(attach({ ticket: ticket() }).resumeToken("s1"));
  const old = ticket();
  begin("life2");
  push(4, { bindings: [{ to: "user:anna", roles: ["operator"] }] });
  expect(attach({ ticket: old, resumeToken: token }).supersedes).toBe("s1");
});

test("revocation voids tickets, tokens and live grants from before it, and not those from after it", () => {
  const grant = attach({ ticket: ticket() });
  const token = Buffer.from(grant.resumeToken("s1"));
  const unused = ticket();
  let told = 0;
  access.watch(() => (told += 1));
  push(4, {
    bindings: [{ to: "user:anna", roles: ["operator"] }],
    revoked: [{ subject: "user:anna", revision: 4 }],
  });
  expect(told).toBe(1);
  expect(may(grant, "view", "write")).toEqual([false, false]);
  expect(grant.ended?.rawMessage).toBe("your access was revoked");
  expect(refusalOf(() => attach({ ticket: unused }))).toBe("revoked");
  expect(refusalOf(() => attach({ resumeToken: token }))).toBe("revoked");
  const fresh = attach({ ticket: ticket({ policyRevision: 4 }) });
  expect(may(fresh, "view", "write")).toEqual([true, true]);
});

test("revocation ends what a certificate or a local socket began before it, and nothing after it", () => {
  for (const [peer, subject] of [
    [callBy({ class: "user", id: "anna", fingerprint: "f", issuer: "i" }), "user:anna"],
    [callBy({ class: "local", group: "ops" }), "local:ops"],
  ] as const) {
    const { revision } = policy.current;
    const [session, call] = [attach({}, client, peer), access.authorise(peer)];
    push(revision + 1, {
      bindings: [{ to: "user:anna", roles: ["operator"] }],
      revoked: [{ subject, revision: revision + 1 }],
    });
    for (const grant of [session, call]) {
      expect(may(grant, "view", "write")).toEqual([false, false]);
      expect(grant.ended?.rawMessage).toBe("your access was revoked");
    }
    expect(may(attach({}, client, peer), "view", "write")).toEqual([true, true]);
  }
});

test("a newer policy takes from a ticket and never adds; an older one leaves the head's word", () => {
  const grant = attach({ ticket: ticket() });
  push(4, { bindings: [{ to: "user:anna", roles: ["viewer"] }] });
  expect(may(grant, "view", "write")).toEqual([true, false]);
  push(5, { bindings: [{ to: "user:anna", roles: ["admin"] }] });
  expect(may(grant, "view", "write", "break")).toEqual([true, true, false]);
  const ahead = attach({ ticket: ticket({ subject: "user:ben", policyRevision: 6 }) });
  expect(may(ahead, "view", "write")).toEqual([true, true]);
  push(6, {});
  expect(may(ahead, "view", "write")).toEqual([false, false]);
});

test("the policy outlives a restart with every head dead, in a file of the agent's own", () => {
  push(9, { bindings: [{ to: "user:anna", roles: ["viewer"] }], revoked: [] });
  begin("life2");
  expect(policy.current.revision).toBe(9);
  const modes = ["policy.json", "resume-key.pem"].map((file) => statSync(join(directory, file)).mode & 0o777);
  expect(modes).toEqual([0o600, 0o600]);
});

test("an older policy of another head changes nothing", () => {
  push(2, {});
  expect(policy.current.revision).toBe(3);
});

test("a head's calls count for whom its ticket names, once, and only from a head", () => {
  const unbound = () => ticket({ clientKey: "", verbs: verbSet(["log.read"]) });
  const one = unbound();
  expect(may(access.authorise(aHead, one), "log.read", "write")).toEqual([true, false]);
  expect(refusalOf(() => access.authorise(aHead, one))).toBe("replayed");
  expect(refusalOf(() => access.authorise(anAgent, unbound()))).toBe("bad_proof");
  expect(refusalOf(() => access.authorise(nobody, unbound()))).toBe("bad_proof");
  expect(refusalOf(() => access.authorise(aHead))).toBe("unauthenticated");
  expect(refusalOf(() => access.authorise(nobody, NO_TICKET))).toBe("unauthenticated");
});

test("a certificate and a local socket need no ticket, and get what their roles allow", () => {
  const anna = callBy({ class: "user", id: "anna", fingerprint: "f", issuer: "i" });
  const ops = callBy({ class: "local", group: "ops" });
  const others = callBy({ class: "local", group: "others" });
  expect(may(access.authorise(anna), "write", "config")).toEqual([true, false]);
  expect(access.authorise(ops).subject).toBe("local:ops");
  expect(may(attach({}, client, ops), "write", "break", "admin")).toEqual([true, true, false]);
  expect(access.authorise(others).mayEver(verbSet(["list"]))).toBe(false);
});
