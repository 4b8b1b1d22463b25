import { expect, test } from "vitest";
import { logModes } from "./log-modes.ts";
import { isLogPath, LogPaths } from "./log-paths.ts";

test.each([
  ["/l/x", true],
  ["/l/&/&.log", true],
  ["l/x", false],
  ["", false],
  ["/l/../x", false],
  ["/l/..x", true],
  ["/l/", false],
  ["/l/\n", false],
])("%j as the path of a log is %s", (path, can) => {
  expect(isLogPath(path)).toBe(can);
});

test("two consoles are in one file whatever their paths are written like, and whoever came first", () => {
  const paths = new LogPaths("/l/&.log");
  const claim = (name: string, path?: string) =>
    paths.claim({ name, log: path === undefined ? undefined : { path } });
  expect(claim("n1")).toBeUndefined();
  expect(claim("n2", "/l/n1.log")).toBe("n1");
  expect(claim("n3", "/l/./n1.log")).toBe("n1");
  expect(claim("n4", "/m/&")).toBeUndefined();
  expect(claim("n5", "/m//n4")).toBe("n4");
  expect(claim("n6", "/l/n7.log")).toBeUndefined();
  expect(claim("n7")).toBe("n6");
  expect(claim("n8", "/l/&.log")).toBeUndefined();
  // Refused, it has nothing that others could be refused for.
  expect(claim("n9", "/l/n7.log")).toBe("n6");
  expect(claim("nn", "/l/.log")).toBeUndefined();
});

test("consoles of one path of their own share one mode, and others have none", () => {
  const modeOf = logModes({ pathTemplate: "/l/&", mode: 0 });
  const of = (name: string, path?: string) =>
    modeOf({ name, groups: [], labels: {}, log: path === undefined ? undefined : { path } });
  expect(of("n1", "/m/&")).toBe(of("n2", "/m/&"));
  expect(of("n1", "/m/&")).toMatchObject({ path: "/m/&", format: "exact" });
  expect(of("n3").path).toBeUndefined();
  expect(of("n3")).toBe(of("n4"));
});
