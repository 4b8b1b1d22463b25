import { createHash } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfedError, silentLogger, systemClock } from "@confed/kernel";
import { LinkRecorder } from "@confed/testkit";
import { afterEach, describe, expect, it } from "vitest";
import type { TransportDeps } from "../deps.ts";
import { LINK_LIMITS, type Link } from "../transport.ts";
import { exec } from "./exec.ts";
import type { ExecOptions } from "./exec-options.ts";

const deps: TransportDeps = {
  clock: systemClock,
  logger: silentLogger,
  resolver: { resolve: () => Promise.reject(new Error("no names here")) },
};

const links: Link[] = [];
afterEach(async () => {
  await Promise.all(links.splice(0).map((link) => link.close()));
});

describe("exec", () => {
  it("delivers what the program prints and ends as remote when it exits with status 0", async () => {
    const { sink } = await start({ argv: ["/bin/echo", "two  words", "$HOME"] });
    expect(await sink.closed).toEqual({ by: "remote" });
    expect(sink.text()).toBe("two  words $HOME\r\n");
  });

  it("ends with process_exited naming the status when the program fails", async () => {
    const { sink } = await start({ argv: sh("echo last words; exit 3") });
    expect(await failure(sink)).toMatchObject({
      code: "process_exited",
      message: expect.stringContaining("exit status 3") as string,
    });
    expect(sink.text()).toBe("last words\r\n");
  });

  it("ends with process_exited naming the signal when the program is killed", async () => {
    const { sink } = await start({ argv: sh("kill -KILL $$") });
    expect(await failure(sink)).toMatchObject({
      code: "process_exited",
      message: expect.stringContaining("signal SIGKILL") as string,
    });
  });

  it("gives the program a controlling terminal of its own", async () => {
    const { sink } = await start({
      argv: sh("test -t 0 && ps -o sid= -p $$ | tr -d ' ' && echo $$ && echo on tty >/dev/tty"),
    });
    expect(await sink.closed).toEqual({ by: "remote" });
    const [session, pid, last] = sink.text().split("\r\n");
    expect(session).toBe(pid);
    expect(last).toBe("on tty");
  });

  it("passes nothing of our own environment to the program", async () => {
    process.env.CONFED_TEST_SECRET = "hunter2";
    try {
      const { sink } = await start({ argv: ["/usr/bin/env"], env: { EXTRA: "given" } });
      await sink.closed;
      const names = sink
        .text()
        .trim()
        .split("\r\n")
        .map((line) => line.split("=")[0]);
      expect(names.sort()).toEqual(["EXTRA", "HOME", "LANG", "PATH", "TERM"]);
    } finally {
      delete process.env.CONFED_TEST_SECRET;
    }
  });

  it("hides the terminals of other consoles from the program", async () => {
    await start({ argv: ["cat"] });
    const { sink } = await start({ argv: sh("for fd in /proc/$$/fd/*; do readlink $fd; done") });
    await sink.closed;
    const files = sink.text().trim().split("\r\n");
    expect(files.filter((file) => file.includes("ptmx"))).toEqual([]);
    expect(new Set(files.filter((file) => file.includes("/pts/"))).size).toBe(1);
  });

  it("carries all 256 byte values both ways when the program sets raw mode", async () => {
    const { link, sink } = await start({ argv: sh("stty raw -echo; echo ready; exec cat") });
    await sink.printed("ready");
    const before = sink.sizeBytes + 1; // The newline may still come.
    const all = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
    link.write(all);
    await sink.received(before + 256 - 1);
    expect(sink.bytes().subarray(-256)).toEqual(all);
  });

  it("delivers a mebibyte exactly when the program reads slowly", async () => {
    const reader = `stty raw -echo; printf ready; for i in 1 2 3 4 5; do head -c 9000 >/dev/null; sleep 0.02; done; head -c ${MIB - 45_000} | sha256sum`;
    const { link, sink } = await start({ argv: sh(reader) });
    await sink.printed("ready");
    const input = pattern(MIB);
    expect(link.write(input)).toBeGreaterThan(MIB / 2);
    input.fill(0); // It is the caller's again.
    await link.drained();
    expect(await sink.closed).toEqual({ by: "remote" });
    expect(sink.text()).toContain(sha256(pattern(MIB).subarray(45_000)));
  });

  it("refuses input above the backlog when the program does not read", async () => {
    const { link, sink } = await start({ argv: sh("stty raw -echo; printf ready; sleep 100") });
    await sink.printed("ready");
    const first = link.write(Buffer.alloc(LINK_LIMITS.writeBacklogBytesMax));
    expect(first).toBeGreaterThan(0);
    expect(link.write(Buffer.alloc(LINK_LIMITS.writeBacklogBytesMax - first + 1))).toBe(-1);
    expect(link.write(Buffer.alloc(10))).toBe(first + 10);
    const drained = link.drained();
    await link.close();
    await drained;
    expect(link.write(Buffer.from("x"))).toBe(0);
  });

  it("tells the program its window when it is resized", async () => {
    const { link, sink } = await start({
      argv: sh("trap 'stty size; exit 0' WINCH; stty size; while :; do sleep 0.01; done"),
    });
    await sink.printed("24 80");
    link.resize(0, 0);
    link.resize(132, 43);
    await sink.printed("43 132");
  });

  it("rejects a break with failed_precondition", async () => {
    const { link } = await start({ argv: ["cat"] });
    await expect(link.sendBreak(250)).rejects.toMatchObject({ code: "failed_precondition" });
  });

  it("leaves no process when it is closed and the program ignores SIGHUP", async () => {
    const { link, sink } = await start({
      argv: sh("trap '' HUP; sleep 1000 & echo $$ $!; wait; sleep 1000"),
    });
    await sink.printed("\r\n");
    const pids = sink.text().trim().split(" ").map(Number);
    expect(pids.map(alive)).toEqual([true, true]);
    await link.close();
    expect(pids.map(alive)).toEqual([false, false]);
    expect(await sink.closed).toEqual({ by: "local" });
  });

  it("calls onClosed once and delivers nothing after it when closed in the middle of output", async () => {
    const { link, sink } = await start({ argv: ["yes"] });
    await sink.received(100_000);
    await Promise.all([link.close(), link.close()]);
    expect(sink).toMatchObject({ closedCount: 1, lateBytes: 0 });
  });

  it("leaves no descriptor behind when links end and when opening fails", async () => {
    await (await start({ argv: ["true"] })).sink.closed; // What is loaded at first use is loaded.
    const before = openFiles();
    for (let i = 0; i < 5; i += 1) {
      await (await start({ argv: ["true"] })).sink.closed;
      await (await start({ argv: ["cat"] })).link.close();
      await expect(start({ argv: ["/no/such/program"] })).rejects.toThrow();
    }
    expect(openFiles()).toEqual(before);
  });

  it("rejects with device_missing naming the program when there is none", async () => {
    await expect(start({ argv: ["no-such-program"] })).rejects.toMatchObject({
      code: "device_missing",
      message: expect.stringMatching(/no-such-program does not exist in .*\/usr\/bin/) as string,
    });
  });

  it("rejects with device_missing when the program is not executable", async () => {
    const directory = await mkdtemp(join(tmpdir(), "confed-exec-"));
    try {
      await writeFile(join(directory, "tool"), "#!/bin/sh\necho found\n", { mode: 0o644 });
      const options = { argv: ["tool"], env: { PATH: `/nowhere:${directory}` } };
      await expect(start(options)).rejects.toMatchObject({
        code: "device_missing",
        message: expect.stringContaining(`${directory}/tool is not executable`) as string,
      });
      await chmod(join(directory, "tool"), 0o755);
      const { sink } = await start(options);
      await sink.closed;
      expect(sink.text()).toBe("found\r\n");
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("rejects with device_missing when the working directory does not exist", async () => {
    await expect(start({ argv: ["true"], cwd: "/no/such/place" })).rejects.toMatchObject({
      code: "device_missing",
      message: expect.stringContaining("/no/such/place") as string,
    });
  });

  it("rejects with canceled when it is aborted before", async () => {
    const sink = new LinkRecorder();
    const opening = exec({ argv: ["true"] })(deps).open({ signal: AbortSignal.abort(), sink });
    await expect(opening).rejects.toMatchObject({ code: "canceled" });
    expect(sink.closedCount).toBe(0);
  });

  it("refuses options that no program could be started with", () => {
    const bad: ExecOptions[] = [
      { argv: [] },
      { argv: [""] },
      { argv: ["a\0b"] },
      { argv: ["true"], env: { "A=B": "c" } },
      { argv: ["true"], user: "-froot" },
      { argv: ["true"], cwd: "here" },
    ];
    for (const options of bad) expect(() => exec(options)).toThrow(ConfedError);
  });

  it("rejects with invalid_argument when the user does not exist", async () => {
    await expect(start({ argv: ["true"], user: "nobody-of-that-name" })).rejects.toMatchObject({
      code: "invalid_argument",
    });
  });

  it.runIf(process.getuid?.() === 0)(
    "runs the program as the user, with his groups and terminal, when we are root",
    async () => {
      const { sink } = await start({
        argv: sh('id -un; id -G; echo "$HOME"; test -O "$(tty)" && echo mine'),
        user: "games",
      });
      expect(await sink.closed).toEqual({ by: "remote" });
      const [name, groups, , mine] = sink.text().split("\r\n");
      expect(name).toBe("games");
      expect(groups?.split(" ")).not.toContain("0");
      expect(mine).toBe("mine");
    },
  );
});

const MIB = 1024 * 1024;

async function start(options: ExecOptions): Promise<{ link: Link; sink: LinkRecorder }> {
  const sink = new LinkRecorder();
  const link = await exec(options)(deps).open({ signal: new AbortController().signal, sink });
  links.push(link);
  return { link, sink };
}

function sh(script: string): string[] {
  return ["/bin/sh", "-c", script];
}

async function failure(sink: LinkRecorder): Promise<ConfedError | undefined> {
  const reason = await sink.closed;
  return reason.by === "failure" ? reason.error : undefined;
}

/** Every byte depends on its place, so that a lost or doubled piece shows. */
function pattern(sizeBytes: number): Buffer {
  return Buffer.from(
    Uint8Array.from({ length: sizeBytes }, (_, i) => (i * 31 + (i >> 8) * 17 + (i >> 16)) & 0xff),
  );
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A zombie is dead: it only waits for the host's init. */
function alive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

function openFiles(): string[] {
  const files = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ""; // The one of the listing itself.
    }
  });
  return files.filter((file) => file !== "" && !file.startsWith("/proc/")).sort();
}
