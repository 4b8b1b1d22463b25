import fc from "fast-check";
import { expect, test } from "vitest";
import { verbSet } from "../policy/verbs.ts";
import { TicketDesk } from "./check-ticket.ts";
import type { Permission } from "./claims.ts";
import { issueTicket, type SignedTicket, TICKET_LIMITS } from "./issue-ticket.ts";
import { prove } from "./proof.ts";
import { RefusedError } from "./refusal.ts";
import { generateSigningKey, importSigningKey } from "./signing-key.ts";
import { UsedOnce } from "./used-once.ts";

const head = generateSigningKey();
const client = generateSigningKey();
const stranger = generateSigningKey();
const AGENT = { agent: "sn01", epoch: "life-7" };
const nonce = Buffer.from("0123456789abcdef");

const permission: Permission = {
  subject: "user:anna",
  groups: ["ops"],
  verbs: verbSet(["view", "write"]),
  consoles: "n1",
  policyRevision: 3,
  clientKey: Buffer.from(client.publicKey).toString("base64url"),
};

class Desk {
  nowMs = 100_000;
  readonly desk: TicketDesk;
  constructor(options: { readonly agent?: string; readonly epoch?: string; readonly usedMax?: number } = {}) {
    this.desk = new TicketDesk({ ...AGENT, ...options, nowMs: () => this.nowMs });
    this.desk.trust([stranger.publicKey, head.publicKey]);
  }
  issue(more: Partial<Permission> = {}): SignedTicket {
    return issueTicket(head, { ...permission, ...more }, { ...AGENT, nowMs: this.nowMs });
  }
  present(ticket: SignedTicket, by = client, saw: Uint8Array = nonce): unknown {
    const read = this.desk.read(ticket);
    return read.use(saw, prove(by, { id: read.claims.id, agent: read.claims.agent, nonce }));
  }
}

function refusalOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (reason) {
    if (reason instanceof RefusedError) return reason.refusal;
    throw reason;
  }
}

test("a ticket is good once, for whoever holds its key, and says what was signed", () => {
  const desk = new Desk();
  const ticket = desk.issue();
  expect(desk.present(ticket)).toMatchObject({ ...permission, agent: "sn01" });
  expect(refusalOf(() => desk.present(ticket))).toBe("replayed");
  expect(refusalOf(() => desk.present(ticket))).toBe("replayed");
});

test("one that was only seen by somebody is not used up", () => {
  const desk = new Desk();
  const ticket = desk.issue();
  expect(refusalOf(() => desk.present(ticket, stranger))).toBe("bad_proof");
  expect(refusalOf(() => desk.present(ticket, client, Buffer.from("another nonce....")))).toBe("bad_proof");
  expect(refusalOf(() => desk.desk.read(ticket).useUnbound())).toBe("bad_proof");
  expect(refusalOf(() => desk.present(ticket))).toBeUndefined();
});

test("a bit that is flipped anywhere makes it worthless", () => {
  const desk = new Desk();
  const ticket = desk.issue();
  for (const part of ["body", "signature"] as const) {
    for (let bit = 0; bit < ticket[part].byteLength * 8; bit++) {
      const bytes = Buffer.from(ticket[part]);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(refusalOf(() => desk.present({ ...ticket, [part]: bytes }))).toBe("bad_signature");
    }
  }
  expect(refusalOf(() => desk.present(ticket))).toBeUndefined();
});

test("a bit that is flipped in a proof makes it none", () => {
  const desk = new Desk();
  const ticket = desk.issue();
  const read = desk.desk.read(ticket);
  const proof = prove(client, { id: read.claims.id, agent: "sn01", nonce });
  for (let bit = 0; bit < proof.byteLength * 8; bit++) {
    const bytes = Buffer.from(proof);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(refusalOf(() => read.use(nonce, bytes))).toBe("bad_proof");
  }
  expect(refusalOf(() => read.use(nonce, proof))).toBeUndefined();
});

test("bytes that are no ticket are refused, whatever they are", () => {
  const desk = new Desk();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 80 }), (body, signature) => {
      expect(refusalOf(() => desk.present({ body, signature }))).toBe("bad_signature");
      // Signed by a head, and yet no ticket.
      expect(refusalOf(() => desk.present({ body, signature: head.sign("confed ticket v1", body) }))).toBe(
        "malformed",
      );
    }),
  );
});

