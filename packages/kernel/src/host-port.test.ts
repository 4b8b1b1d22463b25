import { expect, test } from "vitest";
import { formatHostPort, isHost, isLoopbackHost, parseHostPort } from "./host-port.ts";

test.each([
  ["sn01:7110", "sn01", 7110],
  ["127.0.0.1:1", "127.0.0.1", 1],
  ["[::1]:7100", "::1", 7100],
  ["[fe80::1%eth0]:65535", "fe80::1%eth0", 65535],
  ["bmc_3.rack-1.example.:22", "bmc_3.rack-1.example.", 22],
])("an address parses when it is %s", (text, host, port) => {
  const parsed = parseHostPort(text);
  expect(parsed).toEqual({ host, port });
  expect(Object.isFrozen(parsed)).toBe(true);
  expect(formatHostPort(parsed)).toBe(text);
});

test.each([
  ["sn01", "sn01"],
  ["::1", "::1"],
  ["[fd00::2]", "fd00::2"],
])("an address gets the default port when it is %s", (text, host) => {
  expect(parseHostPort(text, 7100)).toEqual({ host, port: 7100 });
  expect(() => parseHostPort(text)).toThrow("the port is missing");
});

test.each([
  ["", "neither a host name"],
  [":7100", "neither a host name"],
  ["a b:1", "neither a host name"],
  ["-froot:1", "neither a host name"],
  ["10.0.0.300:1", "neither a host name"],
  ["a..b:1", "neither a host name"],
  ["1:2:3:4", "neither a host name"],
  ["sn01:", "the port must be a number from 1 to 65535"],
  ["sn01:0", "the port must be a number from 1 to 65535"],
  ["sn01:65536", "the port must be a number from 1 to 65535"],
  ["sn01:+1", "the port must be a number from 1 to 65535"],
  ["sn01:1e3", "the port must be a number from 1 to 65535"],
  ["[::1", "brackets must hold"],
  ["[sn01]:1", "brackets must hold"],
  ["[::1]x", "brackets must hold"],
  ["[::1]:", "the port must be a number"],
])("an address is refused when it is %j", (text, why) => {
  expect(() => parseHostPort(text, 7100)).toThrow(why);
});

test("port 0 is accepted when the caller listens", () => {
  expect(parseHostPort("127.0.0.1:0", { zeroPort: true })).toEqual({ host: "127.0.0.1", port: 0 });
});

test("a host is refused when it is longer than names may be", () => {
  expect(isHost(`${"a".repeat(63)}.b`)).toBe(true);
  expect(isHost(`${"a".repeat(64)}.b`)).toBe(false);
  expect(isHost("a.".repeat(127))).toBe(false);
});

test.each([
  ["127.0.0.1", true],
  ["127.9.8.7", true],
  ["::1", true],
  ["0:0:0:0:0:0:0:1", true],
  ["localhost", true],
  ["LocalHost", true],
  ["0.0.0.0", false],
  ["::", false],
  ["::2", false],
  ["1::1", false],
  ["128.0.0.1", false],
  ["127.evil.example", false],
  ["localhost.example", false],
])("loopback of %s is %s", (host, loopback) => {
  expect(isLoopbackHost(host)).toBe(loopback);
});
