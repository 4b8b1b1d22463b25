import { connect } from "node:net";
import { expect, test } from "vitest";
import { ConfedError, ERROR_CODES, InvariantError, invariant, isErrorCode, unreachable } from "./errors.ts";

test("an error shows its code and keeps what an operator needs", () => {
  const cause = new Error("deeper");
  const error = new ConfedError("not_found", "no console n1", {
    subject: "n1",
    where: "a:1",
    hint: "rcons ls",
    cause,
  });
  expect(error.message).toBe("[not_found] no console n1");
  expect(error).toMatchObject({
    name: "ConfedError",
    rawMessage: "no console n1",
    subject: "n1",
    where: "a:1",
    hint: "rcons ls",
  });
  expect(error.cause).toBe(cause);
});

test("an error from a socket gets the code of its errno, and stays as the cause", async () => {
  // Port 1 of the loopback: nobody listens there.
  const reason = await new Promise<Error>((resolve) => {
    connect({ port: 1, host: "127.0.0.1" }).once("error", resolve);
  });
  const error = ConfedError.from(reason);
  expect(error.code).toBe("connection_refused");
  expect(error.cause).toBe(reason);
});

test.each([
  ["EPIPE", "connection_reset"],
  ["EHOSTUNREACH", "host_unreachable"],
  ["EAI_AGAIN", "name_unresolved"],
  ["ENOENT", "device_missing"],
  ["EACCES", "permission_denied"],
  ["EMFILE", "resource_exhausted"],
  ["ESOMETHING", "unavailable"],
  ["toString", "unavailable"],
])("the errno %s becomes %s", (errno, code) => {
  expect(ConfedError.from(Object.assign(new Error("x"), { code: errno }), "unavailable").code).toBe(code);
});

test("an abort becomes canceled, and what is no error becomes one", () => {
  expect(ConfedError.from(AbortSignal.abort().reason).code).toBe("canceled");
  expect(ConfedError.from("just text")).toMatchObject({ code: "internal", rawMessage: "just text" });
  expect(ConfedError.from(undefined, "unavailable").code).toBe("unavailable");
});

test("a ConfedError passes unchanged, and a bug passes as a throw", () => {
  const error = new ConfedError("conflict", "twice");
  expect(ConfedError.from(error)).toBe(error);
  expect(() => ConfedError.from(new InvariantError("bug"))).toThrow(InvariantError);
});

test("invariant throws only when its condition is false", () => {
  invariant("text", "text is true");
  expect(() => {
    invariant(0, "zero is false");
  }).toThrow(new InvariantError("zero is false"));
  expect(() => unreachable({ kind: "new" } as never)).toThrow('unhandled case: {"kind":"new"}');
});

test("exactly the listed words are error codes", () => {
  expect(ERROR_CODES.every(isErrorCode)).toBe(true);
  expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length);
  expect(["", "NOT_FOUND", "toString"].some(isErrorCode)).toBe(false);
});
