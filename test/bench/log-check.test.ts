import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LogWatch, verifyLogs } from "./log-check.ts";
import { compilePrograms } from "./programs.ts";
import { LINE_BYTES, Rack } from "./rack.ts";

const BYTES = 100 * LINE_BYTES;
const programs = compilePrograms();

let dir = "";
let rack: Rack;
let links: Socket[] = [];
/** What each console printed, as it came. */
let logs: Buffer[] = [];
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "confed-logcheck-"));
  rack = await Rack.start(programs.rack, 2);
  links = [];
  logs = [];
  for (const [index, { host, port }] of rack.consoles.entries()) {
    logs.push(Buffer.alloc(0));
    const link = connect(port, host);
    link.on("data", (bytes: Buffer) => {
      logs[index] = Buffer.concat([logs[index]!, bytes]);
      link.emit("more");
    });
    links.push(link);
  }
  await rack.connected();
});
afterEach(async () => {
  for (const link of links) link.destroy();
  await rack.end();
  rmSync(dir, { recursive: true, force: true });
});

const until = (index: number, holds: () => boolean) =>
  new Promise<void>((resolve) => {
    const look = () => {
      if (holds()) resolve();
      else links[index]!.once("more", look);
    };
    look();
  });

const template = () => join(dir, "&.log");

/** What is said of logs that hold what came, but for the first, which is `changed`. */
async function verdictOf(changed: (log: Buffer) => Buffer) {
  const sent = join(dir, "sent");
  await rack.writeSent(sent);
  for (const [index, log] of logs.entries()) {
    writeFileSync(join(dir, `${rack.consoles[index]!.name}.log`), index === 0 ? changed(log) : log);
  }
  return verifyLogs(programs.logcheck, sent, template());
}

async function flooded() {
  await rack.flood(BYTES);
  for (const index of logs.keys()) await until(index, () => logs[index]!.length >= BYTES);
}

test("a log that holds what was sent is found to, with what somebody else wrote counted apart", async () => {
  await flooded();
  const foreign = "<ConMan> opened\r\n";
  const verdict = await verdictOf((log) => Buffer.concat([Buffer.from(foreign), log]));
  expect(verdict).toMatchObject({
    lines: 200,
    bytes: 2 * BYTES,
    missing: 0,
    doubled: 0,
    damaged: 0,
    badFiles: 0,
  });
  expect(verdict.foreignBytes).toBe(foreign.length);
});

test.each([
  ["a lost line", (log: Buffer) => Buffer.concat([log.subarray(0, 800), log.subarray(880)]), { missing: 1 }],
  ["a lost end", (log: Buffer) => log.subarray(0, log.length - 160), { missing: 2 }],
  [
    "a doubled line",
    (log: Buffer) => Buffer.concat([log.subarray(0, 880), log.subarray(800)]),
    { doubled: 1 },
  ],
  [
    "lines out of order",
    (log: Buffer) =>
      Buffer.concat([log.subarray(0, 80), log.subarray(160, 240), log.subarray(80, 160), log.subarray(240)]),
    { missing: 1, doubled: 1 },
  ],
  [
    "a changed byte",
    (log: Buffer) => {
      const changed = Buffer.from(log);
      changed[845] = changed[845]! ^ 1;
      return changed;
    },
    { damaged: 1 },
  ],
  ["a torn last line", (log: Buffer) => log.subarray(0, log.length - 3), { missing: 1, damaged: 1 }],
  ["nothing", () => Buffer.alloc(0), { missing: 100 }],
])("a log with %s is found out, and named", async (_what, changed, found) => {
  await flooded();
  const verdict = await verdictOf(changed);
  expect(verdict).toMatchObject({ ...found, badFiles: 1, bad: rack.consoles[0]!.name });
});

test("what is typed comes back on a line of its own, and the log is still exact", async () => {
  links[0]!.write("date\r");
  await until(0, () => logs[0]!.length > 0);
  expect(logs[0]!.toString()).toBe("Edate.\n");
  await flooded();
  expect(await verdictOf((log) => log)).toMatchObject({ badFiles: 0, foreignBytes: 0 });
});

test("a console that is dialled again counts as reopened", async () => {
  links[1]!.destroy();
  const { host, port } = rack.consoles[1]!;
  links[1] = connect(port, host);
  await rack.connected();
  expect(await rack.report()).toMatchObject({ connected: 2, reopened: 1 });
});

test("the watch counts every line once, from being sent to being in the file", async () => {
  await flooded();
  const path = join(dir, `${rack.consoles[0]!.name}.log`);
  writeFileSync(path, "");
  const watch = new LogWatch(programs.logcheck, 1, template());
  try {
    await watch.forget();
    const log = logs[0]!;
    // Torn where no line ends.
    writeFileSync(path, log.subarray(0, 1_000));
    expect((await watch.report()).lines).toBeLessThanOrEqual(12);
    writeFileSync(path, log.subarray(1_000), { flag: "a" });
    let seen = await watch.report();
    while (seen.lines < 100) seen = await watch.report();
    expect(seen.lines).toBe(100);
    expect(seen.p99Ms).toBeGreaterThan(0);
    expect(readFileSync(path).length).toBe(BYTES);
  } finally {
    await watch.end();
  }
});
