import { PassThrough } from "node:stream";
import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import { formatLogLine } from "./log-line.ts";
import { processLog } from "./process-log.ts";

function rig(level: "info" | "debug") {
  const stream = new PassThrough({ encoding: "utf8" });
  const clock = new FakeClock();
  const log = processLog({ stream, format: "text", level, clock });
  return { log, clock, read: () => String(stream.read() ?? "") };
}

test("a process log writes each entry on a line with the time of its clock", () => {
  const { log, clock, read } = rig("info");
  log.info("ready", { role: "head" });
  log.error("gone");
  const at = clock.wallTimeMs();
  expect(read()).toBe(
    [
      formatLogLine({ wallTimeMs: at, level: "info", message: "ready", fields: { role: "head" } }, "text"),
      formatLogLine({ wallTimeMs: at, level: "error", message: "gone" }, "text"),
      "",
    ].join("\n"),
  );
});

test("a process log leaves out what is less urgent than its level", () => {
  const quiet = rig("info");
  quiet.log.debug("dialling");
  expect(quiet.read()).toBe("");
  const chatty = rig("debug");
  chatty.log.debug("dialling");
  expect(chatty.read()).toContain("debug dialling\n");
});

test("a process log has written a line when the call returns", () => {
  const { log, read } = rig("info");
  log.warn("last words");
  // No turn of the loop between: what a crashing process says must not wait for one.
  expect(read()).toContain("last words");
});
