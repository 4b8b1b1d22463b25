import { expect, test } from "vitest";
import { clientSettings } from "./client-settings.ts";
import { formatFault } from "./fault.ts";

const LOCAL = [{ host: "127.0.0.1", port: 7100 }];

test("a client asks the local head when nothing says otherwise", () => {
  expect(clientSettings({ env: {}, args: {} })).toEqual({ ok: { heads: LOCAL } });
  expect(clientSettings({ env: { CONFED_HEAD: "" }, args: {} })).toEqual({ ok: { heads: LOCAL } });
});

test("a client asks the heads of the environment unless the command line names others", () => {
  const env = { CONFED_HEAD: "h1, [::1]:7200" };
  expect(clientSettings({ env, args: {} }).ok?.heads).toEqual([
    { host: "h1", port: 7100 },
    { host: "::1", port: 7200 },
  ]);
  expect(clientSettings({ env, args: { head: "h3:1" } }).ok?.heads).toEqual([{ host: "h3", port: 1 }]);
});

test.each([
  ["--head", { head: "h1:x,ok,:" }],
  ["CONFED_HEAD", {}],
])("every bad address is named when %s has some", (source, args) => {
  const { faults } = clientSettings({ env: { CONFED_HEAD: "h1:x,ok,:" }, args });
  expect(faults?.map(formatFault)).toEqual([
    `${source}: "h1:x" is not an address: the port must be a number from 1 to 65535 (write "host:port", or "[::1]:port" for IPv6)`,
    `${source}: ":" is not an address: "" is neither a host name nor an address (write "host:port", or "[::1]:port" for IPv6)`,
  ]);
});

test("a head is text when it looks like a number or an option", () => {
  expect(clientSettings({ env: {}, args: { head: "0x10" } }).ok?.heads).toEqual([
    { host: "0x10", port: 7100 },
  ]);
  expect(clientSettings({ env: {}, args: { head: "--no-head" } }).faults).toHaveLength(1);
});