test("a signature for something else is none for a ticket", () => {
  const desk = new Desk();
  const { body } = desk.issue();
  expect(refusalOf(() => desk.present({ body, signature: head.sign("confed resume v1", body) }))).toBe(
    "bad_signature",
  );
});

test.each([
  ["another agent", { agent: "sn02" }, "other_agent"],
  ["a later life of the agent", { epoch: "life-8" }, "before_start"],
])("%s refuses it", (_what, options, refusal) => {
  expect(refusalOf(() => new Desk(options).present(new Desk().issue()))).toBe(refusal);
});

test("it is refused by an agent that knows no head, or not the one that signed", () => {
  const desk = new Desk();
  const ticket = desk.issue();
  desk.desk.trust([]);
  expect(refusalOf(() => desk.present(ticket))).toBe("unknown_key");
  desk.desk.trust([stranger.publicKey, Buffer.alloc(5)]);
  expect(refusalOf(() => desk.present(ticket))).toBe("bad_signature");
  desk.desk.trust([head.publicKey]);
  expect(refusalOf(() => desk.present(ticket))).toBeUndefined();
});

test("whenever it is presented, it is good in its minute and at no other time", () => {
  fc.assert(
    fc.property(fc.integer({ min: -20_000, max: 200_000 }), (laterMs) => {
      const desk = new Desk();
      const ticket = desk.issue();
      desk.nowMs += laterMs;
      const expected =
        laterMs >= TICKET_LIMITS.lifetimeMs
          ? "expired"
          : laterMs < -TICKET_LIMITS.aheadMsMax
            ? "not_yet"
            : undefined;
      expect(refusalOf(() => desk.present(ticket))).toBe(expected);
    }),
  );
});

test("however uses and time are mixed, no ticket is good twice", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat(40_000)), { maxLength: 60 }), (steps) => {
      const desk = new Desk();
      const tickets: (SignedTicket | undefined)[] = [];
      const used = new Set<SignedTicket>();
      for (const [which, laterMs] of steps) {
        desk.nowMs += laterMs;
        const ticket = (tickets[which] ??= desk.issue());
        const refusal = refusalOf(() => desk.present(ticket));
        if (refusal === undefined) {
          expect(used.has(ticket)).toBe(false);
          used.add(ticket);
        } else expect(["replayed", "expired"]).toContain(refusal);
      }
    }),
  );
});

test("at the bound of what is remembered nothing is accepted, until time has passed", () => {
  const desk = new Desk({ usedMax: 3 });
  const tickets = [desk.issue(), desk.issue(), desk.issue(), desk.issue()];
  for (const ticket of tickets.slice(0, 3)) desk.present(ticket);
  const [first, , , last] = tickets as [SignedTicket, SignedTicket, SignedTicket, SignedTicket];
  expect(() => desk.present(last)).toThrow("usedTicketsMax");
  expect(refusalOf(() => desk.present(first))).toBe("replayed");
  desk.nowMs += 2 * TICKET_LIMITS.lifetimeMs;
  expect(refusalOf(() => desk.present(desk.issue()))).toBeUndefined();
});

test("what was used is forgotten when it could not be used any more, so memory stays flat", () => {
  const used = new UsedOnce({ lifetimeMs: 1_000, entriesMax: 1_000 });
  let sizeMax = 0;
  for (let nowMs = 0; nowMs < 60_000; nowMs += 5) {
    expect(used.use(`id${nowMs}`, nowMs)).toBe(true);
    sizeMax = Math.max(sizeMax, used.size);
  }
  expect(sizeMax).toBeLessThanOrEqual(400);
});

test("a head's own ticket is bound to nobody and no proof makes it a client's", () => {
  const desk = new Desk();
  const ticket = desk.issue({ clientKey: "" });
  expect(refusalOf(() => desk.present(ticket))).toBe("bad_proof");
  expect(refusalOf(() => desk.desk.read(ticket).useUnbound())).toBeUndefined();
  expect(refusalOf(() => desk.desk.read(ticket).useUnbound())).toBe("replayed");
});

test("a key that was written down signs as before", () => {
  const again = importSigningKey(head.export());
  expect(Buffer.from(again.publicKey)).toEqual(Buffer.from(head.publicKey));
  const desk = new Desk();
  const ticket = issueTicket(again, permission, { ...AGENT, nowMs: desk.nowMs });
  expect(refusalOf(() => desk.present(ticket))).toBeUndefined();
});
