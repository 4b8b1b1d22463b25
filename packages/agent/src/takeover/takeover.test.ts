import { duplexPair } from "node:stream";
import { JsonChannel, once, silentLogger } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import { silentAudit } from "@confed/trust/audit";
import { expect, test } from "vitest";
import { ConsoleTable } from "../console/console-table.ts";
import { successionOf } from "./succession.ts";
import { Takeover } from "./takeover.ts";
import type { FromPredecessor, FromSuccessor } from "./takeover-messages.ts";

/** A successor that answers as it should, up to the word that it is to fail at. */
function playSuccessor(failsAt: FromPredecessor["say"] | undefined) {
  const [near, far] = duplexPair();
  const channel = new JsonChannel<FromSuccessor, FromPredecessor>(far, {
    onMessage({ say }) {
      if (say === failsAt) channel.send({ say: "failed", code: "conflict", message: "it is taken" });
      else if (say === "prepare") channel.send({ say: "prepared", version: "2" });
      else if (say === "go") channel.send({ say: "ready" });
      else if (say === "begin") channel.send({ say: "settled" });
    },
    onEnd: () => undefined,
  });
  let exit: (how: string) => void = () => undefined;
  const exited = new Promise<string>((resolve) => {
    exit = resolve;
  });
  return {
    ...{ pid: 7, socket: near, exited },
    kill: () => {
      exit("SIGKILL");
    },
  };
}

/** What of an agent without consoles matters here. */
function playAgent(clock: FakeClock) {
  return {
    table: new ConsoleTable("sn01"),
    feed: {
      settled: () => Promise.resolve(),
      stop: () => Promise.resolve({ late: false }),
      restart: () => undefined,
    },
    gate: { hold: () => undefined, letGo: () => undefined },
    ...{ clock, logger: silentLogger, audit: silentAudit, instance: "i" },
    listener: () => 4,
    gateway: () => undefined,
  };
}

const known = Promise.resolve();

test("a process that was replaced refuses to be replaced again, in words; one that was not goes on", async () => {
  const clock = new FakeClock();
  const failures: (FromPredecessor["say"] | undefined)[] = ["prepare", "go", undefined];
  let spawned = 0;
  const handed: number[] = [];
  const takeover = new Takeover({
    host: {
      spawn() {
        spawned += 1;
        return playSuccessor(failures.shift());
      },
      passState: () => undefined,
    },
    ...playAgent(clock),
    onHanded({ pid, settled }) {
      handed.push(pid);
      return settled.then(() => undefined);
    },
  });
  for (let turn = 0; turn < 2; turn += 1)
    await expect(takeover.run(known)).rejects.toMatchObject({ code: "conflict", rawMessage: "it is taken" });
  expect(await takeover.run(known)).toMatchObject({ done: { version: "2", pid: 7 } });
  for (let turn = 0; turn < 2; turn += 1) {
    await expect(takeover.run(known)).rejects.toMatchObject({
      code: "conflict",
      rawMessage: "another process has taken over",
      hint: "ask that one",
    });
  }
  expect(spawned).toBe(3);
  expect(handed).toEqual([7]);
  expect(clock.pending).toBe(0);
});

test("a process that was replaced ends when who asked for it has the answer, at once or late, or hangs", async () => {
  const late = { atOnce: 0, late: 4_999, never: 5_000 };
  for (const [when, waitedMs] of Object.entries(late)) {
    const clock = new FakeClock();
    const host = { spawn: () => playSuccessor(undefined), passState: () => undefined };
    const retired = once();
    const deps = { ...playAgent(clock), joins: [], retire: retired.resolve };
    const { takeover, succeeded } = successionOf(host, deps);
    const answered = once();
    let ended = false;
    void succeeded.then(() => {
      ended = true;
    });
    expect(await takeover?.run(answered.promise)).toMatchObject({ done: { pid: 7 } });
    await retired.promise;
    clock.advance(Math.min(waitedMs, 4_999));
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(false);
    if (when === "never") clock.advance(1);
    else answered.resolve();
    expect(await succeeded).toBe(7);
    expect(clock.pending).toBe(0);
  }
});
