import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore, STORE_LIMITS, type Store } from "@confed/head";
import { type Clock, silentLogger, systemClock } from "@confed/kernel";
import { descendantsOf, FakeClock, followRealTime, type ProcessId, untilGone } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";

/** A value of a kind that is there. */
const pending = (pin: string) => ({
  ...{ machine: { kind: "agent", id: "sn01" } as const, tokenId: "t", address: "", sinceMs: 1 },
  ...{ pin, approved: false },
});

async function opened(path: string, clock: Clock = systemClock): Promise<Store> {
  const store = await openStore(path, { clock, logger: silentLogger });
  onTestFinished(() => store.close());
  return store;
}

function newPath(): string {
  const directory = mkdtempSync(join(tmpdir(), "confed-store-"));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return join(directory, "store.db");
}

/** The store's process, the one child of this one that has its file for its own. */
function processOf(): ProcessId {
  const found = descendantsOf(process.pid).filter(({ command }) => command.includes("store-main"));
  expect(found).toHaveLength(1);
  return found[0]!;
}

test("nothing acknowledged is lost when the store process is killed, again and again", async () => {
  const path = newPath();
  const store = await opened(path);
  const acknowledged = new Map<string, string>();
  let refused = 0;
  for (let life = 0; life < 5; life++) {
    const doomed = processOf();
    let taken = 0;
    const writers = Array.from({ length: 20 }, async (_, writer) => {
      for (let at = 0; at < 20; at++) {
        const [key, pin] = [`m${writer}-${life}`, `${life}.${at}`];
        try {
          await store.commit([{ kind: "pending", key, value: pending(pin) }]);
          acknowledged.set(key, pin);
          taken += 1;
          if (taken === 60) process.kill(doomed.pid, "SIGKILL");
        } catch (reason) {
          expect(reason).toMatchObject({ code: "unavailable", subject: "store" });
          refused += 1;
        }
      }
    });
    await Promise.all(writers);
    expect(taken).toBeGreaterThan(60);
    expect(processOf().pid).not.toBe(doomed.pid);
  }
  expect(refused).toBeGreaterThan(0);
  await store.close();
  const again = await opened(path);
  for (const [key, pin] of acknowledged) {
    // A later write of the same key may have gone through without its answer.
    const [, at] = (again.get("pending", key)?.value.pin ?? "").split(".");
    expect(Number(at), key).toBeGreaterThanOrEqual(Number(pin.split(".")[1]));
  }
  expect(acknowledged.size).toBe(100);
});

test("a store that hangs is read on, refuses writes by name in time, and takes them when it goes on, twice", async () => {
  const clock = new FakeClock();
  const stop = followRealTime(clock);
  onTestFinished(stop);
  const store = await opened(newPath(), clock);
  await store.commit([{ kind: "pending", key: "before", value: pending("1") }]);
  const { pid } = processOf();
  for (const time of ["one", "two"]) {
    const seen = new Promise<string>((resolve) => {
      const forget = store.subscribe("pending", (key) => {
        forget();
        resolve(key);
      });
    });
    process.kill(pid, "SIGSTOP");
    const late = store.commit([{ kind: "pending", key: time, value: pending(time) }]);
    late.catch(() => undefined);
    expect(store.get("pending", "before")?.value.pin).toBe("1");
    clock.advance(STORE_LIMITS.commitMsMax);
    await expect(late).rejects.toMatchObject({ code: "deadline_exceeded", subject: "store" });
    expect(store.trouble?.why).toContain("has not answered");
    expect(store.list("pending").map(({ key }) => key)).not.toContain(time);
    process.kill(pid, "SIGCONT");
    // What nobody waits for any more is written all the same, as was said.
    expect(await seen).toBe(time);
    await store.commit([{ kind: "pending", key: "before", value: pending("1") }]);
    expect(store.trouble).toBeUndefined();
  }
});

test("a store that hangs for long is killed and started again, and what it hung over is refused", async () => {
  const clock = new FakeClock();
  onTestFinished(followRealTime(clock));
  const store = await opened(newPath(), clock);
  const stuck = processOf();
  process.kill(stuck.pid, "SIGSTOP");
  const late = store.commit([{ kind: "pending", key: "x", value: pending("x") }]);
  const refusal = expect(late).rejects.toMatchObject({ code: "deadline_exceeded" });
  clock.advance(STORE_LIMITS.commitMsMax);
  await refusal;
  clock.advance(STORE_LIMITS.stuckMsMax);
  await untilGone([stuck], 20_000);
  const again = () => store.commit([{ kind: "pending", key: "y", value: pending("y") }]);
  // Given to the dead one before its end was heard of, a write is refused; the next one waits for its successor.
  await again().catch(again);
  expect(processOf().pid).not.toBe(stuck.pid);
});

test("two who change the same entry: one is told of the conflict, and all of its commit is undone", async () => {
  const store = await opened(newPath());
  const revision = await store.commit([{ kind: "pending", key: "a", value: pending("0"), ifRevision: 0 }]);
  const change = (pin: string) =>
    store.commit([
      { kind: "pending", key: `with-${pin}`, value: pending(pin) },
      { kind: "pending", key: "a", value: pending(pin), ifRevision: revision },
    ]);
  const outcomes = await Promise.allSettled([change("1"), change("2")]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  expect(outcomes[1]).toMatchObject({ reason: { code: "conflict", subject: "a" } });
  expect(store.list("pending").map(({ key }) => key)).toEqual(["a", "with-1"]);
});

test("a hanging store takes no more than its bound, and says so", async () => {
  const store = await opened(newPath());
  const { pid } = processOf();
  process.kill(pid, "SIGSTOP");
  onTestFinished(() => {
    process.kill(pid, "SIGCONT");
  });
  const large = pending("x".repeat(200_000));
  const asked = Array.from({ length: 60 }, (_, at) =>
    store.commit([{ kind: "pending", key: `k${at}`, value: large }]),
  );
  const last = asked.at(-1)!;
  await expect(last).rejects.toMatchObject({ code: "resource_exhausted", subject: "store" });
  process.kill(pid, "SIGCONT");
  const outcomes = await Promise.allSettled(asked);
  const taken = outcomes.filter(({ status }) => status === "fulfilled").length;
  expect(taken).toBe(Math.floor(STORE_LIMITS.pendingBytesMax / 200_300));
  await expect(
    store.commit([{ kind: "pending", key: "k", value: pending("x".repeat(300_000)) }]),
  ).rejects.toMatchObject({ code: "resource_exhausted", subject: "k" });
});

test("a store whose file is damaged is not opened, in words, and left as it is", async () => {
  const path = newPath();
  writeFileSync(path, "no database".repeat(1_000));
  await expect(opened(path)).rejects.toMatchObject({
    ...{ code: "unavailable", subject: "store", where: path },
    message: expect.stringContaining("is damaged: stop the head and put back a copy"),
  });
  expect(descendantsOf(process.pid).filter(({ command }) => command.includes("store-main"))).toEqual([]);
});
