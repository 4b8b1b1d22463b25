import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import { numericAddresses } from "./numeric-addresses.ts";

const clock = new FakeClock();
const options = { clock, timeoutMs: 3_000, signal: new AbortController().signal };

test("what is numeric is not looked up", async () => {
  expect(await numericAddresses({ host: "127.0.0.1", port: 7 }, options)).toEqual(["127.0.0.1:7"]);
  expect(await numericAddresses({ host: "::1", port: 7 }, options)).toEqual(["[::1]:7"]);
});

test("names of /etc/hosts are found", async () => {
  expect(await numericAddresses({ host: "localhost", port: 7 }, options)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^(127\.0\.0\.1|\[::1\]):7$/)]),
  );
  expect(clock.pending).toBe(0);
});

test("a name that does not exist is an error with the name", async () => {
  await expect(numericAddresses({ host: "no-such-host.invalid", port: 7 }, options)).rejects.toMatchObject({
    code: "name_unresolved",
    subject: "no-such-host.invalid",
  });
  expect(clock.pending).toBe(0);
});

test("time runs out for a lookup", async () => {
  const late = numericAddresses({ host: "localhost", port: 7 }, options);
  clock.advance(3_000);
  await expect(late).rejects.toMatchObject({
    code: "name_unresolved",
    rawMessage: "localhost: the name server did not answer within 3000 ms",
  });
});

test("the caller may give up", async () => {
  const abort = new AbortController();
  const given = numericAddresses({ host: "localhost", port: 7 }, { ...options, signal: abort.signal });
  abort.abort();
  await expect(given).rejects.toMatchObject({ code: "canceled" });
  expect(clock.pending).toBe(0);
});
