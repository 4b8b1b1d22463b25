import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { VERSION } from "../version.ts";
import { rconsMan } from "./rcons-man.ts";

test("the man page has every command and option, escaped for troff", () => {
  const page = rconsMan();
  for (const words of [
    "\\-\\-raw\\-terminal",
    "ls [selection]",
    "\\(haEc.",
    "\\e005c",
    ".SH EXIT CODES",
    "CONFED_HEAD",
  ]) {
    expect(page).toContain(words);
  }
  expect(page).not.toContain("__complete");
  // No line but a request begins with a dot or a quote.
  const requests = page.split("\n").filter((line) => /^[.']/.test(line));
  for (const line of requests) expect(line).toMatch(/^\.(TH|SH|SS|TP|PP|B|I|br|nf|fi|sp|nh)( |$)/);
});

test("the version is that of the package", () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  expect(VERSION).toBe(version);
});
