import { describe, expect, it } from "vitest";
import { consoleAddresses } from "./console-address.ts";
import { completeRackOptions, consoleNameOf } from "./rack-options.ts";

describe("completeRackOptions", () => {
  it("listens for TCP on a free port when no port is asked for", () => {
    expect(completeRackOptions({})).toMatchObject({ tcpPort: 0, lineBytes: 80, linesPerSecond: 10 });
    expect(completeRackOptions({ sshPort: 0 }).tcpPort).toBeUndefined();
  });

  it.each([
    ["consoles", { consoles: 0 }],
    ["consoles", { consoles: 1.5 }],
    ["tcpPort", { tcpPort: 65_536 }],
    ["mode", { mode: "loud" as "lines" }],
    ["linesPerSecond", { linesPerSecond: Number.NaN }],
    ["lineBytes", { lineBytes: 27 }],
    ["namePrefix", { namePrefix: "../" }],
  ])("refuses a wrong %s by its name", (subject, input) => {
    expect(() => completeRackOptions(input)).toThrow(
      expect.objectContaining({ code: "invalid_argument", subject }),
    );
  });

  it("pads names to the width of the largest, at least four digits", () => {
    expect(consoleNameOf({ namePrefix: "n", consoles: 10 }, 0)).toBe("n0001");
    expect(consoleNameOf({ namePrefix: "n", consoles: 10_000 }, 0)).toBe("n00001");
  });
});

describe("consoleAddresses", () => {
  it("gives each console an address of its own and knows it again", () => {
    const addresses = consoleAddresses("127.1.0.0", 1000);
    expect(addresses.addressOf(0)).toBe("127.1.0.1");
    expect(addresses.addressOf(255)).toBe("127.1.1.0");
    for (let i = 0; i < 1000; i += 1) expect(addresses.indexOf(addresses.addressOf(i))).toBe(i);
    for (const other of ["127.1.0.0", "127.1.3.233", "127.0.0.1", "10.1.0.1", "::1", undefined]) {
      expect(addresses.indexOf(other)).toBeUndefined();
    }
  });

  it.each(["10.0.0.0", "126.255.255.255", "127.255.255.250", "::1", "localhost"])(
    "refuses %s: consoles would lie outside of 127.0.0.0/8",
    (base) => {
      expect(() => consoleAddresses(base, 10)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    },
  );
});
