import { spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { FakeClock } from "@confed/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PULSE_BOUND } from "./shard-pulse.ts";
import { SupervisedShard } from "./supervised-shard.ts";

// A process that says what a shard says, and does nothing else.
const SHARD = `
  const socket = new (require("node:net").Socket)({ fd: 3 });
  const tell = (report) => socket.write(JSON.stringify(report) + "\\n");
  let rest = "";
  socket.on("end", () => process.exit()).on("data", (bytes) => {
    const lines = (rest + bytes).split("\\n");
    rest = lines.pop();
    for (const line of lines) {
      const command = JSON.parse(line);
      if (command.do === "begin")
        tell({ tell: "ready", pid: process.pid, port: 1, inner: "in", answersPulses: process.env.PULSES === "yes" });
      if (command.do === "pulse") tell({ tell: "pulse" });
      if (command.do === "stop") process.exit();
    }
  });`;

const { everyMs, unansweredMax } = PULSE_BOUND;
const ENOUGH_MS = 5_000;
let clock: FakeClock;
let pids: number[];
let said: string[];
let answers: number;
let shard: SupervisedShard;
beforeEach(() => {
  clock = new FakeClock();
  pids = [];
  said = [];
  answers = 0;
});
afterEach(() => shard.stop());

function started({ answersPulses = true } = {}): Promise<void> {
  const say = (message: string) => void said.push(message);
  shard = new SupervisedShard(0, {
    id: "sn01.0",
    clock,
    logger: { debug: say, info: say, warn: say, error: say },
    spawn: () => {
      const child = spawn(process.execPath, ["-e", SHARD], {
        stdio: ["ignore", "ignore", "inherit", "pipe"],
        env: { PULSES: answersPulses ? "yes" : "no" },
      });
      const socket = child.stdio[3] as Duplex;
      socket.on("data", (bytes: Buffer) => {
        answers += bytes.toString().split('"pulse"').length - 1;
      });
      pids.push(child.pid!);
      const exited = new Promise<string>((resolve) => {
        child.once("exit", (_status, signal) => {
          resolve(signal ?? "exit");
        });
      });
      return { pid: child.pid, socket, exited };
    },
    kill: (pid) => process.kill(pid, "SIGKILL"),
    beginning: () => ({ start: {} as never, owned: [] }),
    onServing: () => undefined,
    onQuestion: () => Promise.reject(new Error("asks nothing")),
    onCulprit: (console) => said.push(`blamed: ${console}`),
    onLifted: () => undefined,
  });
  return shard.start();
}

function pulses(count: number): void {
  for (let pulse = 0; pulse < count; pulse += 1) clock.advance(everyMs);
}

test("a shard that hangs is killed after three unanswered pulses and started again, each of two times", async () => {
  await started();
  for (const round of [1, 2]) {
    const pid = pids.at(-1)!;
    process.kill(pid, "SIGSTOP");
    pulses(unansweredMax);
    expect(shard.phase).toBe("up");
    expect(said.filter((line) => line === "shard does not answer; killed")).toHaveLength(round - 1);
    pulses(1);
    expect(said.filter((line) => line === "shard does not answer; killed")).toHaveLength(round);
    await vi.waitFor(() => {
      expect(shard.phase).toBe("waiting");
    }, ENOUGH_MS);
    expect(shard.lastDeath?.message).toBe(
      "[deadline_exceeded] shard sn01.0 did not answer for 30 s and was killed",
    );
    // Whoever wakes it now finds nobody.
    expect(() => process.kill(pid, "SIGCONT")).toThrow("ESRCH");
    clock.advance(everyMs);
    await vi.waitFor(() => {
      expect(shard.phase).toBe("up");
    }, ENOUGH_MS);
    expect(pids).toHaveLength(round + 1);
  }
  expect(said.filter((line) => line.startsWith("blamed"))).toEqual([]);
});

test("a shard that hangs for a while and goes on is left alone, each of two times", async () => {
  await started();
  for (const round of [1, 2]) {
    process.kill(pids[0]!, "SIGSTOP");
    pulses(unansweredMax);
    process.kill(pids[0]!, "SIGCONT");
    await vi.waitFor(() => {
      expect(answers).toBe(round * (unansweredMax + 1) - 1);
    }, ENOUGH_MS);
    pulses(1);
    await vi.waitFor(() => {
      expect(answers).toBe(round * (unansweredMax + 1));
    }, ENOUGH_MS);
    expect([shard.phase, pids.length]).toEqual(["up", 1]);
  }
});

test("a shard of a version that answers no pulses is asked none", async () => {
  await started({ answersPulses: false });
  pulses(2 * unansweredMax);
  expect([shard.phase, pids.length, said]).toEqual(["up", 1, []]);
});
