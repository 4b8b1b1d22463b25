import { systemCiphers } from "@confed/kernel";
import { expect, test } from "vitest";
import { CIPHER_SUITES } from "./cipher-suite.ts";
import { deriveRakp } from "./rakp-keys.ts";

const admin = Buffer.from("admin");
const shared = {
  consoleSessionId: 0xa0a2_a3a4,
  bmcSessionId: 2,
  guid: Buffer.from("a123456789abcdefa123456789abcdef", "hex"),
  role: 0x14,
};
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

// Recorded between ipmitool and ipmi_sim.
test.each([
  {
    suite: 3,
    consoleRandom: "22f51332bcea56d7eadfb928a8713880",
    bmcRandom: "f096df3831861085dddbc29fb0da98db",
    rakp2Code: "4631dce990c3f263c30fae18c72b647d708082b9",
    rakp3Code: "4de73474386ba860e14249144fcabbe06805d688",
    rakp4Code: "6796d38131fc928caac6e358",
    integrityKey: "29870486cc06ca478a7ef19d02fb3fcf11e0b35e",
    cipherKey: "f86228b7aa88d22e6079e29cf4219c6340bb5963",
  },
  {
    suite: 17,
    consoleRandom: "e578fa4737cfe43e37031f062776b28c",
    bmcRandom: "0b72fbcbb5ff5fb7b4123f0486f722f7",
    rakp2Code: "bb14fda2d3aea15bb96b7d518a910f41e136acc5bce612fc606ae03c56558e1a",
    rakp3Code: "56e30ed15a7950e60bac08eeaf274096f23ba1fcdea5232f707b4f5c1cb3dd7b",
    rakp4Code: "9241b502291e5f88b66e473cab37a43e",
    integrityKey: "918aa0a110b0ea0ba6e702810deb527bfdd0c6506c238ac4dbc4992497a21ae5",
    cipherKey: "ea073843b9699771c781e8143eb7db245d106cda4744e1bc53d06b5d64c7bf87",
  },
] as const)("proofs and keys of suite $suite are those of a recorded session", (vector) => {
  const { rakp2Code, rakp3Code, rakp4Code, keys } = deriveRakp(
    {
      ...shared,
      suite: CIPHER_SUITES[vector.suite],
      consoleRandom: Buffer.from(vector.consoleRandom, "hex"),
      bmcRandom: Buffer.from(vector.bmcRandom, "hex"),
    },
    { user: admin, password: admin, bmcKey: undefined },
    systemCiphers,
  );
  expect(hex(rakp2Code)).toBe(vector.rakp2Code);
  expect(hex(rakp3Code)).toBe(vector.rakp3Code);
  expect(hex(rakp4Code)).toBe(vector.rakp4Code);
  expect(hex(keys.integrityKey)).toBe(vector.integrityKey);
  expect(hex(keys.cipherKey)).toBe(vector.cipherKey.slice(0, 32));
});

test("the BMC's key goes into the session's keys, and into no proof of the password", () => {
  const exchange = {
    ...shared,
    suite: CIPHER_SUITES[17],
    consoleRandom: new Uint8Array(16).fill(1),
    bmcRandom: new Uint8Array(16).fill(2),
  };
  const derive = (bmcKey: Uint8Array | undefined) =>
    deriveRakp(exchange, { user: admin, password: admin, bmcKey }, systemCiphers);
  const [without, withKey] = [derive(undefined), derive(Buffer.from("kg"))];
  expect(withKey.rakp2Code).toEqual(without.rakp2Code);
  expect(withKey.rakp3Code).toEqual(without.rakp3Code);
  expect(withKey.rakp4Code).not.toEqual(without.rakp4Code);
  expect(withKey.keys.integrityKey).not.toEqual(without.keys.integrityKey);
});

test("suite 0 has neither proofs nor keys", () => {
  const { rakp2Code, rakp4Code, keys } = deriveRakp(
    {
      ...shared,
      suite: CIPHER_SUITES[0],
      consoleRandom: new Uint8Array(16),
      bmcRandom: new Uint8Array(16),
    },
    { user: admin, password: admin, bmcKey: undefined },
    systemCiphers,
  );
  expect([rakp2Code.length, rakp4Code.length, keys.integrityKey.length]).toEqual([0, 0, 0]);
});
