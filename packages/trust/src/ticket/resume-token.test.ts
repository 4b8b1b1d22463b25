import fc from "fast-check";
import { expect, test } from "vitest";
import { verbSet } from "../policy/verbs.ts";
import type { ResumeClaims } from "./claims.ts";
import { isProven, prove } from "./proof.ts";
import { RefusedError } from "./refusal.ts";
import { issueResumeToken, readResumeToken } from "./resume-token.ts";
import { generateSigningKey, importSigningKey } from "./signing-key.ts";

const agent = generateSigningKey();
const client = generateSigningKey();
const claims: ResumeClaims = {
  agent: "sn01",
  sessionId: "5d1d3b9e-0000-4000-8000-000000000000",
  subject: "user:anna",
  groups: [],
  verbs: verbSet(["view"]),
  consoles: "n1",
  policyRevision: 3,
  clientKey: Buffer.from(client.publicKey).toString("base64url"),
  untilMs: 1_000,
};
const here = { agent: "sn01", wallTimeMs: 999 };
const token = issueResumeToken(agent, claims);

function refusalOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (reason) {
    if (reason instanceof RefusedError) return reason.refusal;
    throw reason;
  }
}

test("a resume token holds after a restart of the agent, which has its key in a file", () => {
  expect(readResumeToken(importSigningKey(agent.export()), token, here)).toEqual(claims);
});

test("it is refused at another agent, by another key, and when the session's time is over", () => {
  expect(refusalOf(() => readResumeToken(agent, token, { ...here, agent: "sn02" }))).toBe("other_agent");
  expect(refusalOf(() => readResumeToken(client, token, here))).toBe("bad_signature");
  expect(refusalOf(() => readResumeToken(agent, token, { ...here, wallTimeMs: 1_000 }))).toBe("expired");
});

test("a bit that is flipped anywhere makes it worthless", () => {
  for (let bit = 0; bit < token.byteLength * 8; bit++) {
    const bytes = Buffer.from(token);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(refusalOf(() => readResumeToken(agent, bytes, here))).toBe("bad_signature");
  }
});

test("bytes that are no token are refused, whatever they are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(["malformed", "bad_signature"]).toContain(refusalOf(() => readResumeToken(agent, bytes, here)));
    }),
  );
});

test("a proof holds for one id, one agent, one nonce and one key", () => {
  const text = fc.string({ maxLength: 20 });
  fc.assert(
    fc.property(
      text,
      text,
      fc.uint8Array({ maxLength: 16 }),
      text,
      fc.uint8Array({ maxLength: 16 }),
      (id, name, nonce, other, bytes) => {
        const proof = prove(client, { id, agent: name, nonce });
        expect(isProven(claims.clientKey, { id, agent: name, nonce }, proof)).toBe(true);
        const sameNonce = Buffer.from(bytes).equals(nonce);
        expect(isProven(claims.clientKey, { id: other, agent: name, nonce }, proof)).toBe(other === id);
        expect(isProven(claims.clientKey, { id, agent: other, nonce }, proof)).toBe(other === name);
        expect(isProven(claims.clientKey, { id, agent: name, nonce: bytes }, proof)).toBe(sameNonce);
        expect(
          isProven(Buffer.from(agent.publicKey).toString("base64url"), { id, agent: name, nonce }, proof),
        ).toBe(false);
      },
    ),
    { numRuns: 30 },
  );
});
