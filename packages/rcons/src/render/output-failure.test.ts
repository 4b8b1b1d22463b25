import { expect, test } from "vitest";
import { outputFailure } from "./output-failure.ts";

const failed = (code: string, message: string) => outputFailure(Object.assign(new Error(message), { code }));

test("a full disk is a failure in the words of the system", () => {
  expect(failed("ENOSPC", "ENOSPC: no space left on device, write")).toMatchObject({
    code: "data_loss",
    subject: "standard output",
    rawMessage: "no space left on device",
  });
});

test.each([
  ["EPIPE", "write EPIPE"],
  ["EIO", "write EIO"],
])("a reader that is gone (%s) is none", (code, message) => {
  expect(failed(code, message)).toBeUndefined();
});
