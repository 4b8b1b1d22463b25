import { execFileSync } from "node:child_process";
import { skippedWithout } from "@confed/testkit";
import { describe, expect, test } from "vitest";
import { checkPassword, findPasswordEntry } from "./password-file.ts";

const FILE = `# comment
ann:$6$abc$hash
bob:
cyd:*passwd*
  dan :x
ann:
*any*:$5$any$hash
eve:
`;

test.each([
  ["ann", { type: "crypt", hash: "$6$abc$hash" }],
  ["bob", { type: "open" }],
  ["cyd", { type: "host" }],
  ["eve", { type: "crypt", hash: "$5$any$hash" }],
  ["an", { type: "crypt", hash: "$5$any$hash" }],
])("the first line for %s counts", (user, entry) => {
  expect(findPasswordEntry(FILE, user)).toEqual(entry);
});

test("whoever has no line has no entry", () => {
  expect(findPasswordEntry("ann:x\nannabel:y\n", "anna")).toBeUndefined();
});

const skipped = skippedWithout("perl", "openssl");

describe.skipIf(skipped !== "")(`passwords${skipped}`, () => {
  const made = (kind: string) =>
    execFileSync("openssl", ["passwd", kind, "-salt", "abcdefgh", "right"]).toString().trim();
  const check = (text: string, user: string, password: string) =>
    checkPassword(user, password, {
      files: { read: () => Promise.resolve(Buffer.from(text)), list: () => Promise.resolve([]) },
      path: "passwd",
      checkHostUser: (host, word) => Promise.resolve(host === "cyd" && word === "pam"),
    });

  test.each(["-1", "-5", "-6"])("one made by openssl passwd %s is known, and no other", async (kind) => {
    const text = `ann:${made(kind)}\n`;
    expect(await check(text, "ann", "right")).toBe(true);
    expect(await check(text, "ann", "wrong")).toBe(false);
    expect(await check(text, "ann", "")).toBe(false);
    expect(await check(text, "bob", "right")).toBe(false);
  });

  test("a hash that is none lets nobody in, whatever is typed", async () => {
    for (const hash of ["x", "!", "*", "$6$", "$9$a$b"])
      for (const word of ["", "x", "!", "*"])
        expect(await check(`ann:${hash}\n`, "ann", word), `${hash} ${word}`).toBe(false);
  });

  test("users of the host are the host's business, and nobody is of a file that is not there", async () => {
    expect(await check("cyd:*passwd*\n", "cyd", "pam")).toBe(true);
    expect(await check("cyd:*passwd*\n", "cyd", "x")).toBe(false);
    await expect(
      checkPassword("ann", "x", {
        files: { read: () => Promise.reject(new Error("gone")), list: () => Promise.resolve([]) },
        path: "passwd",
        checkHostUser: () => Promise.resolve(true),
      }),
    ).rejects.toThrow("gone");
  });
});
