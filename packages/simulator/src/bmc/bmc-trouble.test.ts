import { describe, expect, test } from "vitest";
import { parseBmcTrouble } from "./bmc-trouble.ts";

describe("faults on a command line", () => {
  test("each word is a fault, with its value", () => {
    expect(
      parseBmcTrouble("loss=0.1,accept=7,activate-code=0x81,port=swapped,silent,steal=30s,reboot=1m"),
    ).toEqual({
      faults: { lossRatio: 0.1, acceptMax: 7, activateCode: 0x81, port: "swapped", silent: true },
      stealEveryMs: 30_000,
      rebootEveryMs: 60_000,
    });
  });

  test.each(["loss=2", "loss", "accept=x", "port=left", "silent=1", "frob", "toString", "steal=often"])(
    "%s is refused by name",
    (text) => {
      expect(() => parseBmcTrouble(text)).toThrow(
        expect.objectContaining({
          code: "invalid_argument",
          rawMessage: expect.stringContaining(
            text.split("=")[text.startsWith("steal") ? 1 : 0] ?? "",
          ) as string,
        }) as Error,
      );
    },
  );
});
