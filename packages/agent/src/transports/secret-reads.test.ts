import type { SecretRef } from "@confed/config";
import { Secret } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import { SecretReads } from "./secret-reads.ts";

const ref: SecretRef = { file: "/etc/confed/bmc" };

function counted(answer: (count: number) => Promise<Secret>) {
  const clock = new FakeClock();
  let count = 0;
  const reads = new SecretReads(clock, () => {
    count += 1;
    return answer(count);
  });
  return { clock, reads, counts: () => count };
}

test("those who want a secret at the same time share one read, whoever comes later has his own", async () => {
  const { clock, reads, counts } = counted((count) => Promise.resolve(new Secret(`secret ${count}`)));
  const both = await Promise.all([reads.read(ref), reads.read(ref)]);
  expect([both.map((secret) => secret.reveal()), counts()]).toEqual([["secret 1", "secret 1"], 1]);
  await reads.read({ env: "OTHER" });
  expect(counts()).toBe(2);
  clock.advance(25);
  expect((await reads.read(ref)).reveal()).toBe("secret 3");
});

test("a read that failed is shared by nobody who asks after it", async () => {
  const { reads } = counted((count) =>
    count === 1 ? Promise.reject(new Error("not there")) : Promise.resolve(new Secret("there")),
  );
  await expect(reads.read(ref)).rejects.toThrow("not there");
  expect((await reads.read(ref)).reveal()).toBe("there");
});
