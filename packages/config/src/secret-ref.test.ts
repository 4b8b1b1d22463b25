import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { ConfedError } from "@confed/kernel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveSecret, type SecretRef } from "./secret-ref.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "confed-secret-"));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

async function secretFile(name: string, text: string | Uint8Array, mode = 0o600): Promise<SecretRef> {
  const file = join(directory, name);
  await writeFile(file, text);
  await chmod(file, mode);
  return { file };
}

const sources = (env = {}) => ({ env, signal: new AbortController().signal });

async function refusal(ref: SecretRef, env = {}): Promise<ConfedError> {
  const outcome: unknown = await resolveSecret(ref, sources(env)).catch((reason: unknown) => reason);
  if (outcome instanceof ConfedError) return outcome;
  throw new Error("the secret was given out");
}

test.each([
  ["pw", "pw"],
  ["pw\n", "pw"],
  ["pw\r\n", "pw"],
  [" p w \n\n", " p w \n"],
])("a secret is the file's text without its last line feed when it holds %j", async (text, secret) => {
  expect((await resolveSecret(await secretFile("pw", text), sources())).reveal()).toBe(secret);
});

test("a secret comes from the environment that was given", async () => {
  expect((await resolveSecret({ env: "PW" }, sources({ PW: "x" }))).reveal()).toBe("x");
  expect(await refusal({ env: "PW" })).toMatchObject({
    code: "not_found",
    rawMessage: "the environment variable PW is not set",
  });
});

test.each([0o640, 0o604, 0o620, 0o644, 0o666])(
  "a secret is refused when its file has mode %o",
  async (mode) => {
    const error = await refusal(await secretFile(`m${mode}`, "canary", mode));
    expect(error.code).toBe("permission_denied");
    expect(error.hint).toMatch(/^chmod 0600 /);
    expect(inspect(error)).not.toContain("canary");
  },
);

test("a secret is refused when there is none, too much, or no file", async () => {
  expect(await refusal(await secretFile("empty", "\n"))).toMatchObject({ code: "invalid_argument" });
  expect(await refusal(await secretFile("long", "x".repeat(65_537)))).toMatchObject({
    code: "invalid_argument",
  });
  expect(await refusal({ file: directory })).toMatchObject({ code: "invalid_argument" });
  expect(await refusal({ file: join(directory, "missing") })).toMatchObject({ code: "not_found" });
});

test("a secret is not read when nobody waits for it any more", async () => {
  const reason = new ConfedError("canceled", "gone");
  await expect(
    resolveSecret(await secretFile("pw2", "x"), { env: {}, signal: AbortSignal.abort(reason) }),
  ).rejects.toBe(reason);
});
