import { type ConfedError, silentLogger } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import { HalfOpenWatch, halfOpenWatchOf, type WatchedLink } from "./half-open.ts";
import { procNetKey, type SocketEndpoints } from "./proc-net-tcp.ts";

const ENDS: SocketEndpoints = {
  localAddress: "10.1.0.10",
  localPort: 50_000,
  remoteAddress: "10.1.1.2",
  remotePort: 2001,
};

/** A watch over one link; `row` is what the kernel says of it. */
function rig() {
  const clock = new FakeClock();
  const warnings: string[] = [];
  const state = { unackedBytes: 0, unanswered: 0, reads: 0, broken: false };
  const watch = new HalfOpenWatch({
    clock,
    logger: { ...silentLogger, warn: (message) => void warnings.push(message) },
    readFile: (path) => {
      if (state.broken) return Promise.reject(new Error("EACCES"));
      if (path !== "/proc/net/tcp") return Promise.resolve("");
      state.reads += 1;
      const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, "0");
      return Promise.resolve(
        `head\n 0: ${procNetKey(ENDS)} 01 ${hex(state.unackedBytes)}:00000000 01:00000000 ${hex(state.unanswered)} 0 0 1\n`,
      );
    },
  });
  const failures: ConfedError[] = [];
  const link = {
    where: "n1:2001",
    endpoints: ENDS,
    bytesTaken: 0,
    fail: (error: ConfedError) => void failures.push(error),
  } satisfies WatchedLink;
  /** Ten seconds pass, and the poll they bring is over. */
  const tenSeconds = async () => {
    clock.advance(10_000);
    // The poll waits for promises only, as many turns as there are awaits in it.
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  return { clock, watch, link, state, failures, warnings, tenSeconds };
}

test("nothing is read while nobody types, and not again once all is acknowledged", async () => {
  const { clock, watch, link, state, tenSeconds } = rig();
  await tenSeconds();
  expect(state.reads).toBe(0);
  watch.wrote(link);
  watch.wrote(link);
  expect(watch.watches(link)).toBe(true);
  await tenSeconds();
  await tenSeconds();
  expect(watch.watches(link)).toBe(false);
  expect(state.reads).toBe(1);
  expect(clock.pending).toBe(0);
});

test("a link fails when retransmissions stay unanswered for 30 s", async () => {
  const { watch, link, state, failures, tenSeconds, clock } = rig();
  link.bytesTaken = 5;
  state.unackedBytes = 5;
  watch.wrote(link);
  for (const unanswered of [5, 6, 7]) {
    state.unanswered = unanswered;
    await tenSeconds();
    expect(failures).toHaveLength(0);
  }
  await tenSeconds();
  expect(failures).toMatchObject([{ code: "peer_silent", where: "n1:2001" }]);
  expect(clock.pending).toBe(0);
});

test.each([
  ["the kernel's count falls", { unanswered: 1 }],
  ["bytes were acknowledged", { unackedBytes: 3 }],
])("silence starts over when %s", async (_name, change) => {
  const { watch, link, state, failures, tenSeconds } = rig();
  link.bytesTaken = 5;
  Object.assign(state, { unackedBytes: 5, unanswered: 3 });
  watch.wrote(link);
  for (let poll = 0; poll < 3; poll += 1) await tenSeconds();
  Object.assign(state, change);
  for (let poll = 0; poll < 3; poll += 1) await tenSeconds();
  expect(failures).toHaveLength(0);
  await tenSeconds();
  expect(failures).toHaveLength(1);
});

test("a far end that takes no input but answers the probes stays", async () => {
  const { clock, watch, link, state, failures, tenSeconds } = rig();
  link.bytesTaken = 5;
  Object.assign(state, { unackedBytes: 5, unanswered: 0 });
  watch.wrote(link);
  for (let poll = 0; poll < 100; poll += 1) await tenSeconds();
  expect(failures).toHaveLength(0);
  watch.forget(link);
  expect(clock.pending).toBe(0);
});

test("what is written while a poll reads is looked after by the next", async () => {
  const { clock, watch, link, state, tenSeconds } = rig();
  watch.wrote(link);
  clock.advance(10_000);
  watch.wrote(link);
  await tenSeconds();
  await tenSeconds();
  expect(state.reads).toBe(2);
  expect(clock.pending).toBe(0);
});

test("an unreadable table is said once and costs nothing from then on", async () => {
  const { clock, watch, link, state, warnings, tenSeconds } = rig();
  state.broken = true;
  watch.wrote(link);
  await tenSeconds();
  watch.wrote(link);
  expect(clock.pending).toBe(0);
  expect(warnings).toHaveLength(1);
});

test("links that share a clock share one watch", () => {
  const clock = new FakeClock();
  expect(halfOpenWatchOf({ clock, logger: silentLogger })).toBe(
    halfOpenWatchOf({ clock, logger: silentLogger }),
  );
  expect(halfOpenWatchOf({ clock: new FakeClock(), logger: silentLogger })).not.toBe(
    halfOpenWatchOf({ clock, logger: silentLogger }),
  );
});
