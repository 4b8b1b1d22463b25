import { expect, test } from "vitest";
import { lookupUser } from "./lookup-user.ts";

const signal = new AbortController().signal;

test("lookupUser finds root", async () => {
  expect(await lookupUser("root", signal)).toMatchObject({ uid: 0, gid: 0 });
});

// getent takes the first as an option, lists every user, and root is on the first line.
for (const name of ["-sfiles", "--service=files", "", "root\nroot", "ro:ot", "a b"]) {
  test(`lookupUser refuses ${JSON.stringify(name)}, which is no name`, async () => {
    await expect(lookupUser(name, signal)).rejects.toMatchObject({ code: "invalid_argument" });
  });
}
