import ssh2 from "ssh2";
import { expect, it } from "vitest";
import { makeSshKeyPair } from "./ssh-key-pair.ts";

it("makeSshKeyPair makes pairs that can be read, every time", () => {
  for (let i = 0; i < 2000; i += 1) {
    const pair = makeSshKeyPair();
    for (const key of [pair.private, pair.public]) {
      expect(ssh2.utils.parseKey(key)).not.toBeInstanceOf(Error);
    }
  }
});
