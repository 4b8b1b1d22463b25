import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { ConfedError } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";
import { BACKGROUND_MS_MAX, intoBackground } from "./background-start.ts";

/** What starts a shell script instead of this program. */
function worldOf(script: string, clock: FakeClock) {
  const directory = mkdtempSync(join(tmpdir(), "confed-background-"));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  const said = new PassThrough();
  const self = ["/bin/sh", "-c", script] as const;
  const log = join(directory, "log");
  const read = () => readFileSync(log, { encoding: "utf8", flag: "a+" });
  return { world: { self, args: [], env: {}, stderr: said, clock }, said, log, read };
}

test("a start that neither serves nor ends is waited for so long, and left running with where to look", async () => {
  const clock = new FakeClock();
  const { world, log, read } = worldOf("echo started; exec sleep 600", clock);
  const waiting = intoBackground(world, log);
  const failed = waiting.then(
    () => expect.unreachable(),
    (reason: unknown) => reason as ConfedError,
  );
  await expect.poll(read).toBe("started\n");
  clock.advance(BACKGROUND_MS_MAX);
  const { code, rawMessage, hint = "" } = await failed;
  expect(code).toBe("deadline_exceeded");
  const [, pid] = /^process (\d+) does not serve after 60 s, and goes on starting$/.exec(rawMessage) ?? [];
  onTestFinished(() => {
    process.kill(Number(pid), "SIGKILL");
  });
  expect(hint).toBe(`${log} says how far it is; kill ${pid} ends it`);
  // Its own name comes after what it said.
  await expect.poll(() => readFileSync(`/proc/${pid}/cmdline`, "latin1")).toBe("sleep\x00600\x00");
  // Nothing of it keeps whoever has waited from ending.
  expect(clock.pending).toBe(0);
});

test("a start that fails, or serves, is told as it was, and not waited for", async () => {
  const clock = new FakeClock();
  const failing = worldOf("echo wrong >&3; exit 7", clock);
  expect(await intoBackground(failing.world, undefined)).toBe(7);
  expect(String(failing.said.read())).toBe("wrong\n");
  expect(await intoBackground(worldOf("printf '\\000' >&3", clock).world, undefined)).toBe(0);
  expect(clock.pending).toBe(0);
});
