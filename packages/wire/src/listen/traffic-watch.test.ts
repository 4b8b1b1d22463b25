import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import { LISTEN_LIMITS } from "./listen-limits.ts";
import { type Traffic, TrafficWatch } from "./traffic-watch.ts";

class Played implements Traffic {
  receivedBytes = 0;
  frames = 0;
  usefulBytes = 0;
  seenFrames = 0;
  budgetFrames = 0;
  pace: Traffic["pace"] = "user";
}

function watching() {
  const clock = new FakeClock();
  const flooding: Played[] = [];
  const watch = new TrafficWatch<Played>(clock, (connection) => {
    flooding.push(connection);
    watch.remove(connection);
  });
  return { clock, flooding, watch };
}

test("bulk that is of use is no flood, however much it is", () => {
  const { clock, flooding, watch } = watching();
  const one = new Played();
  watch.add(one);
  for (let second = 0; second < 60; second += 1) {
    // 100 MB in frames of 16 KiB.
    one.receivedBytes += 6_100 * (16_384 + 9);
    one.usefulBytes += 6_100 * 16_384;
    one.frames += 6_100;
    clock.advance(1_000);
  }
  expect(flooding).toEqual([]);
  watch.remove(one);
  expect(clock.pending).toBe(0);
});

test("frames that carry nothing are a flood within two looks, and of a machine only if they are very many", () => {
  const { clock, flooding, watch } = watching();
  const [user, machine] = [new Played(), new Played()];
  machine.pace = "machine";
  watch.add(user);
  watch.add(machine);
  for (let look = 0; look < 2; look += 1) {
    for (const one of [user, machine]) one.receivedBytes += 20_000 * 17;
    clock.advance(LISTEN_LIMITS.lookIntervalMs);
  }
  expect(flooding).toEqual([user]);
  watch.remove(machine);
});

test("data in fragments of a byte is a flood", () => {
  const { clock, flooding, watch } = watching();
  const one = new Played();
  watch.add(one);
  one.receivedBytes += 30_000 * 10;
  one.usefulBytes += 30_000;
  one.frames += 30_000;
  clock.advance(LISTEN_LIMITS.lookIntervalMs);
  expect(flooding).toEqual([one]);
  expect(clock.pending).toBe(0);
});

test("who has proven itself may send what it may, also at once after it", () => {
  const { clock, flooding, watch } = watching();
  const one = new Played();
  one.pace = "unproven";
  watch.add(one);
  one.pace = "user";
  watch.proven(one);
  one.frames += LISTEN_LIMITS.userFramesBurst - 1;
  clock.advance(LISTEN_LIMITS.lookIntervalMs);
  expect(flooding).toEqual([]);
  watch.remove(one);
});
