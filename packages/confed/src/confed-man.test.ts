import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { confedMan } from "./confed-man.ts";
import { VERSION } from "./version.ts";

test("the man page has every command, also those below commands", () => {
  const page = confedMan();
  for (const words of [
    "up",
    "head",
    "agent",
    "status",
    "reload",
    "console add <name>",
    "check [file]",
    "hostkeys scan <selection>",
    "sim verify",
    "sim fleet",
  ]) {
    expect(page).toContain(`.SS ${words}`);
  }
});

test("the version is that of the package", () => {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  expect(VERSION).toBe(version);
});
