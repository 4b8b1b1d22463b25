import { expect, test } from "vitest";
import { planUp } from "./up-plan.ts";

const flags = { port: "7100", shell: true };
const place = { env: {}, homeDir: "/home/ann", userId: 1000 };

test("a plan keeps its state below the home directory unless told otherwise", () => {
  expect(planUp(flags, place).dir).toBe("/home/ann/.local/state/confed/up");
  expect(planUp(flags, { ...place, env: { XDG_STATE_HOME: "/var/x" } }).dir).toBe("/var/x/confed/up");
  expect(planUp({ ...flags, dir: "/tmp/d" }, place).dir).toBe("/tmp/d");
});

test("a plan ignores a relative XDG_STATE_HOME", () => {
  expect(planUp(flags, { ...place, env: { XDG_STATE_HOME: "x" } }).dir).toBe(
    "/home/ann/.local/state/confed/up",
  );
});

test("a plan gives nobody root's own shell", () => {
  expect(planUp(flags, { ...place, userId: 0 }).shell).toEqual({ user: "nobody" });
  expect(planUp(flags, place).shell).toEqual({});
  expect(planUp({ ...flags, shell: false }, place).shell).toBe("none");
});

test.each(["x", "-1", "70000", "", "1.5", "71 00"])("a plan refuses the port %j", (port) => {
  expect(() => planUp({ ...flags, port }, place)).toThrow(/is not a port/);
});
